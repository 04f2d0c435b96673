"""What lies where in tar archives: ImageNet's, WebDataset's shards, archives within archives. Nothing is unpacked."""

import tarfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from wepsam import files
from wepsam.sources import ARCHIVES, SUFFIXES

Member = tuple[str, int, int, str]  # name, offset, size, flaw


def members_of_all(
    paths: list[str], progress: Callable[[int, int], object] | None
) -> Iterator[tuple[str, Iterable[Member]]]:
    """Each path with the pictures in it; a picture by itself has one, without a name.

    Args:
        paths: pictures and archives, paths or URLs, sorted.
        progress: called with (archives read, archives in all).

    Raises:
        OSError: an archive behind a URL cannot be reached.
    """
    archives = [path for path in paths if path.lower().endswith(ARCHIVES)]
    # Threads, since behind a URL waiting is most of the time.
    with ThreadPoolExecutor(8) as pool:
        members = pool.map(lambda path: list(_members(path)), archives)
        for path in paths:
            if not path.lower().endswith(ARCHIVES):
                yield path, [("", -1, -1, "")]
                continue
            yield path, next(members)
            if progress:
                progress(bisect_right(archives, path), len(archives))


def _members(path: str) -> Iterator[Member]:
    """The pictures in an archive, in their order."""
    try:
        with files.open_binary(path) as file:
            yield from _members_of(file, "")
    except OSError as error:
        if files.is_url(path) and not isinstance(error, FileNotFoundError):
            raise  # the way there is broken, not the archive
        yield "", -1, -1, f"broken archive: {error.strerror or error}"


def _members_of(file: IO[bytes], above: str) -> Iterator[Member]:
    """The pictures in the archive that begins where the file stands; what is broken, under the archive's own name."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
                if not member.isreg() or member.issparse() or any(part.startswith(".") for part in name.split("/")):
                    continue
                if name.lower().endswith(SUFFIXES):
                    yield above + name, member.offset_data, member.size, ""
                elif name.lower().endswith(ARCHIVES):
                    file.seek(member.offset_data)
                    yield from _members_of(file, f"{above}{name}/")
            # tarfile takes a damaged or missing header for the end; a whole archive ends with zeros.
            file.seek(archive.offset)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError(f"damaged or cut off at byte {archive.offset}")
    except tarfile.TarError as error:  # what stands before the damage can still be read
        yield above.rstrip("/"), -1, -1, f"broken archive: {error}"
