"""What an interrupted evaluation leaves, and the next one goes on with if it is the same evaluation."""

import csv
import io
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from wepsam.files import replacing


class Partial:
    """Rows of scores that are written as they come, under the fingerprint of what they are scores of.

    The first line is the fingerprint; each other one a position in the dataset and the scores, with all digits.

    Attributes:
        rows: scores by position, of an earlier, interrupted run and of this one.
    """

    def __init__(self, path: Path | None, identity: dict[str, Any], columns: int) -> None:
        """Take over the rows of `path` if its fingerprint is that of `identity`; None keeps nothing on disk."""
        self.path, self.rows, self._columns = path, dict[int, list[float]](), columns
        self._file: TextIO | None = None
        if path is None:
            return
        fingerprint = sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = _rows(path, fingerprint, columns)
        with replacing(path) as temporary:  # without the torn last line that a kill may have left
            temporary.write_text(
                f"# {fingerprint}\n" + "".join(_line(k, row) for k, row in self.rows.items()), encoding="utf-8"
            )
        self._file = path.open("a", encoding="utf-8")

    def add(self, position: int, scores: Sequence[float]) -> None:
        """Keep a row; it is on its way to the disk at once."""
        self.rows[position] = list(scores)
        if self._file:
            self._file.write(_line(position, scores))
            self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()

    def remove(self) -> None:
        """All is done and kept elsewhere."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _rows(path: Path, fingerprint: str, columns: int) -> dict[int, list[float]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    if not lines or lines[0] != f"# {fingerprint}\n":
        return {}
    whole = [line for line in lines[1:] if line.endswith("\n")]
    rows = [row for row in csv.reader(io.StringIO("".join(whole))) if len(row) == columns + 1]
    return {int(row[0]): [float(value) for value in row[1:]] for row in rows}


def _line(position: int, scores: Sequence[float]) -> str:
    return ",".join([str(position), *(repr(float(score)) for score in scores)]) + "\n"
