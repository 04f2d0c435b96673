"""Which pictures to predict for, and where their results are written."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from wepsam import files, sources
from wepsam.images import ImageError, image_size, is_drawn

# What can be written for a picture, and how its file name ends behind the picture's stem.
SAVES = {
    "map": "_map.png",
    "overlay": "_overlay.jpg",
    "overlay-png": "_overlay.png",
    "npy": ".npy",
    "density": "_density.npy",
    "log-density": "_log-density.npy",
}
# The same for a clip. Who saves maps gets the sheet of a frame a second and the line of time.
CLIP_SAVES = {"overlay": "_overlay.mp4", "npz": ".npz", "sheet": "_sheet.png", "timeline": "_timeline.png"}
BITS = "_log2-density.npy"  # the log density to base 2, so that the two units cannot be confused
SHEET = "sheet.png"
OVERLAYS = {"overlay", "overlay-png"}
_PICTURES = tuple(ending for ending in SAVES.values() if not ending.endswith(".npy"))
# What can be drawn of a picture, and how its file name ends; STEM_map.png is that of `wepsam predict`.
DRAWINGS = {
    "heat": "_heat.png",
    "map": "_colored-map.png",
    "fog": "_fog.png",
    "contours": "_contours.png",
    "hot-spots": "_hot-spots.png",
    "areas": "_areas.png",
}
BEFORE_AFTER = "before-after.png"

Images = str | PathLike[str] | Sequence[str | PathLike[str]]
"""A picture, clip, folder or list file (.txt), or several of them."""


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


def find_pictures(
    images: Images, out: Path, endings: dict[str, str], sheet: Path | None = None, *, apart: bool = False
) -> list[Picture]:
    """Find pictures and name their results, whose names depend on nothing else that is predicted.

    A file that is named, directly or in a list file, gives OUT/STEM + ending. One that is found below a folder gives
    OUT/SUB/STEM + ending. What wepsam drew is not taken from a folder; see `drawn`.

    Args:
        images: a path or several; see `sources.find_images`.
        out: the folder for the results.
        endings: how file names end behind the stem, by kind; ".*" at the end stands for the picture's own suffix.
        sheet: another file that will be written.
        apart: leave out what lies in the folder for the results, if that is inside a folder that is searched.

    Raises:
        ImageError: there is no picture, a path does not exist, two results would have the same name (also if only
            upper and lower case differ), or a result would overwrite a picture. One line.
    """
    pictures: dict[str, Picture] = {}
    for path, name in _all_below(images):
        if not (apart and _is_result(path, name, out)):
            pictures.setdefault(os.path.abspath(path), _named(path, name, out, endings))
    _check([*pictures.values()], sheet)
    return [*pictures.values()]


def find_all(
    images: Images, out: Path, endings: dict[str, str], clip_endings: dict[str, str], sheet: Path | None = None
) -> tuple[list[Picture], list[Picture]]:
    """As `find_pictures`, but clips as well: the pictures, and the clips with the names of their own results.

    In a folder a clip has one of the suffixes `sources.CLIPS`. A file that is named may have any suffix if it is one.
    """
    pictures: dict[str, Picture] = {}
    clips: dict[str, Picture] = {}
    for path, name in _all_below(images, sources.SUFFIXES + sources.CLIPS):
        clip = is_clip(path)
        found, kinds = (clips, clip_endings) if clip else (pictures, endings)
        found.setdefault(os.path.abspath(path), _named(path, name, out, kinds))
    _check([*pictures.values(), *clips.values()], sheet)
    return [*pictures.values()], [*clips.values()]


def is_clip(path: str) -> bool:
    """Whether a file is a clip: by its suffix, or by its content where the suffix says nothing."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in sources.SUFFIXES or suffix in sources.CLIPS or files.is_url(path):
        return suffix in sources.CLIPS
    try:
        image_size(path)
    except ImageError:
        from wepsam.video import reading

        return reading.is_clip(path)
    return False


