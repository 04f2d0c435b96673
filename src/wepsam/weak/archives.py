"""Find the pictures in tar archives without unpacking: ImageNet's, WebDataset's shards, archives inside archives."""

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from wepsam import files
from wepsam.sources import ARCHIVES, SUFFIXES

DEEPEST = 16  # archives inside archives; ImageNet's have 2


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
        if not files.is_url(path) and not stat.S_ISREG(os.stat(path).st_mode):
            raise tarfile.ReadError("not a regular file")  # opening a pipe may never end
        with files.open_binary(path) as file:
            yield from _members_of_file(file, "", 1)
    except Exception as error:  # tarfile raises almost anything
        if isinstance(error, OSError) and files.is_url(path) and not isinstance(error, FileNotFoundError):
            raise  # the connection is broken, not the archive
        yield Member("", flaw=_broken(error))


def _members_of_file(file: IO[bytes], prefix: str, level: int) -> Iterator[Member]:
    """The pictures in the archive at the file's position. Damage is a member with the archive's own name."""
    if level > DEEPEST:
        yield Member(prefix.rstrip("/"), flaw=f"more than {DEEPEST} archives inside each other")
        return
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            reached = -1
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
                if archive.offset <= reached or not 0 <= member.size < 1 << 62:  # a size below 0 leads back, for ever
                    raise tarfile.ReadError(f"a member of impossible size before byte {max(reached, 0)}")
                reached = archive.offset
                yield from _member(file, member, prefix, level)
            # tarfile takes a damaged or missing header for the end; a complete archive ends with zeros.
            file.seek(archive.offset)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError(f"damaged or cut off at byte {archive.offset}")
    except OSError:
        raise  # of the file, not of what is in it
    except Exception as error:  # the members before the damage can still be read
        yield Member(prefix.rstrip("/"), flaw=_broken(error))


def _member(file: IO[bytes], member: tarfile.TarInfo, prefix: str, level: int) -> Iterator[Member]:
    """The picture or pictures that a member of an archive is; nothing for other files and hidden ones."""
    name = member.name.removeprefix("./")
    parts = name.split("/")
    if not member.isreg() or member.issparse() or not name.lower().endswith(SUFFIXES + ARCHIVES):
        return
    if ".." in parts:
        yield Member(prefix + name, flaw="its name leads out of the archive")
    elif any(part.startswith(".") for part in parts):
        return
    elif name.lower().endswith(SUFFIXES):
        yield Member(prefix + name, member.offset_data, member.size)
    else:
        file.seek(member.offset_data)
        yield from _members_of_file(file, f"{prefix}{name}/", level + 1)


def _broken(error: Exception) -> str:
    return f"broken archive: {files.cause(error)}"
