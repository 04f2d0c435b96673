"""Which pictures to predict for, and where their results are written."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from wepsam import sources
from wepsam.images import ImageError

# What can be written for a picture, and how its file name ends behind the picture's stem.
SAVES = {
    "map": "_map.png",
    "overlay": "_overlay.png",
    "npy": ".npy",
    "density": "_density.npy",
    "log-density": "_log-density.npy",
}
BITS = "_log2-density.npy"  # the log density to base 2, so that the two units cannot be confused
SHEET = "sheet.png"

Images = str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclass(frozen=True)
class Picture:
    """A picture to predict for.

    Attributes:
        path: its file.
        name: its file name or, if it was found below a folder, its path below that folder.
        targets: the files to write, by kind.
    """

    path: Path
    name: str
    targets: dict[str, Path]


def find_pictures(images: Images, out: Path, endings: dict[str, str], sheet: Path | None) -> list[Picture]:
    """Find pictures and name their results, whose names depend on nothing else that is predicted.

    A file that is named, directly or in a list file, gives OUT/STEM + ending. One that is found below a folder gives
    OUT/SUB/STEM + ending.

    Args:
        images: a path or several; see `sources.find_images`.
        out: the folder for the results.
        endings: how file names end behind the stem, by kind.
        sheet: another file that will be written.

    Raises:
        ImageError: there is no picture, a path does not exist, two results would have the same name (also if only
            upper and lower case differ), or a result would overwrite a picture. One line.
    """
    given = [images] if isinstance(images, str | PathLike) else [*images]
    pictures: dict[str, Picture] = {}
    for path, name in (pair for each in given for pair in _below(os.fspath(each))):
        stem = Path(name).stem
        targets = {kind: (out / name).with_name(stem + ending) for kind, ending in endings.items()}
        pictures.setdefault(os.path.abspath(path), Picture(Path(path), Path(name).as_posix(), targets))
    if not pictures:
        raise ImageError(f"no pictures in {', '.join(map(str, given))}")
    _check([*pictures.values()], sheet)
    return [*pictures.values()]


def _below(path: str) -> Iterator[tuple[str, str]]:
    """The pictures that a path stands for, each with its path below the folder in which it was searched for."""
    if sources.is_list(path):
        for entry in sources.listed(path):
            yield from _below(entry)
    elif os.path.isdir(path):
        for file in sources.expand(path, sources.SUFFIXES):
            yield file, os.path.relpath(file, path)
    else:
        for file in sources.expand(path, sources.SUFFIXES):
            yield file, os.path.basename(file)


def _check(pictures: list[Picture], sheet: Path | None) -> None:
    """Refuse two results with one name, and results that would overwrite a picture."""
    owners: dict[str, Path] = {}
    for picture in pictures:
        for target in picture.targets.values():
            other = owners.setdefault(
                str(target).casefold(), picture.path
            )  # A.png and a.png are one file on some disks
            if other != picture.path:
                raise ImageError(
                    f"{other} and {picture.path} would both be written to {target}; "
                    "rename one of them, or predict them into two folders"
                )
    identities = {identity for picture in pictures if (identity := _identity(picture.path))}
    targets = [target for picture in pictures for target in picture.targets.values()]
    for target in targets if sheet is None else [*targets, sheet]:
        if _identity(target) in identities:
            raise ImageError(f"{target} is a picture to predict for and would be overwritten; choose another folder")


def _identity(path: Path) -> tuple[int, int] | None:
    """What identifies a file under all its names; None if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
