"""The studies of the paper's claim: what they compare, and that their tables come from the files of results."""

import numpy as np
import pytest

from wepsam.reproduction.outcomes import labels_needed, over_seeds
from wepsam.reproduction.studies import FULL, STUDIES, Human, with_starts


def test_runs_have_names_of_their_own_and_come_after_their_starts() -> None:
    jobs = with_starts([job for study in STUDIES.values() for job in study(FULL)])
    assert len({job.name for job in jobs}) == len(jobs)
    for place, job in enumerate(jobs):
        assert job.start is None or job.start in jobs[:place]


def test_compared_arms_see_as_many_pictures() -> None:
    jobs = {job.name: job for job in STUDIES["labels"](FULL) + STUDIES["convergence"](FULL)}

    def seen(name: str) -> int:
        job = jobs[name]
        return job.pictures + (job.start.pictures if job.start else 0)

    assert seen("convergence/weak-seed4") == seen("convergence/random-longer-seed4")
    for name, job in jobs.items():
        if "as-long" in name:  # compared at equal fine-tuning
            assert job.pictures == jobs[name.replace("weak-as-long", "random")].pictures
        elif name.startswith("labels/weak"):
            assert isinstance(job.data, Human)
            assert seen(name) == seen(name.replace("weak", "random"))


def test_over_seeds_by_hand() -> None:
    mean, half = over_seeds(np.array([[1.0], [2.0], [3.0]]))
    assert mean == pytest.approx(2)
    assert half == pytest.approx(4.302653 / 3**0.5, rel=1e-6)  # t of 2 degrees of freedom, standard deviation 1


def test_labels_needed_by_hand() -> None:
    shares, scores = (0.01, 0.1, 1.0), (0.2, 0.4, 0.5)
    assert labels_needed(shares, scores, 0.4) == pytest.approx(0.1)
    assert labels_needed(shares, scores, 0.3) == pytest.approx(10**-1.5)  # half way, over the logarithm
    assert labels_needed(shares, scores, 0.1) == pytest.approx(0.01)
    assert labels_needed(shares, scores, 0.6) == np.inf
