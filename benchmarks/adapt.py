"""What adapting to 10, 25 and 50 pictures brings: python -m benchmarks.adapt DATA [--model NAME] [--strength S]...

Each laboratory in turn is the unknown one. The model comes with a calibration fitted to the others (one laboratory, one
vote), is adapted to some pictures of the unknown one, and is scored on the rest of its validation pictures, with
another choice of pictures in each of the draws. DATA is the folder that holds the datasets. Scores are taken at the
resolution of a fit, at most 64 cells a side.

--strength compares how many pictures' worth of evidence the calibration of the others may count.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wepsam.adaptation.calibrating import STRENGTH
from wepsam.calibration.definition import Calibration
from wepsam.calibration.fitting import Observation, fit, log_likelihood
from wepsam.markdown import insert, table
from wepsam.metrics import cc
from wepsam.reproduction.laboratories import observe_all, typical, validation_parts

LABORATORIES = ("sjtu", "salicon-densities", "emod", "osie", "dut_omron")
COUNTS = (10, 25, 50)
DRAWS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="wepsam-lite")
    parser.add_argument("--strength", type=float, action="append", help="repeatable")
    parser.add_argument("--into", type=Path, help="a page: put the table into its place there instead of printing it")
    options = parser.parse_args()
    observed = observe_all(options.model, validation_parts(options.data, LABORATORIES))
    others = {name: typical(observed, name).calibration for name in observed}
    head = ["unknown laboratory", "before", *(f"{n} pictures" for n in COUNTS)]
    for strength in options.strength or [STRENGTH]:
        text = table(head, rows(observed, others, strength))
        if options.into:
            insert(options.into, "adaptation", text)
        else:
            print(f"\nThe calibration of the other laboratories counts as {strength:g} pictures.\n\n{text}", flush=True)


def rows(
    observed: dict[str, list[Observation]], others: dict[str, Calibration], strength: float
) -> list[tuple[str, ...]]:
    """A row for each laboratory, and their mean."""
    cells, means = [], []
    for name, pictures in observed.items():
        rng = np.random.default_rng(0)
        draws = [rng.permutation(len(pictures)) for _ in range(DRAWS)]
        results = [[adapted(pictures, order, n, others[name], strength) for order in draws] for n in COUNTS]
        before = np.mean([result[0] for result in results[-1]], axis=0)
        # Every draw has other pictures to score on: what counts is the change on the same ones.
        changes = [np.array([after - before for before, after in result]) for result in results]
        cells.append((f"{name} ({len(pictures)})", cell(before), *(
            cell(before + change.mean(axis=0), change[:, 1].min()) for change in changes
        )))  # fmt: skip
        means.append([before, *(before + change.mean(axis=0) for change in changes)])
    return [*cells, ("mean", *(cell(values) for values in np.mean(means, axis=0)))]


def adapted(
    pictures: Sequence[Observation], order: np.ndarray, count: int, default: Calibration, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """CC and log likelihood before and after adapting to the first pictures of an order, on those behind the 50th."""
    found = fit([[pictures[i] for i in order[:count]]], prior=default, strength=strength).calibration
    rest = [pictures[i] for i in order[max(COUNTS) :]]
    before, after = (np.array([_cc(one, rest), log_likelihood(one, rest)]) for one in (default, found))
    return before, after


def cell(values: np.ndarray, least: float | None = None) -> str:
    """CC and log likelihood as text."""
    return f"{values[0]:.3f} ({values[1]:.3f}{'' if least is None else f'; {least:+.3f}'})"


def _cc(calibration: Calibration, pictures: Sequence[Observation]) -> float:
    return float(np.mean([cc(calibration(one.density), one.seen) for one in pictures]))


if __name__ == "__main__":
    main()
