"""Fit the ensemble: its eleven numbers by maximum information gain on a small share of training fixations.

    python -m learn.ensemble DATA     # a folder with osie/, dut_omron/, eyecrowd/, scene/

Writes the card beside ensemble.py. Of each dataset's training part some pictures are learnt from, and some others tell
what the fusion is worth on pictures that it has not seen. Validation pictures take no part.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from wepsam import maps, metrics
from wepsam.classical.ensemble import CARD, MODELS, Model, fused, small_maps
from wepsam.classical.gbvs import gbvs
from wepsam.datasets import Sample, open_dataset
from wepsam.files import replacing
from wepsam.progress import bar, track

LEARNT = {"osie": 150, "dut_omron": 150, "eyecrowd": 100, "scene": 100}  # pictures of each dataset
JUDGED = {"osie": 80, "dut_omron": 80, "eyecrowd": 70, "scene": 70}
# What a number may be: no map counts against what it shows, and none is blurred beyond recognition.
BOUNDS = {"weight": (0.01, 20.0), "blur": (0.005, 0.1), "power": (0.1, 5.0)}
CENTER = (0.1, 20.0)

Pictures = tuple[dict[str, np.ndarray], np.ndarray]  # of one shape: (N, h, w) maps by model, (N, h, w) densities


def main() -> None:
    data = Path(sys.argv[1])
    learnt, judged = [], []
    for name, count in LEARNT.items():
        part = [s for s in open_dataset(f"{name}={data / name}").split("train") if s.has_density]
        order = np.random.default_rng(0).permutation(len(part))
        learnt += [part[k] for k in order[:count]]
        judged += [part[k] for k in order[count : count + JUDGED[name]]]
    numbers = fit(observed(learnt), tuple(MODELS))
    card = {
        "name": "ensemble",
        "summary": "Boolean maps, self-resemblance and spectral residual, fused for the largest information gain.",
        "numbers": numbers,
        "data": {"fixations": "training parts of OSIE (150), DUT-OMRON (150), EyeCrowd (100), Scene (100)"},
        "on_other_training_pictures": worth(observed(judged, MODELS | {"gbvs": gbvs}), numbers),
        "limits": "free viewing of natural photographs for a few seconds; it knows no faces and no words",
        "terms": "MIT for these numbers. The pictures have their owners' terms; none of them is part of this file.",
        "license": "MIT",
    }
    with replacing(CARD) as temporary:
        temporary.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=1))


def observed(samples: Iterable[Sample], models: Mapping[str, Model] = MODELS) -> list[Pictures]:
    """The models' small maps of some pictures and the human densities in the same cells; by shape."""
    alike: dict[tuple[int, ...], list[tuple[dict[str, np.ndarray], np.ndarray]]] = {}
    for sample in track(list(samples), "maps"):
        parts = small_maps(sample.stimulus(), models)
        shape = next(iter(parts.values())).shape
        density = maps.to_density(maps.enlarge(sample.density(), (shape[0], shape[1])))
        alike.setdefault(shape, []).append((parts, density))
    return [
        ({name: np.stack([parts[name] for parts, _ in some]) for name in models}, np.stack([d for _, d in some]))
        for some in alike.values()
    ]


def fit(pictures: Sequence[Pictures], names: Sequence[str]) -> dict[str, Any]:
    """The numbers of `fused` under which people's fixations are likeliest; by L-BFGS within the bounds.

    Over the logarithms of the numbers, so that a step means the same for a blur of .03 as for a weight of 3.
    """
    start = [value for _ in names for value in (2 / len(names), 0.03, 1.0)] + [4.0, 4.0]
    bounds = [bound for _ in names for bound in BOUNDS.values()] + [CENTER, CENTER]
    with bar(0, "fitting") as shown:
        steps = 0

        def done(_: np.ndarray) -> None:
            nonlocal steps
            steps += 1
            shown.update(steps)

        found = minimize(
            lambda values: lost(pictures, unpacked(np.exp(values), names)), np.log(start), method="L-BFGS-B",
            bounds=np.log(bounds), callback=done, options={"maxiter": 100, "ftol": 1e-7},
        )  # fmt: skip
    return unpacked(np.exp(found.x), names, digits=4)


def unpacked(values: np.ndarray, names: Sequence[str], digits: int = 16) -> dict[str, Any]:
    """The optimizer's vector as the numbers of `fused`."""
    rounded = [round(float(value), digits) for value in values]
    each = len(BOUNDS)
    models = {name: dict(zip(BOUNDS, rounded[each * k : each * (k + 1)], strict=True)) for k, name in enumerate(names)}
    return {"models": models, "center_y": rounded[-2], "center_x": rounded[-1]}


def lost(pictures: Sequence[Pictures], numbers: Mapping[str, Any]) -> float:
    """What falls as the information gain rises: minus the mean log2 likelihood of the fixations, in bit a fixation."""
    gains = [
        (density * np.log2(np.maximum(fused(parts, numbers), 1e-300))).sum(axis=(1, 2)) for parts, density in pictures
    ]
    return -float(np.concatenate(gains).mean())


def worth(pictures: Sequence[Pictures], numbers: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Mean CC, NSS and KL of the small maps, of the fusion and of each model alone."""
    answers = {"ensemble": [fused(parts, numbers) for parts, _ in pictures]}
    answers |= {name: [parts[name] for parts, _ in pictures] for name in pictures[0][0]}
    scores: dict[str, dict[str, float]] = {}
    for name, given in answers.items():
        pairs = [pair for g, (_, d) in zip(given, pictures, strict=True) for pair in zip(g, d, strict=True)]
        scores[name] = {
            "cc": round(float(np.mean([metrics.cc(p, d) for p, d in pairs])), 4),
            "nss": round(float(np.mean([metrics.nss_density(p, d) for p, d in pairs])), 4),
            "kl_div": round(float(np.mean([metrics.kl_div(p, d) for p, d in pairs])), 4),
        }
    return scores


if __name__ == "__main__":
    main()
