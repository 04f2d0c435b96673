"""Losses agree with the metrics of their names."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from wepsam import metrics
from wepsam.networks.base import as_map
from wepsam.networks.patches import FIXATED_COUNT, draw
from wepsam.training import losses


@pytest.mark.parametrize("seed", range(3))
def test_losses_are_the_metrics(seed):
    rng = np.random.default_rng(seed)
    output, target = rng.normal(size=(5, 32, 32)), rng.random((5, 32, 32)) + 1e-3
    o, t = torch.from_numpy(output), torch.from_numpy(target)
    densities = as_map(o, "log_density").numpy()
    np.testing.assert_allclose(densities.sum((1, 2)), 1)
    kl = np.mean([metrics.kl_div(p, q) for p, q in zip(densities, target, strict=True)])
    cc = np.mean([metrics.cc(p, q) for p, q in zip(densities, target, strict=True)])
    assert losses.kl(o, t).mean().item() == pytest.approx(kl, rel=1e-9)
    assert losses.cc(o, t).mean().item() == pytest.approx(1 - cc, rel=1e-9)
    nss = np.mean([metrics.nss_density(p, q) for p, q in zip(densities, target, strict=True)])
    assert losses.nss(o, t).mean().item() == pytest.approx(-nss, rel=1e-9)
    assert losses.kl_cc(o, t).mean().item() == pytest.approx(kl + 1 - cc, rel=1e-9)
    assert losses.kl_cc_nss(o, t).mean().item() == pytest.approx(kl + 1 - cc - 0.1 * nss, rel=1e-9)
    assert losses.mse(o, t).mean().item() == pytest.approx(((output - target) ** 2).mean(), rel=1e-9)


def test_a_view_in_which_nobody_looked_counts_nothing():
    output, target = torch.randn(2, 32, 32, generator=torch.Generator().manual_seed(0)), torch.rand(2, 32, 32)
    target[1] = 0
    assert losses.kl(output, target).tolist() == pytest.approx([losses.kl(output[:1], target[:1]).item(), 0], rel=1e-5)
    for name, (loss, _) in losses.LOSSES.items():
        assert torch.isfinite(loss(output, target)).all(), name


def test_the_loss_of_drawn_places_is_their_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 30, generator=generator)
    labels = (torch.arange(30) < FIXATED_COUNT).float().expand(4, 30)
    expected = functional.binary_cross_entropy_with_logits(logits, labels)
    assert losses.logistic(logits.flatten(), labels).mean().item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_loss_of_a_map_is_that_of_its_places_on_average() -> None:
    rng = np.random.default_rng(0)
    target = rng.random((1, 20, 20)) ** 4
    target /= target.max()
    logits = torch.from_numpy(rng.normal(size=(1, 20, 20)))
    places, labels = draw(np.repeat(target, 3000, axis=0), rng)
    columns, rows = np.moveaxis(np.floor(20 * places).astype(int), -1, 0)
    of_places = losses.logistic(logits[0, rows, columns], torch.from_numpy(labels).double()).mean()
    assert losses.logistic(logits, torch.from_numpy(target)).item() == pytest.approx(of_places.item(), abs=0.01)
