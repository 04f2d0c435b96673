"""A reader takes the folder of a dataset and returns a `FixationDataset`. It never downloads and never writes."""
