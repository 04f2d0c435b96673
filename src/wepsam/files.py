"""Reading and writing files, on this machine or behind a URL (s3://bucket/name: through fsspec).

A file is written whole or not at all: under a temporary name first, then renamed.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

PathOrUrl = str | os.PathLike[str]


@contextmanager
def replacing(path: str | os.PathLike[str], *, new: bool = False) -> Iterator[Path]:
    """Yield a temporary name beside `path`; the file written there replaces `path` at the end unless an error occurs.

    Args:
        path: the file to write.
        new: refuse to replace a file.

    Raises:
        FileExistsError: there is a file already, and `new` is set.
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
    """Rename a complete file unless the new name is taken; `os.replace` would not notice that."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with open(path, "xb") as file:
            file.write(temporary.read_bytes())


def as_seen(name: str | os.PathLike[str]) -> str:
    """A name as people see it: equal if it looks equal, however a disk or a table spells it, and always writable.

    An accent may be one character with its letter or two (NFC or NFD); bytes that are not UTF-8 are read as Latin-1.
    """
    text = os.fspath(name)
    try:
        text.encode()
    except UnicodeEncodeError:  # undecodable bytes, which Python holds as lone surrogates
        text = os.fsencode(text).decode("latin-1")
    return unicodedata.normalize("NFC", text)


def is_url(path: PathOrUrl) -> bool:
    """Whether this is a URL (protocol://...) rather than a path."""
    return isinstance(path, str) and "://" in path


def join(folder: PathOrUrl, name: str) -> str:
    return f"{str(folder).rstrip('/')}/{name}" if is_url(folder) else os.path.join(folder, name)


def parent(path: PathOrUrl) -> str:
    return str(path).rpartition("/")[0] if is_url(path) else os.path.dirname(path)


def make_folder(folder: PathOrUrl) -> None:
    """Make a folder and its parents; behind a URL there is nothing to make."""
    if not is_url(folder):
        os.makedirs(folder, exist_ok=True)


def names(folder: PathOrUrl) -> set[str]:
    """The names of the files in a folder; none if there is no such folder."""
    try:
        if not is_url(folder):
            return set(os.listdir(folder))
        with _opened(folder) as (system, inside):
            return {name.rstrip("/").rpartition("/")[2] for name in system.ls(inside, detail=False)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def exists(path: PathOrUrl) -> bool:
    if not is_url(path):
        return os.path.exists(path)
    with _opened(path) as (system, inside):
        return system.exists(inside)


def read_bytes(path: PathOrUrl) -> bytes:
    if not is_url(path):
        return Path(path).read_bytes()
    with _opened(path) as (system, inside):
        return system.cat_file(inside)


def write_bytes(path: PathOrUrl, data: bytes, *, new: bool = False) -> None:
    """Write a file whole or not at all.

    Args:
        path: the file, or its URL.
        data: its content.
        new: refuse to replace a file.

    Raises:
        FileExistsError: there is a file already, and `new` is set.
        OSError: the file cannot be written; the error names the path.
    """
    if is_url(path):
        with _opened(path) as (system, inside):
            # A file behind a URL appears when it is complete.
            system.pipe_file(inside, data, mode="create" if new else "overwrite")
        return
    try:
        with replacing(path, new=new) as temporary, open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # otherwise a power cut could leave the name with an empty file
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def open_binary(path: PathOrUrl) -> IO[bytes]:
    """Open a file for reading, with seeking."""
    if not is_url(path):
        return open(path, "rb")
    with _opened(path) as (system, inside):
        return system.open(inside, "rb")


def find(url: str) -> list[str]:
    """The URLs of all files below a URL, or the URL itself if it is a file."""
    with _opened(url) as (system, inside):
        return [system.unstrip_protocol(name) for name in system.find(inside)]


def read_pieces(urls: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[Any]:
    """Fetch pieces of files behind URLs, several at a time.

    Args:
        urls: the files.
        starts: the first byte of each piece.
        ends: the byte behind the last of each piece.

    Returns:
        For each piece its bytes, or the exception that reading it raised.
    """
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
    """Whether this is a server's answer to a request for the first byte of an empty file."""
    return getattr(piece, "status", None) == 416 or (
        isinstance(piece, OSError) and "range is not satisfiable" in str(piece)
    )


@cache
def _system(protocol: str) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(protocol, use_listings_cache=False)  # other machines write there too
    except (ImportError, ValueError) as error:
        raise OSError(f"cannot open {protocol}:// URLs: {error}") from None


@contextmanager
def _opened(url: PathOrUrl) -> Iterator[tuple[Any, str]]:
    """Yield the file system behind a URL, and the path in it. Its client's errors become OSErrors that name the URL."""
    system = _system(str(url).partition("://")[0])
    try:
        yield system, system._strip_protocol(str(url))
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno or 2, "No such file or directory", str(url)) from error
    except FileExistsError as error:
        raise FileExistsError(error.errno or 17, "File exists", str(url)) from error
    except Exception as error:
        raise OSError(f"{url}: {' '.join(str(error).split()) or type(error).__name__}") from error
