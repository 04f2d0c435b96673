"""Fit the ensemble's eleven numbers to a few training fixations, by information gain: python -m learn.ensemble DATA

Writes the card ensemble.json. `learn` says what DATA is. The numbers are fitted to some pictures of each training part;
other pictures of it give the scores on the card. Validation pictures take no part.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from learn import data
from wepsam import maps, metrics
from wepsam.classical.ensemble import CARD, MODELS, Model, fused, small_maps
from wepsam.classical.gbvs import gbvs
from wepsam.datasets import Sample
from wepsam.files import write_json
from wepsam.progress import bar, track
from wepsam.reproduction.laboratories import LABORATORIES

FITTED_TO, SCORED_ON = 75, 40  # pictures of each laboratory's training part, and others of it
# No map may count negatively, and none may be blurred beyond recognition.
BOUNDS = {"weight": (0.01, 20.0), "blur": (0.005, 0.1), "power": (0.1, 5.0)}
CENTER = (0.1, 20.0)  # bounds of center_y and center_x

Group = tuple[dict[str, np.ndarray], np.ndarray]  # pictures of one shape: (N, h, w) maps by model, (N, h, w) densities


def main() -> None:
    folder = data.folder(__doc__, "DATA")
    training, others = [], []
    for name in LABORATORIES:
        samples = data.training_pictures(name, folder)
        order = np.random.default_rng(0).permutation(len(samples))
        training += [samples[k] for k in order[:FITTED_TO]]
        others += [samples[k] for k in order[FITTED_TO : FITTED_TO + SCORED_ON]]
    numbers = fit(observed(training), tuple(MODELS))
    card = {
        "name": "ensemble",
        "summary": "Boolean maps, self-resemblance and spectral residual, fused for the largest information gain.",
        "numbers": numbers,
        "data": {"fixations": dict.fromkeys(LABORATORIES, f"{FITTED_TO} pictures of the training part")},
        "on_other_training_pictures": mean_scores(observed(others, MODELS | {"gbvs": gbvs}), numbers),
        "limits": "free viewing of natural photographs for a few seconds; it knows no faces and no words",
        "terms": "MIT for these numbers. The pictures have their owners' terms; none of them is part of this file.",
        "license": "MIT",
    }
    write_json(CARD, card)
    print(json.dumps(card, indent=1))


def observed(samples: Iterable[Sample], models: Mapping[str, Model] = MODELS) -> list[Group]:
    """The models' small maps of some pictures and the human densities in the same cells, grouped by shape."""
    by_shape: dict[tuple[int, ...], list[tuple[dict[str, np.ndarray], np.ndarray]]] = {}
    for sample in track(list(samples), "maps"):
        parts = small_maps(sample.stimulus(), models)
        shape = next(iter(parts.values())).shape
        density = maps.to_density(maps.enlarge(sample.density(), (shape[0], shape[1])))
        by_shape.setdefault(shape, []).append((parts, density))
    return [
        ({name: np.stack([parts[name] for parts, _ in pairs]) for name in models}, np.stack([d for _, d in pairs]))
        for pairs in by_shape.values()
    ]


def fit(groups: Sequence[Group], names: Sequence[str]) -> dict[str, Any]:
    """The numbers of `fused` under which people's fixations are most likely, by L-BFGS within the bounds.

    The optimizer sees the logarithms of the numbers, so that a step means the same for a blur of .03 as for a weight
    of 3.
    """
    start = [value for _ in names for value in (2 / len(names), 0.03, 1.0)] + [4.0, 4.0]
    bounds = [bound for _ in names for bound in BOUNDS.values()] + [CENTER, CENTER]
    with bar(0, "fitting") as progress:
        steps = 0

        def count_step(_: np.ndarray) -> None:
            nonlocal steps
            steps += 1
            progress.update(steps)

        result = minimize(
            lambda values: loss(groups, unpacked(np.exp(values), names)), np.log(start), method="L-BFGS-B",
            bounds=np.log(bounds), callback=count_step, options={"maxiter": 100, "ftol": 1e-7},
        )  # fmt: skip
    return unpacked(np.exp(result.x), names, digits=4)


def unpacked(values: np.ndarray, names: Sequence[str], digits: int = 16) -> dict[str, Any]:
    """The optimizer's vector as the numbers of `fused`."""
    rounded = [round(float(value), digits) for value in values]
    each = len(BOUNDS)
    models = {name: dict(zip(BOUNDS, rounded[each * k : each * (k + 1)], strict=True)) for k, name in enumerate(names)}
    return {"models": models, "center_y": rounded[-2], "center_x": rounded[-1]}


def loss(groups: Sequence[Group], numbers: Mapping[str, Any]) -> float:
    """Minus the mean log2 likelihood in bits per fixation. It falls as the information gain rises."""
    gains = [
        (density * np.log2(np.maximum(fused(parts, numbers), 1e-300))).sum(axis=(1, 2)) for parts, density in groups
    ]
    return -float(np.concatenate(gains).mean())


def mean_scores(groups: Sequence[Group], numbers: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Mean CC, NSS and KL of the small maps of the fusion and of each model alone, by name."""
    predictions = {"ensemble": [fused(parts, numbers) for parts, _ in groups]}
    predictions |= {name: [parts[name] for parts, _ in groups] for name in groups[0][0]}
    scores: dict[str, dict[str, float]] = {}
    for name, arrays in predictions.items():
        pairs = [pair for m, (_, d) in zip(arrays, groups, strict=True) for pair in zip(m, d, strict=True)]
        scores[name] = {
            "cc": round(float(np.mean([metrics.cc(p, d) for p, d in pairs])), 4),
            "nss": round(float(np.mean([metrics.nss_density(p, d) for p, d in pairs])), 4),
            "kl_div": round(float(np.mean([metrics.kl_div(p, d) for p, d in pairs])), 4),
        }
    return scores


if __name__ == "__main__":
    main()
