"""MR-CNN's patches: where they are drawn, and what they show."""

import numpy as np
import pytest
import torch

from helpers import discs
from wepsam.networks.mr_cnn import MrCnn, MrCnnConfig
from wepsam.networks.patches import (
    FIXATED_COUNT,
    FIXATED_LEVEL,
    GRAY,
    NONFIXATED_COUNT,
    PATCH,
    SIDES,
    cut,
    draw,
    shrinking,
)
from wepsam.training.losses import logistic

SIDE = SIDES[0]


def test_positives_lie_where_people_looked_and_negatives_do_not() -> None:
    target = discs(6).targets / 255
    centers, labels = draw(target, np.random.default_rng(0))
    assert labels.sum(axis=1).tolist() == [FIXATED_COUNT] * 6
    assert centers.shape == (6, FIXATED_COUNT + NONFIXATED_COUNT, 2)
    for density, places, label in zip(target, centers, labels, strict=True):
        columns, rows = np.floor(100 * places).astype(int).T
        assert (density[rows[label == 1], columns[label == 1]] >= FIXATED_LEVEL).all()
        assert (density[rows[label == 0], columns[label == 0]] < FIXATED_LEVEL).all()


def test_positives_are_spread_as_the_density_is() -> None:
    density = np.zeros((100, 100))
    density[10, 10], density[80, 60], density[50, 50] = 1, 0.25, 0.05
    places, labels = draw(np.repeat(density[None], 400, axis=0), np.random.default_rng(0))
    at = [tuple(np.floor(100 * xy).astype(int)) for xy in places[labels == 1]]
    assert set(at) == {(10, 10), (60, 80)}
    assert at.count((10, 10)) / len(at) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_picture_with_one_kind_of_place_has_that_kind_alone(value: float) -> None:
    _, labels = draw(np.full((1, 100, 100), value), np.random.default_rng(0))
    assert (labels == value).all()
    output = torch.randn(1, labels.shape[1], generator=torch.Generator().manual_seed(0))
    assert torch.isfinite(logistic(output, torch.from_numpy(labels)))


def test_a_patch_is_centered_on_its_place_at_every_resolution() -> None:
    """A bright disc is in the middle of each of the three patches around it, larger where the picture is larger."""
    pairs = discs(1)
    row, column = np.unravel_index(pairs.targets[0].argmax(), (100, 100))
    x = torch.from_numpy(pairs.stimuli).permute(0, 3, 1, 2).float() / 255
    place = torch.tensor([[[column / 100, row / 100]]], dtype=torch.float64)
    bright = cut(x, place)[0].reshape(3, 3, PATCH, PATCH).mean(dim=1) > 0.7
    for side, patch in zip(SIDES, bright, strict=True):
        rows, columns = np.nonzero(patch.numpy())
        assert abs(rows.mean() - 20.5) < 1
        assert abs(columns.mean() - 20.5) < 1
        assert len(rows) == pytest.approx(np.pi * (16 * side / SIDE) ** 2, rel=0.1)


def test_beyond_the_picture_there_is_gray() -> None:
    corner = cut(torch.ones(1, 3, SIDE, SIDE), torch.zeros(1, 1, 2, dtype=torch.float64))
    assert (corner[0, :, : PATCH // 2] == GRAY).all()
    np.testing.assert_allclose(corner[0, :, PATCH // 2 :, PATCH // 2 :], 1, atol=1e-5)


def test_the_examples_of_a_batch_depend_on_its_generator_alone() -> None:
    net, pairs = MrCnn(MrCnnConfig(filters=(4, 6, 8), hidden=10)), discs(2)
    stimuli = torch.from_numpy(pairs.stimuli).permute(0, 3, 1, 2).float() / 255
    targets = torch.from_numpy(pairs.targets).float() / 255
    one, two, other = (net.examples(stimuli, targets, np.random.default_rng([0, n, 0, 0])) for n in (3, 3, 4))
    for a, b in zip(one, two, strict=True):
        assert torch.equal(a, b)
    assert one[0].shape == (2 * (FIXATED_COUNT + NONFIXATED_COUNT), 9, PATCH, PATCH)
    assert one[1].shape == (2, FIXATED_COUNT + NONFIXATED_COUNT)
    assert not torch.equal(one[0], other[0])


def test_pictures_are_shrunk_by_weights_that_neither_brighten_nor_mirror() -> None:
    for side in SIDES[1:]:
        rows = shrinking(side)
        np.testing.assert_allclose(rows.sum(dim=1), 1, atol=1e-5)
        np.testing.assert_allclose(rows, rows.flip(0, 1), atol=1e-4)
    assert torch.equal(shrinking(SIDE), torch.eye(SIDE))
