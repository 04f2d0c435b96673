"""Find pictures in folders and list files, on this machine or behind a URL."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from wepsam import files
from wepsam.images import ImageError, one_line

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".gif", ".tif", ".tiff", ".bmp"),
    *(".heic", ".heif", ".hif"),  # read where the extra [heif] is installed, and named where it is not
    *(".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
)
CLIPS = (
    *(".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2v", ".mpe", ".ts", ".m2ts", ".mts"),
    *(".vob", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".mxf", ".dv", ".y4m", ".nut", ".divx"),
)
LISTS = (".txt", ".lst")
ARCHIVES = (".tar",)


def find_images(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """List the pictures that one or several paths stand for.

    Args:
        paths: one or several of these. A picture file, whatever its name. A folder, which is searched recursively for
            the usual suffixes; links are followed, hidden files and folders are left out. A text file (.txt, .lst) with
            one file or folder per line, relative to the text file's folder; blank lines and lines with # are ignored.

    Returns:
        The pictures in the order of `paths`, those of a folder sorted. A path that comes twice is listed once, at its
        first place. Empty if there are no pictures in the folders.

    Raises:
        ImageError: a path does not exist or cannot be listed; one line that names it.
    """
    unique: dict[str, str] = {}
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        for found in expand(os.fspath(path), SUFFIXES):
            # By the absolute path as spelled: resolving a million links on disk takes minutes.
            unique.setdefault(os.path.abspath(found), found)
    return [Path(found) for found in unique.values()]


def expand(path: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """The files that a path or URL stands for, as `find_images` has it; of a folder's, those with the suffixes."""
    for entry in entries(path):
        yield from _expand_url(entry, suffixes) if files.is_url(entry) else _expand_local(entry, suffixes)


def entries(path: str) -> Iterator[str]:
    """The path itself or, of a list file, what it names; lists may name lists, and each is read once."""
    waiting, read = [path], set[str]()
    while waiting:
        entry = waiting.pop()
        if not is_list(entry):
            yield entry
        elif (key := entry if files.is_url(entry) else os.path.realpath(entry)) not in read:
            read.add(key)
            waiting += reversed(listed(entry))


def is_list(path: str) -> bool:
    """Whether this is a text file, or the URL of one, that lists files and folders."""
    return path.lower().endswith(LISTS) and (files.is_url(path) or os.path.isfile(path))


def listed(path: str) -> list[str]:
    """The files, folders and URLs that a list file names.

    Raises:
        ImageError: the list cannot be read; one line that names it.
    """
    with one_line(path, "cannot be read as a list"):
        text = files.read_bytes(path).decode("utf-8-sig", errors="surrogateescape")
    named = [line for line in map(str.strip, text.split("\n")) if line and not line.startswith("#")]
    return [entry if files.is_url(entry) else files.join(files.parent(path), entry) for entry in named]


def _expand_local(path: str, suffixes: tuple[str, ...]) -> list[str]:
    """A file as it is, or a folder's files, sorted."""

    def unreadable(error: OSError) -> None:  # os.walk would skip such a folder silently
        raise ImageError(f"cannot list {error.filename}: {error.strerror}")

    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return [path]
    except (OSError, ValueError):
        with one_line(path):
            raise ImageError("no such file or folder") from None
    with one_line(path, "cannot be listed"):
        found: list[str] = []
        seen: set[tuple[int, int]] = set()
        for folder, subfolders, names in os.walk(path, followlinks=True, onerror=unreadable):
            here = os.stat(folder)
            if (here.st_dev, here.st_ino) in seen:  # a link leads back here
                subfolders.clear()
                continue
            seen.add((here.st_dev, here.st_ino))
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            found += [os.path.join(folder, name) for name in names if _wanted(name, suffixes)]
        return sorted(found, key=lambda file: file.replace(os.sep, "\0"))  # by folder, then by name


def _expand_url(url: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """The same behind a URL, where a folder is everything that begins with its name and a slash."""
    with one_line(url, "cannot be listed"):
        found = files.find(url)
        if not found:
            raise ImageError("no such file or folder")
        if found == [url]:
            yield url
            return
        below = len(url.rstrip("/")) + 1
        for file in sorted(found, key=lambda file: file.replace("/", "\0")):
            *folders, name = file[below:].split("/")
            if _wanted(name, suffixes) and not any(folder.startswith(".") for folder in folders):
                yield file


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    return not name.startswith(".") and name.lower().endswith(suffixes)
