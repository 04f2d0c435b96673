"""Reading and writing files, on this machine or behind a URL (s3://bucket/name: through fsspec).

A file is written whole or not at all: under a temporary name first, then renamed. A name that comes from a table, a
result or an archive becomes a path through `below` only.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import IO, Any
from uuid import uuid4

PathOrUrl = str | os.PathLike[str]
"""A path on this machine, or a URL such as s3://bucket/name."""

TEMPORARY = re.compile(r"\.wepsam-[0-9a-f]{12}\.tmp(\.[^./]*)?")  # names that nobody else gives
WINDOWS = os.name == "nt"
# Devices, whatever stands behind a dot, and what Windows cuts off or does not allow in the name of a file.
RESERVED = re.compile(
    r"(con|prn|aux|nul|com[1-9\u00b9\u00b2\u00b3]|lpt[1-9\u00b9\u00b2\u00b3]) *(\..*)?|.*[ .]|.*[<>:\"|?*\0-\x1f].*",
    re.I,
)
LEFTOVER_AGE = 3600  # seconds after which nobody writes to a temporary file any more
LONGEST_NAME = 255  # bytes, of a file's name on all usual disks
LONGEST_CAUSE = 500  # characters
MAX_JSON = 32 << 20  # bytes; in memory, a value may take 25 times as much as its text


class PlaceError(ValueError):
    """A name that must not become a path, because it could lead out of its folder. One line."""


@contextmanager
def replacing(path: str | os.PathLike[str], *, new: bool = False) -> Iterator[Path]:
    """Yield a temporary name beside `path`; the file written there replaces `path` at the end unless an error occurs.

    Args:
        path: the file to write.
        new: refuse to replace a file.

    Raises:
        FileExistsError: there is a file already, and `new` is set.
        OSError: the file cannot be written, because the disk is full for example; the error names `path`.
    """
    path = Path(path)
    temporary = path.with_name(f".wepsam-{uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        yield temporary
        if new:
            _link(temporary, path)
        else:
            os.replace(temporary, path)
    except OSError as error:
        if re.fullmatch(r"\d+ requested and \d+ written", str(error)):  # numpy does not say why
            raise OSError(f"{path}: could not be written whole, the disk may be full ({error})") from error
        if error.errno is None or error.filename not in (None, str(temporary), temporary):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def remove_leftovers(folder: PathOrUrl) -> None:
    """Remove the temporary files that killed processes left in a folder, but none that may still be written to."""
    if is_url(folder):
        return  # behind a URL an incomplete file never appears
    for name in names(folder):
        path = os.path.join(folder, name)
        if TEMPORARY.fullmatch(name) and os.path.isfile(path) and not os.path.islink(path):
            with suppress(OSError):  # another process was faster, or the file is not ours to remove
                if time.time() - os.stat(path).st_mtime > LEFTOVER_AGE:
                    os.unlink(path)


def below(folder: str | os.PathLike[str], name: str) -> Path:
    """The path of a file or folder in a folder, if its name cannot lead to another place.

    Args:
        folder: need not exist.
        name: with slashes between folders. From a stranger's table, for example.

    Raises:
        PlaceError: the name is no name, is absolute, has a "..", leads out by a link, or is too long. One line.
    """
    if reason := _unfit(folder, name):
        raise PlaceError(f"{name!r:.200} cannot be the name of a file in {folder}: {reason}; rename it")
    return Path(folder, name)


def _unfit(folder: str | os.PathLike[str], name: Any) -> str:
    """Why a name may not become a path in a folder, or ""."""
    if not isinstance(name, str) or not name.strip():
        return "expected a text"
    try:
        longest = max(len(os.fsencode(part)) for part in name.split("/"))
    except UnicodeEncodeError:
        return "no disk can hold such characters"
    parts = re.split(r"[/\\]", name)  # a backslash separates on Windows, where a copy of the folder may be read
    if "\0" in name:
        return "it has a zero byte"
    if not parts[0] or PureWindowsPath(name).drive:
        return "it is absolute"
    if ".." in parts:
        return "it leads out of the folder"
    if WINDOWS and any(part != "." and RESERVED.fullmatch(part) for part in parts):
        return "Windows keeps such names for itself"
    if longest > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} bytes"
    # The file's own name is written by renaming, which replaces a link and does not follow it.
    root, place = os.path.realpath(folder), os.path.realpath(Path(folder, name).parent)
    return "" if place == root or Path(root) in Path(place).parents else f"a link leads to {place}"


