"""The error of everything that reads datasets."""


class DatasetError(ValueError):
    """A dataset's folder is not as expected. One line: what is missing, where, and what was expected."""
