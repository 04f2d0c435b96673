"""STC: templates and dissimilarities by hand."""

import numpy as np
import pytest

from wepsam.classical.stc import dissimilarity, patches_of, places


def test_dissimilarity_by_hand() -> None:
    template = np.zeros((1, 75))
    patches = np.zeros((2, 75))
    patches[1, ::3] = 20  # 20 Lab units of lightness everywhere
    assert dissimilarity(patches, template)[:, 0] == pytest.approx([0, 1 - np.exp(-0.5)])
    assert patches_of(np.arange(12.0).reshape(2, 2, 3)).shape == (2, 2, 75)


def test_templates_are_the_same_from_either_side() -> None:
    for n in (1, 2, 7, 24, 65):
        assert places(n).tolist() == (n - 1 - places(n)[::-1]).tolist()
        assert 1 <= len(places(n)) <= 8