def folded(name: str | os.PathLike[str]) -> str:
    """A name as disks see it for which A.png and a.png are one file, and two ways to write an accent are one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", os.fspath(name)).casefold())


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of these names of pictures whose results are one file on some disks; see `folded`."""
    owners: dict[str, str] = {}
    for name in names:
        if (other := owners.setdefault(folded(Path(name).with_suffix("")), name)) != name:
            return other, name
    return None


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")  # the same bytes on Windows


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as indented JSON, whole or not at all; paths that are not UTF-8 are written with escapes."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    write_text(path, text.encode(errors="backslashreplace").decode())


def _link(temporary: Path, path: Path) -> None:
    """Rename a complete file unless the new name is taken; `os.replace` would not notice that."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with open(path, "xb") as file:
            file.write(temporary.read_bytes())


def not_ours(folder: Path, names: Iterable[str], record: str, form: str) -> str | None:
    """The first of some files in a folder, if they are there and not ours; None if we may replace them.

    Args:
        folder: where they lie.
        names: of the files.
        record: the JSON file among them that says whose they are.
        form: what it has under "format" if they are ours.
    """
    there = [name for name in names if (path := below(folder, name)).exists() or path.is_symlink()]
    if not there:
        return None
    try:
        return None if read_json(folder / record)["format"] == form else there[0]
    except (OSError, ValueError, TypeError, KeyError):
        return there[0]


def as_seen(name: str | os.PathLike[str]) -> str:
    """A name as people see it: equal if it looks equal, however a disk or a table spells it, and always writable.

    An accent may be one character with its letter or two (NFC or NFD); bytes that are not UTF-8 are read as Latin-1.
    """
    text = os.fspath(name)
    try:
        text.encode()
    except UnicodeEncodeError:  # undecodable bytes, which Python holds as lone surrogates; JSON can hold others
        try:
            text = os.fsencode(text).decode("latin-1")
        except UnicodeEncodeError:
            text = text.encode("utf-8", "backslashreplace").decode()
    return unicodedata.normalize("NFC", text)


class ForeignFileError(ValueError):
    """A file that anybody may have made is not what it should be. One line that names it and the cause."""


@contextmanager
def foreign(
    path: PathOrUrl, complaint: str = "cannot be read", kind: type[Exception] = ForeignFileError
) -> Iterator[None]:
    """Turn any error inside into one line that names the file: readers raise almost anything over a damaged one.

    A library's warnings about the file are left out; what is missing in this environment is still an ImportError.

    Args:
        path: the file.
        complaint: what is wrong with it, and what to do. The first {} stands for the cause; without one it follows in
            brackets.
        kind: of the error that is raised. One of this kind, or a ForeignFileError, is complete and passes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (kind, ForeignFileError, ImportError):
        raise
    except Exception as error:
        complaint = complaint if "{}" in complaint else f"{complaint} ({{}})"
        raise kind(f"{shown(path)} {complaint.replace('{}', cause(error)[:LONGEST_CAUSE], 1)}") from error


def cause(error: BaseException) -> str:
    """What an error says, in one line; where its file is named apart, without that name."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    text = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
    return f"it has no {text}" if isinstance(error, KeyError) else text


def shown(path: PathOrUrl) -> str:
    """A path in a message: on one line, and without what would steer a terminal."""
    text = as_seen(path)
    return text if text.isprintable() else ascii(text)


def naming(path: PathOrUrl, line: str) -> str:
    """A line about a file, which names it."""
    return line if str(path) in line or shown(path) in line else f"{shown(path)}: {line}"


def check_regular(path: PathOrUrl, most: int | None = None) -> None:
    """Raise an OSError that names it for what is no file: a folder, a pipe, a device; or has more than `most` bytes.

    What is behind a URL is not looked at.
    """
    if is_url(path):
        return
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))  # reading a pipe or a device may never end
    if most is not None and status.st_size > most:
        raise OSError(errno.EFBIG, f"{status.st_size:,} bytes, expected at most {most:,}", str(path))


def read_json(path: PathOrUrl, most: int = MAX_JSON) -> Any:
    """The value in a stranger's JSON file.

    Raises:
        ValueError: as `parse_json`.
        OSError: it cannot be read, is no file, or has more than `most` bytes; names the path.
    """
    check_regular(path, most)
    return parse_json(read_bytes(path))


def parse_json(data: bytes) -> Any:
    """The value in a JSON text; ValueError, which does not say where, if there is none."""
    try:
        return json.loads(data.decode("utf-8-sig"))  # -sig: editors on Windows begin with a byte order mark
    except RecursionError:
        raise ValueError("no JSON (its values are nested too deep)") from None
    except ValueError as error:
        raise ValueError(f"no JSON ({error})") from None


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
    with replacing(path, new=new) as temporary, open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # otherwise a power cut could leave the name with an empty file


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
