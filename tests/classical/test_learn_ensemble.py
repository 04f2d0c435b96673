"""The fit of the ensemble on planted numbers, its scores, and the bounds of the shipped numbers."""

import numpy as np
import pytest

from learn.ensemble import BOUNDS, CENTER, Group, fit, loss, mean_scores
from wepsam import maps, metrics
from wepsam.classical import CLASSICAL, FITTED
from wepsam.classical.ensemble import MODELS, card, ensemble, fused


def planted(count: int) -> tuple[list[Group], dict]:
    """Smooth random maps, and densities that follow from two of them by known numbers."""
    rng = np.random.default_rng(5)
    true = {
        "models": {
            "bms": {"weight": 4.0, "blur": 0.05, "power": 1.5},
            "fes": {"weight": 1.5, "blur": 0.02, "power": 0.7},
        },
        "center_y": 6.0,
        "center_x": 3.0,
    }
    parts = {name: maps.blur(rng.random((count, 12, 16)), 0.8) - 0.3 for name in ("bms", "fes", "covsal")}
    parts = {name: np.maximum(values, 0) for name, values in parts.items()}
    return [(parts, fused(parts, true))], true


def test_the_fit_finds_planted_numbers_and_no_others() -> None:
    pictures, true = planted(30)
    fitted = fit(pictures, ("bms", "fes", "covsal"))
    assert loss(pictures, fitted) < loss(pictures, true) + 1e-3
    for name, numbers in true["models"].items():
        assert fitted["models"][name]["weight"] == pytest.approx(numbers["weight"], rel=0.15), name
        assert fitted["models"][name]["power"] == pytest.approx(numbers["power"], rel=0.15), name
    assert fitted["models"]["covsal"]["weight"] < 0.2  # it has nothing to do with the densities
    assert fitted["center_y"] == pytest.approx(6, rel=0.1)
    assert fitted["center_x"] == pytest.approx(3, rel=0.1)


def test_scores_are_the_mean_over_pictures() -> None:
    pictures, true = planted(3)
    scores = mean_scores(pictures, true)
    assert list(scores) == ["ensemble", "bms", "fes", "covsal"]
    assert scores["ensemble"] == pytest.approx({"cc": 1, "nss": scores["ensemble"]["nss"], "kl_div": 0}, abs=1e-4)
    parts, densities = pictures[0]
    by_hand = np.mean([metrics.cc(m, d) for m, d in zip(parts["fes"], densities, strict=True)])
    assert scores["fes"]["cc"] == pytest.approx(by_hand, abs=1e-4)


def test_the_shipped_numbers_are_few_and_within_bounds() -> None:
    numbers = card()["numbers"]
    assert 2 + sum(map(len, numbers["models"].values())) == 11
    assert list(numbers["models"]) == list(MODELS)
    for model in numbers["models"].values():
        assert model["weight"] > 0.05, "a map that counts for nothing costs time"
        for name, (low, high) in BOUNDS.items():
            assert low <= model[name] <= high
    assert all(CENTER[0] < numbers[side] < CENTER[1] for side in ("center_y", "center_x"))
    assert "ensemble" in FITTED
    assert CLASSICAL["ensemble"] is ensemble
