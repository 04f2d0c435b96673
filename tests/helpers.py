"""What several test modules share: types of the fixtures in conftest.py, miniature data, ways to look at results."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from wepsam.datasets import DatasetError, FixationDataset
from wepsam.evaluation import Evaluation
from wepsam.weak import store

ROOT = Path(__file__).parents[1]
HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"  # what a server sends instead of a picture

Paint = Callable[..., np.ndarray]
Write = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]


def rows_of(weak: Path) -> dict[str, dict[str, Any]]:
    """All rows by id, read with nothing but pyarrow."""
    parts = sorted(weak.glob("part-*.parquet"))
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def stored_rows(weak: str | Path, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """All rows in order, of a folder or URL, read by the store."""
    return [row for table in store.read_parts(weak, columns) for row in table.to_pylist()]


def same_content(one: Path, other: Path) -> bool:
    """Whether two weak-label folders have the same visible files, byte for byte or row for row."""
    names = [sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) for folder in (one, other)]
    return names[0] == names[1] and all(
        pq.read_table(one / name).equals(pq.read_table(other / name))
        if name.endswith(".parquet")
        else (one / name).read_bytes() == (other / name).read_bytes()
        for name in names[0]
    )


def write_tar(path: Path, members: dict[str, bytes] | list[tuple[str, bytes]], **options: object) -> Path:
    """A tar archive; a list may name a member twice."""
    with tarfile.open(path, "w", **options) as archive:  # type: ignore[call-overload]
        for name, data in members.items() if isinstance(members, dict) else members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def jpeg_files(folder: Path) -> dict[str, bytes]:
    """Relative path -> content of the JPEGs below a folder, sorted."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.jpg"))}


def refused(read: Callable[[], object], *words: object) -> None:
    """The call fails with one line that has all these words."""
    with pytest.raises(DatasetError) as caught:
        read()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for word in words:
        assert str(word) in message


def one_line(err: str, *words: object) -> None:
    """What the command line printed is one line that has all these words."""
    assert err.startswith("wepsam: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert str(word) in err


def ids(data: FixationDataset) -> list[str]:
    return [sample.id for sample in data]


def cells(things: list[Any]) -> np.ndarray:
    """A MATLAB cell column of 1x1 cells, the nesting that the true file has."""
    column = np.empty((len(things), 1), object)
    for i, thing in enumerate(things):
        inner = np.empty((1, 1), object)
        inner[0, 0] = thing
        column[i, 0] = inner
    return column


def write_osie(folder: Path, looked: dict[str, list[list[tuple[float, float]]]]) -> Path:
    """`eye/fixations.mat` as published: per picture and observer the fixations, pixels counted from 1."""
    from scipy.io import savemat

    def subject(points: list[tuple[float, float]]) -> dict[str, np.ndarray]:
        x, y = np.array(points, dtype=float).reshape(-1, 2).T
        return {"fix_x": x[None], "fix_y": y[None], "fix_duration": np.full((1, len(x)), 250, np.uint16)}

    def picture(name: str, observers: list[list[tuple[float, float]]]) -> dict[str, Any]:
        return {"img": name, "subjects": cells([subject(points) for points in observers])}

    (folder / "eye").mkdir(parents=True)
    savemat(folder / "eye" / "fixations.mat", {"fixations": cells([picture(*item) for item in looked.items()])})
    return folder


def made_up(model: str, protocol: str = "mit", **scores: list[float]) -> Evaluation:
    ids = [f"{i}" for i in range(len(next(iter(scores.values()))))]
    rows = tuple({"id": id} | {name: values[i] for name, values in scores.items()} for i, id in enumerate(ids))
    about = {"model": model, "dataset": "toy", "split": "all", "pictures": len(ids), "protocol": protocol}
    return Evaluation(rows, about)


def luminance(color: np.ndarray) -> np.ndarray:
    """Relative luminance of (..., 3) sRGB (IEC 61966-2-1)."""
    x = color / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])
