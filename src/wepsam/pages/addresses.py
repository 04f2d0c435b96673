"""What may be opened as a page: a local HTML file, or an address that begins with http:// or https://."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from wepsam import files
from wepsam.files import shown

SUFFIXES = (".html", ".htm", ".xhtml", ".svg")
LONGEST = 8000  # characters of an address


def address(given: str | os.PathLike[str]) -> str:
    """The URL of a page.

    Args:
        given: a file, its file: URL, or a URL with http or https.

    Raises:
        ValueError: anything else.
        OSError: there is no such file.
    """
    text = os.fspath(given)
    try:
        scheme = urlsplit(text).scheme.lower() if "://" in text else ""
    except ValueError as error:  # brackets that do not close
        raise ValueError(f"the address {shown(text[:200])} has no host, or is no address ({error})") from None
    if scheme in ("http", "https"):
        if not urlsplit(text).hostname or len(text) > LONGEST or not text.isprintable():
            raise ValueError(f"the address {shown(text[:200])} has no host, or is no address")
        return text
    if scheme == "file":
        text = url2pathname(unquote(urlsplit(text).path) if os.name != "nt" else urlsplit(text).path)
    elif scheme or text.lower().startswith(("javascript:", "data:", "about:", "view-source:")):
        raise ValueError(f"{shown(text[:200])}: expected an HTML file, or an address with http:// or https://")
    path = Path(text)
    files.check_regular(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{shown(path)}: no page; expected {', '.join(SUFFIXES)}, or an address with https://")
    return path.resolve().as_uri()


def named(url: str) -> str:
    """A URL in a message: without a password, and what would steer a terminal."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return shown(url2pathname(parts.path))
    host = parts.hostname or ""
    place = f"{host}:{parts.port}" if parts.port else host
    return shown(urlunsplit((parts.scheme, place, parts.path, "", ""))[:300])
