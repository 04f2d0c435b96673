"""What the tests of drawings share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wepsam
from helpers import Answer
from wepsam.attention.answers import Attention

AREAS = [{"label": "buy", "box": [0.1, 0.1, 0.5, 0.4]}, {"label": "sky", "polygon": [[0.5, 0.6], [0.9, 0.6], [0.7, 1]]}]


@pytest.fixture(scope="session")
def answer() -> Answer:
    """A function: picture, options of `attend` -> what is known of it, by a model that sees two places."""

    def two_places(stimulus: np.ndarray) -> np.ndarray:
        height, width = stimulus.shape[:2]
        y, x = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width
        places = ((0.35, 0.3, 1.0), (0.7, 0.75, 0.5))
        values: np.ndarray = sum(w * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 0.01) for row, column, w in places)
        return values + 1e-3

    def answered(picture: Any, areas: Any = AREAS, **options: Any) -> Attention:
        return wepsam.attend(picture, areas, model=two_places, **options)

    return answered
