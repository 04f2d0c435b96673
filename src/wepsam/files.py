"""Files that are there whole or not at all, on this machine or behind a URL (s3://bucket/name: through fsspec)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

PathOrUrl = str | os.PathLike[str]


@contextmanager
def replacing(path: str | os.PathLike[str], *, new: bool = False) -> Iterator[Path]:
    """A temporary name beside `path`; what was written there takes its place at the end, nothing does on an error.

    With `new` it takes the place only if there is nothing yet; FileExistsError otherwise.
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid4().hex[:12]}{path.suffix}")
    try:
        yield temporary
        if new:
            _link(temporary, path)
        else:
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _link(temporary: Path, path: Path) -> None:
    """Give a complete file its name unless there is such a one; a replacement would not notice."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with open(path, "xb") as file:
            file.write(temporary.read_bytes())


def is_url(path: PathOrUrl) -> bool:
    """Whether this is a URL (protocol://...) and no path."""
    return isinstance(path, str) and "://" in path


def join(folder: PathOrUrl, name: str) -> str:
    return f"{str(folder).rstrip('/')}/{name}" if is_url(folder) else os.path.join(folder, name)


def parent(path: PathOrUrl) -> str:
    return str(path).rpartition("/")[0] if is_url(path) else os.path.dirname(path)


def make_folder(folder: PathOrUrl) -> None:
    """Make a folder and those above it; behind a URL nothing has to be made."""
    if not is_url(folder):
        os.makedirs(folder, exist_ok=True)


def names(folder: PathOrUrl) -> set[str]:
    """What lies in a folder; nothing if there is none."""
    try:
        if not is_url(folder):
            return set(os.listdir(folder))
        with _told(folder) as (system, inside):
            return {name.rstrip("/").rpartition("/")[2] for name in system.ls(inside, detail=False)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def exists(path: PathOrUrl) -> bool:
    if not is_url(path):
        return os.path.exists(path)
    with _told(path) as (system, inside):
        return system.exists(inside)


def read_bytes(path: PathOrUrl) -> bytes:
    if not is_url(path):
        return Path(path).read_bytes()
    with _told(path) as (system, inside):
        return system.cat_file(inside)


def write_bytes(path: PathOrUrl, data: bytes, *, new: bool = False) -> None:
    """Write a file at once; with `new`, only if there is none.

    Raises:
        FileExistsError: there is one already, and `new` was asked for.
        OSError: it cannot be written; names the path.
    """
    if is_url(path):
        with _told(path) as (system, inside):
            # What is put behind a URL appears when it is complete.
            system.pipe_file(inside, data, mode="create" if new else "overwrite")
        return
    try:
        with replacing(path, new=new) as temporary, open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a name that survives a power cut shall not name an empty file
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def open_binary(path: PathOrUrl) -> IO[bytes]:
    """A file to read from, in which one can seek."""
    if not is_url(path):
        return open(path, "rb")
    with _told(path) as (system, inside):
        return system.open(inside, "rb")


def find(url: str) -> list[str]:
    """URLs of all files below one, or itself if it is a file."""
    with _told(url) as (system, inside):
        return [system.unstrip_protocol(name) for name in system.find(inside)]


def read_pieces(urls: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[Any]:
    """Pieces of files behind URLs, fetched side by side: bytes, or the exception instead of them."""
    pieces: list[Any] = [None] * len(urls)
    protocols = [url.partition("://")[0] for url in urls]
    for protocol in set(protocols):
        places = [place for place, other in enumerate(protocols) if other == protocol]
        system = _system(protocol)
        insides = [system._strip_protocol(urls[place]) for place in places]
        first, last = [starts[place] for place in places], [ends[place] for place in places]
        for place, piece in zip(places, system.cat_ranges(insides, first, last, on_error="return"), strict=True):
            pieces[place] = b"" if _is_empty(piece) else piece
    return pieces


def _is_empty(piece: Any) -> bool:
    """Whether this is how a server says that an empty file has no first byte."""
    return getattr(piece, "status", None) == 416 or (
        isinstance(piece, OSError) and "range is not satisfiable" in str(piece)
    )


@cache
def _system(protocol: str) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(protocol, use_listings_cache=False)  # others write there too
    except (ImportError, ValueError) as error:
        raise OSError(f"cannot open {protocol}:// URLs: {error}") from None


@contextmanager
def _told(url: PathOrUrl) -> Iterator[tuple[Any, str]]:
    """The file system behind a URL and the path in there; what its client raises becomes an OSError with the URL."""
    system = _system(str(url).partition("://")[0])
    try:
        yield system, system._strip_protocol(str(url))
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno or 2, "No such file or directory", str(url)) from error
    except FileExistsError as error:
        raise FileExistsError(error.errno or 17, "File exists", str(url)) from error
    except Exception as error:
        raise OSError(f"{url}: {' '.join(str(error).split()) or type(error).__name__}") from error
