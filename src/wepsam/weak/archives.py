"""Find the pictures in tar archives without unpacking: ImageNet's, WebDataset's shards, archives inside archives."""

import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from wepsam import files
from wepsam.sources import ARCHIVES, SUFFIXES


class Member(NamedTuple):
    """A picture in an archive; for a file of its own the name is "" and offset and size are -1.

    Attributes:
        name: in the archive.
        offset: where the picture begins, in bytes.
        size: in bytes.
        flaw: what is wrong with it, or "".
    """

    name: str
    offset: int = -1
    size: int = -1
    flaw: str = ""


def members_of_all(paths: list[str]) -> Iterator[tuple[str, Iterable[Member]]]:
    """Each path with the pictures in it.

    Args:
        paths: pictures and archives, paths or URLs. A picture that is a file of its own is one member without a name.

    Raises:
        OSError: an archive behind a URL cannot be reached.
    """
    # Threads, because behind a URL most of the time is waiting.
    with ThreadPoolExecutor(8) as pool:
        archives = [path for path in paths if path.lower().endswith(ARCHIVES)]
        members = pool.map(lambda path: list(_members(path)), archives)
        for path in paths:
            yield path, next(members) if path.lower().endswith(ARCHIVES) else [Member("")]


def _members(path: str) -> Iterator[Member]:
    """The pictures in an archive, in its order."""
    try:
        with files.open_binary(path) as file:
            yield from _members_of_file(file, "")
    except OSError as error:
        if files.is_url(path) and not isinstance(error, FileNotFoundError):
            raise  # the connection is broken, not the archive
        yield Member("", flaw=f"broken archive: {error.strerror or error}")


def _members_of_file(file: IO[bytes], prefix: str) -> Iterator[Member]:
    """The pictures in the archive at the file's position. Damage is a member with the archive's own name."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
                if not member.isreg() or member.issparse() or any(part.startswith(".") for part in name.split("/")):
                    continue
                if name.lower().endswith(SUFFIXES):
                    yield Member(prefix + name, member.offset_data, member.size)
                elif name.lower().endswith(ARCHIVES):
                    file.seek(member.offset_data)
                    yield from _members_of_file(file, f"{prefix}{name}/")
            # tarfile takes a damaged or missing header for the end; a complete archive ends with zeros.
            file.seek(archive.offset)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError(f"damaged or cut off at byte {archive.offset}")
    except tarfile.TarError as error:  # the members before the damage can still be read
        yield Member(prefix.rstrip("/"), flaw=f"broken archive: {error}")
