"""List the pictures to label, from folders, list files, tar archives and URLs, in an order that never changes.

Archives are never unpacked (ImageNet and WebDataset shards come as tar archives). Their headers are read once to find
where each picture lies; the worker that makes a part reads its stretch of the archive from front to back. Archives
inside archives, as in ImageNet's training set, count as pictures of the outer archive.
"""

import hashlib
import logging
import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from wepsam import files, progress
from wepsam.images import ImageError
from wepsam.prediction import targets
from wepsam.sources import ARCHIVES, SUFFIXES, expand
from wepsam.weak import archives
from wepsam.weak.manifest import HISTOGRAM, SHEET

logger = logging.getLogger(__name__)

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


class Picture(NamedTuple):
    """One picture of the list.

    Attributes:
        id: its path below the folder that all paths share, as text.
        path: file or URL. For a picture in an archive: the path of the archive, a slash, and the name in the archive.
        archive: path or URL of the archive; "" for a file of its own.
        offset: where the picture begins in the archive, in bytes; -1 for a file of its own.
        size: length in the archive, in bytes; -1 for a file of its own.
        flaw: why the picture cannot be read, if that is known already; otherwise "".
    """

    id: str
    path: str
    archive: str = ""
    offset: int = -1
    size: int = -1
    flaw: str = ""


@dataclass(frozen=True)
class PictureList:
    """Pictures in the order of the parts; a slice gives a list of `Picture`. A million pictures take about 150 MB.

    Attributes:
        root: the beginning that all paths share.
        names: the rest of each path.
        spans: (N, 3) integers: length of the archive's path (0 for a file of its own), offset and size in the archive;
            None if there are no archives.
        flaws: index of a picture -> what is wrong with it.
        repeated: how many paths were named more than once; each is listed once.
    """

    root: str
    names: list[str]
    spans: np.ndarray | None = None
    flaws: dict[int, str] = field(default_factory=dict)
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, indices: slice) -> list[Picture]:
        return [self._picture(index) for index in range(*indices.indices(len(self)))]

    def _picture(self, index: int) -> Picture:
        name = self.names[index]
        path, flaw = self.root + name, self.flaws.get(index, "")
        if self.spans is None or not self.spans[index, 0]:
            return Picture(as_text(name), path, flaw=flaw)
        length, offset, size = map(int, self.spans[index])
        return Picture(as_text(name), path, path[:length], offset, size, flaw)

    def fingerprint(self) -> str:
        """SHA-256 of the ids in their order, one per line."""
        fingerprint = Fingerprint()
        for name in self.names:
            fingerprint.add(as_text(name))
        return fingerprint.hex()

    def state(self) -> str:
        """SHA-256 of size and time of change of each file: it differs once a photograph or an archive was replaced.

        Of files behind URLs nothing is known, and nothing of what cannot be read.
        """
        digest = hashlib.sha256()
        archive = ""
        for index, name in enumerate(self.names):
            path = self.root + name
            if self.spans is not None and (length := int(self.spans[index, 0])):
                if path[:length] == archive:
                    continue
                path = archive = path[:length]
            digest.update(_file_state(path))
        return digest.hexdigest()


def _file_state(path: str) -> bytes:
    try:
        status = None if files.is_url(path) else os.stat(path)
    except (OSError, ValueError):
        status = None
    return b"-\n" if status is None else f"{status.st_size} {status.st_mtime_ns}\n".encode()


