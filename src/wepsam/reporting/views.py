"""The pictures of a page, as text that is part of it."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from wepsam import overlays
from wepsam.attention.answers import Attention
from wepsam.images import resize
from wepsam.prediction import predictor

LONGEST, TALLEST = 1000, 3000  # pixels of the width and of the height that a page shows
QUALITY = 86  # of JPEG


@dataclass(frozen=True)
class View:
    """One picture of the page.

    Attributes:
        kind: the name of its tab in the page's code.
        tab: the name that people read.
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
    return [
        view("heat", "Heat map", "Where people will look: it glows where the density of fixations is high.", overlays.overlay(answer.stimulus, predictor.saliency_map(answer.density, answer.stimulus.shape[:2]))),
        view("picture", "Picture", "The picture itself.", answer.stimulus),
    ]


def view(kind: str, tab: str, caption: str, drawn: np.ndarray) -> View:
    """A (H, W, 3) uint8 picture as a view."""
    data = io.BytesIO()
    Image.fromarray(drawn).save(data, "JPEG", quality=QUALITY, optimize=True)
    text = "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
    return View(kind, tab, caption, text, drawn.shape[1], drawn.shape[0])


def fitted(stimulus: np.ndarray) -> np.ndarray:
    """The picture, smaller if it is larger than a page shows it."""
    height, width = stimulus.shape[:2]
    scale = min(1.0, LONGEST / width, TALLEST / height)
    return stimulus if scale == 1 else resize(stimulus, (max(1, round(height * scale)), max(1, round(width * scale))))
