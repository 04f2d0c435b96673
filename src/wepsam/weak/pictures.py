"""The list of pictures to label: from folders, list files, tar archives and URLs, in an order that never changes.

An archive (ImageNet ships in them, and WebDataset's shards are such) is never unpacked: its headers are read once for
where each picture lies, and whoever makes a part reads that stretch of the archive from front to back. Archives
within archives, as ImageNet's training set has them, are pictures of the outer one.
"""

import hashlib
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from wepsam import files
from wepsam.images import ImageError
from wepsam.sources import ARCHIVES, SUFFIXES, expand
from wepsam.weak.archives import members_of_all

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
MAX_BYTES = 1 << 30  # of one file in an archive or behind a URL: these are read whole before they are decoded
FETCHED = 32  # pictures fetched side by side from behind a URL, while those before them are labelled


class Picture(NamedTuple):
    """One picture of the list.

    Attributes:
        id: its path below what all paths have in common, as text.
        path: file or URL; of a picture in an archive, the archive's path and the name in there.
        archive: the archive's path or URL, or "".
        offset, size: bytes of the archive that are the picture.
        flaw: why it cannot even be looked at, or "".
    """

    id: str
    path: str
    archive: str = ""
    offset: int = -1
    size: int = -1
    flaw: str = ""


@dataclass(frozen=True)
class Pictures:
    """Pictures in the order of the parts; a slice gives `Picture`s. A million take about 150 MB.

    Attributes:
        root: what all paths begin with.
        names: the rest of each path.
        spans: (N, 3) of pictures in archives: length of the archive's path, offset and size in there; or None.
        flaws: by place in the list, what is wrong with a picture.
        repeated: how many paths were named more than once; each stands in the list once.
    """

    root: str
    names: list[str]
    spans: np.ndarray | None = None
    flaws: dict[int, str] = field(default_factory=dict)
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, places: slice) -> list[Picture]:
        return [self._picture(place) for place in range(*places.indices(len(self)))]

    def _picture(self, place: int) -> Picture:
        name = self.names[place]
        path, flaw = self.root + name, self.flaws.get(place, "")
        if self.spans is None or not self.spans[place, 0]:
            return Picture(as_text(name), path, flaw=flaw)
        length, offset, size = map(int, self.spans[place])
        return Picture(as_text(name), path, path[:length], offset, size, flaw)

    def fingerprint(self) -> str:
        """SHA-256 of the ids in their order, a line each."""
        digest = Fingerprint()
        for name in self.names:
            digest.add(as_text(name))
        return digest.hex()