def _named(path: str, name: str, out: Path, endings: dict[str, str]) -> Picture:
    """A picture with the names of its results."""
    stem, suffix = Path(name).stem, Path(name).suffix
    targets = {
        kind: (out / name).with_name(stem + (ending[:-2] + suffix if ending.endswith(".*") else ending))
        for kind, ending in endings.items()
    }
    return Picture(Path(path), Path(name).as_posix(), targets)


def _is_result(path: str, name: str, out: Path) -> bool:
    """Whether a picture that was found by its name below a folder lies in the folder for results inside that folder."""
    if files.is_url(path):
        return False
    place, results = Path(os.path.abspath(path)), Path(os.path.abspath(out))
    searched = place.parents[len(Path(name).parts) - 1]
    return searched in results.parents and results in place.parents


def found(images: Images) -> list[Path]:
    """The pictures that a path or several stand for, each once, in order; ImageError if there are none."""
    return [path for path, _ in named(images)]


def named(images: Images) -> list[tuple[Path, str]]:
    """As `found`, each with its file name or, if it was found below a folder, its path below that folder."""
    pairs: dict[Path, str] = {}
    for path, name in _all_below(images):
        pairs.setdefault(Path(path), Path(name).as_posix())
    return [*pairs.items()]


def _all_below(images: Images, suffixes: tuple[str, ...] = sources.SUFFIXES) -> list[tuple[str, str]]:
    """The pictures that a path or several stand for, each with its path below the folder that it was found in."""
    given = [images] if isinstance(images, str | PathLike) else [*images]
    pairs = [pair for each in given for pair in _below(os.fspath(each), suffixes)]
    if not pairs:
        raise ImageError(f"no pictures in {', '.join(map(str, given))}")
    return pairs


def drawn(paths: Iterable[str], others: Sequence[str] = (SHEET, BEFORE_AFTER)) -> set[str]:
    """Those of some pictures that say that wepsam drew them: maps, overlays and sheets that lie among photographs.

    Args:
        paths: pictures, or their URLs, which are not opened. Only files with the names that wepsam gives are opened.
        others: names besides STEM_map.png, STEM_overlay.jpg, STEM_overlay.png and those of DRAWINGS.
    """
    endings = (*_PICTURES, *DRAWINGS.values(), *CLIP_SAVES.values())
    candidates = (path for path in paths if path.endswith(endings) or _name(path) in others)
    return {path for path in candidates if not files.is_url(path) and is_drawn(path)}


def _drawn_clips(paths: Iterable[str]) -> set[str]:
    """Those of some files that are clips which say that wepsam drew them."""
    candidates = [path for path in paths if path.endswith(CLIP_SAVES["overlay"]) and not files.is_url(path)]
    if not candidates:
        return set()
    from wepsam.video.writing import is_ours

    return {path for path in candidates if is_ours(Path(path))}


def named_after_others(paths: Iterable[str]) -> set[str]:
    """Those of some pictures that have the name of another one's map or overlay.

    The maps of earlier versions do not say that wepsam drew them.
    """
    paths = list(paths)
    candidates = {path: ending for path in paths for ending in _PICTURES if path.endswith(ending)}
    stems = {_name(path).rpartition(".")[0] for path in paths} if candidates else set()
    return {path for path, ending in candidates.items() if _name(path).removesuffix(ending) in stems}


def _name(path: str) -> str:
    return path.replace(os.sep, "/").rpartition("/")[2]


def _below(path: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The pictures that a path stands for, each with its path below the folder in which it was searched for."""
    for entry in sources.entries(path):
        found = list(sources.expand(entry, suffixes))
        if os.path.isdir(entry):
            left_out = drawn(found) | _drawn_clips(found)
            yield from ((file, os.path.relpath(file, entry)) for file in found if file not in left_out)
        else:
            yield from ((file, os.path.basename(file)) for file in found)


def _check(pictures: list[Picture], sheet: Path | None) -> None:
    """Refuse two results with one name, and results that would overwrite a picture."""
    owners: dict[str, Path] = {}
    for picture in pictures:
        for target in picture.targets.values():
            other = owners.setdefault(files.folded(target), picture.path)
            if other != picture.path:
                raise ImageError(
                    f"{other} and {picture.path} would both be written to {target}; "
                    "rename one of them, or write them into two folders"
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
