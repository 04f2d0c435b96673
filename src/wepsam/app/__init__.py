"""A page on this machine for people who do not program: what `wepsam app` runs."""
