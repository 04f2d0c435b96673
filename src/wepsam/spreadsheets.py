"""Names in CSV files: inert when a spreadsheet opens the file, and read back as they were.

A spreadsheet takes a cell that begins with =, +, -, @, a tab or a line break for a formula, which may start programs.
Such a cell gets an apostrophe in front, as OWASP advises against CSV injection; commas, quotes and line breaks within a
cell are quoted by the csv module.
"""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width
MARK = "'"


def inert(text: str) -> str:
    """A name as a cell that no spreadsheet computes."""
    return MARK + text if text.startswith(FORMULA) or _is_marked(text) else text


def original(cell: str) -> str:
    """The name that `inert` made a cell of."""
    return cell[1:] if _is_marked(cell) else cell


def _is_marked(text: str) -> bool:
    return text.startswith(MARK) and text[1:].startswith((MARK, *FORMULA))