class Fingerprint:
    """SHA-256 of ids, a line each; one by one, for there may be a million."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._between = ""

    def add(self, id: str) -> None:
        self._digest.update(f"{self._between}{id}".encode())
        self._between = "\n"

    def hex(self) -> str:
        return self._digest.hexdigest()


def find_pictures(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    leave_out: Sequence[str] = (),
    progress: Callable[[int, int], object] | None = None,
) -> Pictures:
    """List what is to be labelled.

    Args:
        sources: pictures, folders (searched recursively), list files (.txt, .lst), tar archives (.tar), and URLs of
            any of these. What a folder holds may be pictures and archives.
        leave_out: absolute paths or URLs that are not taken for pictures.
        progress: called with (archives read, archives in all).

    Returns:
        Sorted by path; the pictures of an archive as they lie in it. The same list on any machine, and under any
        spelling of the sources.

    Raises:
        ImageError: a path does not exist or cannot be listed, or there is no picture at all.
    """
    given = [os.fspath(s) for s in ([sources] if isinstance(sources, str | os.PathLike) else sources)]
    for path in given:
        if path.lower().endswith(COMPRESSED):
            raise ImageError(f"{path}: a compressed archive, which cannot be read in pieces; decompress it to .tar")
    # Absolute: the same parts, whatever folder the command is run from.
    found = [absolute(path) for source in given for path in expand(source, SUFFIXES + ARCHIVES)]
    unique = sorted(set(found).difference(leave_out))
    repeated = len(found) - len(set(found))
    if not unique:
        raise ImageError(f"no pictures in {', '.join(given)}")
    root = _common_folder(unique)
    if not any(path.lower().endswith(ARCHIVES) for path in unique):
        names = [path[len(root) :] for path in unique]
        return Pictures(root, names, flaws=_ambiguous(names), repeated=repeated)
    names = []
    spans = array("q")
    flaws: dict[int, str] = {}
    for path, members in members_of_all(unique, progress):
        name, inside = path[len(root) :], set()
        for member, offset, size, flaw in members:
            if member in inside:
                flaw = "duplicate id: the archive has this name twice, and the first one counts"
            inside.add(member)
            if flaw:
                flaws[len(names)] = flaw
            names.append(f"{name}/{member}" if member else name)
            spans.extend((len(path) if member else 0, offset, size))
    if not names:
        raise ImageError(f"no pictures in {', '.join(given)}")
    where = np.frombuffer(spans, np.int64).reshape(-1, 3)
    return Pictures(root, names, where, {**_ambiguous(names), **flaws}, repeated)


def read_pictures(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, str | bytes | OSError]]:
    """Each picture with what `read_image` takes: a path, or the bytes from an archive or URL; or why there are none.

    Raises:
        OSError: what is behind a URL cannot be reached; that is no fault of the picture, and passes.
    """
    if not any(files.is_url(picture.path) for picture in pictures):
        yield from _read_here(pictures)
        return
    # Behind a URL waiting is most of the time: the next ones are fetched meanwhile.
    batches = [pictures[start : start + FETCHED] for start in range(0, len(pictures), FETCHED)]
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(_fetch, batches[0])
        for number, batch in enumerate(batches, 1):
            pieces = coming.result()
            if number < len(batches):
                coming = ahead.submit(_fetch, batches[number])
            yield from zip(batch, pieces, strict=True)


def _read_here(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, str | bytes | OSError]]:
    archive, file = "", None
    try:
        for picture in pictures:
            if not picture.archive or picture.flaw:
                yield picture, picture.path
                continue
            try:
                if picture.archive != archive:
                    if file:
                        file.close()
                    archive, file = "", None
                    file = files.open_binary(picture.archive)
                    archive = picture.archive
                assert file
                file.seek(picture.offset)
                yield picture, _bounded(file.read(min(picture.size, MAX_BYTES + 1)))
            except OSError as error:
                yield picture, error
    finally:
        if file:
            file.close()


def _fetch(pictures: Sequence[Picture]) -> list[str | bytes | OSError]:
    """The same for some pictures behind URLs, or here, at once."""
    pieces: list = [picture.path for picture in pictures]
    remote = [k for k, picture in enumerate(pictures) if files.is_url(picture.path) and not picture.flaw]
    urls = [pictures[k].archive or pictures[k].path for k in remote]
    spans = [(pictures[k].offset, pictures[k].size) if pictures[k].archive else (0, MAX_BYTES + 1) for k in remote]
    fetched = files.read_pieces(urls, [start for start, _ in spans], [start + size for start, size in spans])
    for k, url, piece in zip(remote, urls, fetched, strict=True):
        if isinstance(piece, FileNotFoundError | PermissionError):
            pieces[k] = type(piece)(piece.errno, str(piece.strerror or piece), url)
        elif isinstance(piece, Exception):
            raise OSError(f"{url}: {' '.join(str(piece).split()) or type(piece).__name__}")
        else:
            pieces[k] = _bounded(piece)
    here = [k for k in range(len(pictures)) if not files.is_url(pictures[k].path)]
    for k, (_, piece) in zip(here, _read_here([pictures[k] for k in here]), strict=True):
        pieces[k] = piece
    return pieces


def _bounded(data: bytes) -> bytes | OSError:
    return OSError(f"more than {MAX_BYTES >> 20} MiB") if len(data) > MAX_BYTES else data


def absolute(path: str) -> str:
    """The path from the root, with slashes, or the URL: the same wherever one stands."""
    return path if files.is_url(path) else os.path.abspath(path).replace(os.sep, "/")


def _common_folder(paths: list[str]) -> str:
    """What all paths begin with, up to and with a slash, so that the same pictures have the same ids anywhere."""
    # Of sorted paths no other two have less in common. (os.path.commonpath knows no URLs.)
    folders = [path.split("/")[:-1] for path in (paths[0], paths[-1])]
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(*folders, strict=False))
    return "".join(f"{folder}/" for folder, _ in shared)


def as_text(path: str) -> str:
    """A path as Parquet can store it: names of files are bytes, and not all are UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _ambiguous(names: list[str]) -> dict[int, str]:
    """Names that are the same once they are text. Only those with a backslash then can be."""
    seen: set[str] = set()
    flaws = {}
    for place, name in enumerate(names):
        if name.isascii() and "\\" not in name:
            continue
        text = as_text(name)
        if text in seen:
            flaws[place] = "duplicate id: another name reads the same as text"
        seen.add(text)
    return flaws
