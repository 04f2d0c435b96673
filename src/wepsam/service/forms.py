"""What a request brings: pictures or a clip, and areas, as a form or as the bytes of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from wepsam.attention.areas import AreaError
from wepsam.attention.reading import MOST_BYTES
from wepsam.files import parse_json
from wepsam.service.limits import Limits, Refused

PICTURE, CLIP = "picture", "clip"
FIELDS = (PICTURE, "pictures", CLIP)  # of a form, for files
MOST_FIELDS = 10
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Upload:
    """A picture or a clip of a request.

    Attributes:
        name: as the form calls it, without folders; "picture" or "clip" where it has no name.
        data: the bytes of the file.
    """

    name: str
    data: bytes


@dataclass(frozen=True)
class Asked:
    """What a request brings.

    Attributes:
        pictures: at least one.
        fields: the texts of the form.
    """

    pictures: Sequence[Upload]
    fields: dict[str, str]

    @property
    def picture(self) -> Upload:
        """The one picture or clip; Refused if there are several."""
        if len(self.pictures) > 1:
            raise Refused(422, f"{len(self.pictures)} files; expected one")
        return self.pictures[0]

    def areas(self, query: str | None) -> Any:
        """The areas in the form or in the query, as the value of their JSON; None without any."""
        text = self.fields.get("areas") or query
        if not text:
            return None
        try:
            value = parse_json(text.encode())
        except ValueError as error:
            raise AreaError(f"the areas are no JSON: {error}") from None
        if not isinstance(value, list | dict):  # a text would be the name of a file of this machine
            raise AreaError("the areas are neither a list nor an object of JSON")
        return value


async def read(request: Request, limits: Limits, what: str = PICTURE) -> Asked:
    """What a request brings; Refused where it brings nothing. `what` is PICTURE or CLIP."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        asked = await _form(request, limits, what)
    else:  # of any kind: curl --data-binary calls every body a form unless it is told otherwise
        asked = Asked([Upload(what, await request.body())], {})
    pictures = [one for one in asked.pictures if one.data]
    if not pictures:
        raise Refused(422, f"no {what}: send it as the form field {what}, or as the body of the request")
    return Asked(pictures, asked.fields)


async def _form(request: Request, limits: Limits, what: str) -> Asked:
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=limits.pictures + 1,
        max_fields=MOST_FIELDS,
        max_part_size=MOST_BYTES,
    )
    parser.spool_max_size = limits.body  # the body is in the memory already: nothing of it goes to a disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refused(400, f"the form cannot be read: {error.message}") from None
    pictures, fields = [], {}
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                if name in FIELDS:
                    pictures.append(Upload(_name(value.filename) or what, data))
                else:
                    fields[name] = _text(name, data)
            else:
                fields[name] = value
    finally:
        await form.close()
    return Asked(pictures, fields)


def _text(name: str, data: bytes) -> str:
    """The text in a file of a form, which may be as long as that of a field."""
    if len(data) > MOST_BYTES:
        raise Refused(413, f"the field {name[:50]!r} has {len(data):,} bytes; at most {MOST_BYTES:,} are taken")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(422, f"the field {name[:50]!r} is no text in UTF-8") from None


def _name(given: str | None) -> str:
    name = PurePath((given or "").replace("\\", "/")).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:LONGEST_NAME]


def line(error: Exception) -> str:
    """An error as one line of JSON text."""
    return " ".join(str(error).removeprefix("<bytes>: ").split())[:1000] or type(error).__name__