class Fingerprint:
    """SHA-256 of ids, one per line. Ids are added one by one, because there may be a million."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._separator = ""

    def add(self, id: str) -> None:
        self._digest.update(f"{self._separator}{id}".encode())
        self._separator = "\n"

    def hex(self) -> str:
        return self._digest.hexdigest()


def find_pictures(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, leave_out: Sequence[str] = ()
) -> PictureList:
    """List the pictures to label.

    Args:
        sources: pictures, folders (searched recursively), list files (.txt, .lst), tar archives (.tar), and URLs of
            any of these. A folder may hold both pictures and archives.
        leave_out: absolute paths or URLs that are not taken as pictures; what wepsam drew is not taken either, see
            `targets.drawn`.

    Returns:
        The pictures sorted by path; those in an archive in the archive's order. The list is the same on any machine
        and for any spelling of the sources.

    Raises:
        ImageError: a path does not exist or cannot be listed, or there are no pictures.
        OSError: an archive behind a URL cannot be reached.
    """
    source_paths = [os.fspath(s) for s in ([sources] if isinstance(sources, str | os.PathLike) else sources)]
    for path in source_paths:
        if path.lower().endswith(COMPRESSED):
            raise ImageError(f"{path}: compressed archives cannot be read in pieces; decompress it to .tar")
    # Absolute paths: the parts must not depend on the folder in which the command runs.
    listing = [absolute_path(path) for source in source_paths for path in expand(source, SUFFIXES + ARCHIVES)]
    ours = targets.drawn(set(listing), (targets.SHEET, targets.BEFORE_AFTER, HISTOGRAM, SHEET))
    drawn = ours | targets.named_after_others(set(listing))
    if drawn.difference(leave_out):
        logger.info("%d pictures that wepsam drew are left out, for example %s", len(drawn), min(drawn))
    paths = sorted(set(listing).difference(leave_out, drawn))
    repeated = len(listing) - len(set(listing))
    root = _common_folder(paths) if paths else ""
    if any(path.lower().endswith(ARCHIVES) for path in paths):
        pictures = _with_archives(root, paths, repeated)
    else:
        names = [path[len(root) :] for path in paths]
        pictures = PictureList(root, names, flaws=_ambiguous_names(names), repeated=repeated)
    if not len(pictures):
        raise ImageError(f"no pictures in {', '.join(source_paths)}")
    return pictures


def _with_archives(root: str, paths: list[str], repeated: int) -> PictureList:
    """The list of pictures where some paths are archives."""
    names: list[str] = []
    spans = array("q")  # compact: there may be millions
    flaws: dict[int, str] = {}
    archives_read = 0
    with progress.bar(sum(path.lower().endswith(ARCHIVES) for path in paths), "reading archives", after=1) as bar:
        for path, members in archives.members_of_all(paths):
            if path.lower().endswith(ARCHIVES):
                archives_read += 1
                bar.update(archives_read)
            name = path[len(root) :]
            seen: set[str] = set()
            for member in members:
                flaw = member.flaw
                if member.name in seen:
                    flaw = "duplicate id: the archive has this name twice, and the first one counts"
                seen.add(member.name)
                if flaw:
                    flaws[len(names)] = flaw
                names.append(f"{name}/{member.name}" if member.name else name)
                spans.extend((len(path) if member.name else 0, member.offset, member.size))
    where = np.frombuffer(spans, np.int64).reshape(-1, 3) if names else None
    return PictureList(root, names, where, {**_ambiguous_names(names), **flaws}, repeated)


def absolute_path(path: str) -> str:
    """The absolute path, with slashes, or the URL: the same in every working directory."""
    return path if files.is_url(path) else os.path.abspath(path).replace(os.sep, "/")


def as_text(path: str) -> str:
    """A path as Parquet can store it: file names are bytes, and not all of them are UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _common_folder(paths: list[str]) -> str:
    """The beginning that all sorted paths share, up to and with a slash: it makes ids independent of the machine."""
    # Among sorted paths, the first and the last share the least. (os.path.commonpath does not understand URLs.)
    folders = [path.split("/")[:-1] for path in (paths[0], paths[-1])]
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(*folders, strict=False))
    return "".join(f"{folder}/" for folder, _ in shared)


def _ambiguous_names(names: list[str]) -> dict[int, str]:
    """Flaws of names that become equal once they are text. Only names with a backslash in their text can."""
    seen: set[str] = set()
    flaws = {}
    for index, name in enumerate(names):
        if name.isascii() and "\\" not in name:
            continue
        text = as_text(name)
        if text in seen:
            flaws[index] = "duplicate id: another name reads the same as text"
        seen.add(text)
    return flaws
