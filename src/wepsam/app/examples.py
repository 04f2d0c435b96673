"""Pictures to click on: three that are drawn here, and the photographs of `make demo` where they are."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from PIL import Image

from wepsam.drawing.examples import balloons, redesigned, start_page
from wepsam.images import read_image
from wepsam.service.forms import Upload

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")  # of `make demo`, in .venv/pictures
THUMBNAIL = 240, 160  # (width, height) in pixels


@dataclass(frozen=True)
class Example:
    """A picture to click on.

    Attributes:
        title: for people.
        upload: the picture as if it had been dropped.
    """

    title: str
    upload: Callable[[], Upload]


def found() -> list[Example]:
    """All examples that there are on this machine."""
    examples = [
        Example("A start page, drawn", partial(_drawn, "start page.png", start_page)),
        Example("The same, redesigned", partial(_drawn, "start page, new.png", redesigned)),
        Example("Balloons, drawn", partial(_drawn, "balloons.png", balloons)),
    ]
    folder = Path(sys.prefix) / "pictures"
    for name in PHOTOGRAPHS:
        if (folder / name).is_file():
            examples.append(Example(Path(name).stem.capitalize(), partial(_read, folder / name)))
    return examples


def thumbnail(example: Example) -> bytes:
    """A small JPEG of an example."""
    width, height = THUMBNAIL
    picture = Image.fromarray(read_image(example.upload().data))
    scale = max(width / picture.width, height / picture.height)
    fitted = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    left, top = (fitted.width - width) // 2, (fitted.height - height) // 2
    buffer = io.BytesIO()
    fitted.crop((left, top, left + width, top + height)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@cache
def _encoded(draw: Callable[[], Image.Image]) -> bytes:
    buffer = io.BytesIO()
    draw().save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(name: str, draw: Callable[[], Image.Image]) -> Upload:
    return Upload(name, _encoded(draw))


def _read(path: Path) -> Upload:
    return Upload(path.name, path.read_bytes())
