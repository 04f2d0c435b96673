"""The error of everything that reads datasets."""


class DatasetError(ValueError):
    """A dataset's folder is not as expected. One line: what is missing, where, and what was expected."""

    def __init__(self, text: str) -> None:
        """Make it one line: tables hold names with line breaks, and messages repeat them.

        Args:
            text: what is missing, where, and what was expected.
        """
        super().__init__(" ".join(text.split()))


class DamagedError(DatasetError, OSError):
    """A file of a dataset is no picture, or a broken one."""
