"""The pictures of a page, as text that is part of it."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from wepsam import drawing
from wepsam.attention.answers import Attention
from wepsam.attention.comparing import Comparison
from wepsam.drawing.styles import SMALLEST
from wepsam.images import resize

WIDEST, TALLEST = 1000, 3000  # pixels that a page shows
THUMBNAIL = 160  # pixels of its longer side
QUALITY = 86  # of JPEG

# The kinds of drawing that a page shows: what people read on the tab, and below the picture.
TABS = {
    "heat": ("Heat map", "It glows where the density of fixations is high. The picture is untouched elsewhere."),
    "fog": ("Fog", "Sharp and bright where people will look, dimmed and blurred where few do."),
    "contours": ("Contours", "The lines hold 25, 50 and 75% of the attention."),
    "hot-spots": ("Hot spots", "The strongest places, numbered by their share. They are not a path."),
    "areas": ("Areas", "Each area with its share and the 90 % interval of the share."),
}


@dataclass(frozen=True)
class View:
    """One picture of the page.

    Attributes:
        kind: of drawing, or "picture".
        tab: its name for people.
        caption: what it shows.
        data: a data: URL.
        width: in pixels.
        height: in pixels.
    """

    kind: str
    tab: str
    caption: str
    data: str
    width: int
    height: int


def of_answer(answer: Attention) -> list[View]:
    """The views of a picture, the one to see first at the start."""
    shown = {kind: text for kind, text in TABS.items() if kind != "areas" or answer.areas}
    views = [_view(kind, *text, drawing.draw(answer, kind)) for kind, text in shown.items()]
    return [*views, _view("picture", "Picture", "The picture itself.", answer.stimulus)]


def thumbnail(answer: Attention) -> str:
    """A small heat map, as a data: URL."""
    size = max(SMALLEST, min(THUMBNAIL, max(answer.stimulus.shape[:2])))
    return data_url(drawing.draw(answer, "heat", drawing.Style(legend=False, size=size)))


def of_comparison(found: Comparison) -> View:
    """Two pictures on one scale, and their difference."""
    caption = "Both maps on one scale, and their difference on B."
    return _view("difference", "Difference", caption, found.draw())


def fitted(stimulus: np.ndarray) -> np.ndarray:
    """The (H, W, 3) picture, smaller if it is larger than a page shows it."""
    height, width = stimulus.shape[:2]
    scale = min(1.0, WIDEST / width, TALLEST / height)
    return stimulus if scale == 1 else resize(stimulus, (max(1, round(height * scale)), max(1, round(width * scale))))


def _view(kind: str, tab: str, caption: str, drawn: np.ndarray) -> View:
    return View(kind, tab, caption, data_url(drawn), drawn.shape[1], drawn.shape[0])


def data_url(drawn: np.ndarray) -> str:
    """A (H, W, 3) uint8 picture as a data: URL."""
    buffer = io.BytesIO()
    Image.fromarray(drawn).save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
