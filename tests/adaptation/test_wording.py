"""The sentences say what the numbers say, and nothing where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import made_up
from wepsam import Calibration
from wepsam.adaptation import wording
from wepsam.calibration.fitting import Observation
from wepsam.calibration.presets import Named
from wepsam.evaluation.change import Change

TYPICAL = Named("typical", Calibration(power=0.9, center_weight=0.6, blur=0.01, floor=0.02))
CLOSER = {"area": 0.2, "from_center": -0.05}


def told(fitted: Calibration, moved: dict[str, float] = CLOSER, default: Named = TYPICAL, spread: float = 0.0) -> str:
    folds = [Calibration(fitted.power * f, fitted.center_weight * f, 0.4, fitted.blur, fitted.floor)
             for f in 1 + spread * np.linspace(-1, 1, 5)]  # fmt: skip
    return wording.sentence(wording.numbers(fitted, folds, default.calibration, moved), default)


def test_the_sentence_of_the_manual() -> None:
    fitted = Calibration(power=0.7, center_weight=1.3, blur=0.01, floor=0.02)
    assert told(fitted) == (
        "Your viewers look closer to the center (weight 1.3, typical 0.6) and their maps are broader "
        "(power 0.70, typical 0.90)."
    )


def test_each_number_has_words_for_both_directions() -> None:
    away = {"area": -0.2, "from_center": 0.05}
    assert "keep less to the center (weight 0.1, typical 0.6)" in told(Calibration(0.9, 0.1, 0.4, 0.01, 0.02), away)
    assert told(Calibration(1.3, 0.6, 0.4, 0.01, 0.02), away) == (
        "Your viewers' maps are more pointed (power 1.30, typical 0.90)."
    )
    assert "The peaks of your viewers' maps are softer (blur 3.0% of the sides, typical 1.0%)" in told(
        Calibration(0.9, 0.6, 0.4, 0.03, 0.02)
    )
    assert "More of your viewers' glances fall anywhere (12%, typical 2%)" in told(
        Calibration(0.9, 0.6, 0.4, 0.01, 0.12)
    )


def test_small_and_uncertain_differences_are_not_told() -> None:
    nothing = "Your viewers look as the model expects: no number of its calibration differs clearly."
    assert told(Calibration(0.95, 0.7, 0.4, 0.012, 0.03)) == nothing
    assert "center" in told(Calibration(0.9, 1.3, 0.4, 0.01, 0.02))
    assert told(Calibration(0.9, 1.3, 0.4, 0.01, 0.02), spread=0.5) == nothing


def test_the_same_center_at_another_width_is_no_difference() -> None:
    wide = Calibration(0.9, 0.6 * 4, 0.8, 0.01, 0.02)
    assert "center" not in told(wide)


def test_nothing_is_said_about_people_that_the_maps_do_not_show() -> None:
    """A higher weight beside a lower power: the maps did not move to the center."""
    sentence = told(Calibration(0.5, 1.3, 0.4, 0.01, 0.02), {"area": 0.3, "from_center": 0.02})
    assert "your viewers look" not in sentence.lower()
    assert sentence.startswith("The center counts more (weight 1.3, typical 0.6)")


def test_a_default_of_another_name_is_before() -> None:
    default = Named("osie", Calibration(1.2))
    assert "(power 0.70, before 1.20)" in told(Calibration(0.7), default=default)


def test_effects_by_hand() -> None:
    corner, even = np.zeros((2, 2)), np.full((2, 2), 0.25)
    corner[0, 0] = 1
    observed = [Observation(corner, even)]
    assert wording.effects(Calibration(), observed) == pytest.approx({"area": 0.25, "from_center": 0.5})
    assert wording.effects(Calibration(floor=1.0), observed)["area"] == pytest.approx(1)
    assert wording.seen_from_center(observed) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("gain", "begins", "has"),
    [
        ((0.1, 0.05, 0.15), "T. The maps", "+0.100 nats per fixation [+0.050, +0.150]. Better in CC."),
        ((0.1, -0.05, 0.25), "T. The maps", "[-0.050, +0.250], which may be chance."),
        ((0.0, -0.1, 0.1), "The calibration stays as it was", "[-0.100, +0.100]"),
    ],
)
def test_a_gain_is_claimed_only_where_there_is_one(gain, begins, has) -> None:
    change = Change(made_up("before", cc=[0.1, 0.2, 0.3]), made_up("after", cc=[0.2, 0.3, 0.4]))
    summary = wording.summary("T.", gain, change)
    assert summary.startswith(begins)
    assert has in summary


def test_gains_and_losses_need_intervals() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(40)
    scores = {"cc": base, "nss": base, "kl_div": base}
    after = {"cc": base + 0.1, "nss": base + rng.normal(0, 0.1, 40), "kl_div": base + 0.1}
    change = Change(made_up("before", **scores), made_up("after", **after))
    assert (change.gains, change.losses) == (["CC"], ["KL"])
