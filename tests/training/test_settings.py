"""Settings: schedules, and mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings


def test_the_papers_schedule():
    paper = RECIPES["paper"].pretrain
    assert (paper.optimizer, paper.loss, paper.epochs) == ("sgd", "mse", 500)
    assert paper.rate(0, 1001) == pytest.approx(0.3)
    assert paper.rate(500, 1001) == pytest.approx((0.3 + 1e-4) / 2)
    assert paper.rate(1000, 1001) == pytest.approx(1e-4)
    assert paper.momentum_at(0, 1001) == pytest.approx(0.9)
    assert paper.momentum_at(1000, 1001) == pytest.approx(0.999)
    assert RECIPES["juntingnet"].finetune.rate(0, 10) == pytest.approx(0.05)


def test_cosine_and_warmup():
    settings = TrainSettings(schedule="cosine", learning_rate=(1.0, 0.0), warmup=9)
    rates = [settings.rate(step, 101) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0)
    assert np.argmax(rates) in (8, 9, 10)


@pytest.mark.parametrize(
    "change", [{"loss": "foo"}, {"batch_size": 0}, {"learning_rate": (0.1,)}, {"warmup": -1}, {"dropout": 1.0},
               {"validate_every": 0}],
)  # fmt: skip
def test_a_mistake_is_named(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(TrainSettings(), **change)
