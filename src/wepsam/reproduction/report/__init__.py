"""The report on the studies: tables, charts and claims, made from the files of results only."""
