"""Learn the weights of Judd's model from where people looked. They are committed; this made them.

    python -m learn.judd DATA     # a folder with the datasets osie, dut_omron, eyecrowd and scene

Pictures come from the training parts alone, so that the validation parts stay fit for scoring. Two minutes of one core.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from learn.bases import BASES
from wepsam import maps
from wepsam.classical.judd import FEATURES, SIDE, features
from wepsam.datasets import Sample, read_dataset
from wepsam.files import replacing
from wepsam.progress import track

PICTURES = {"osie": 500, "dut_omron": 500, "eyecrowd": 500, "scene": 500}
PER_PICTURE = 10  # positive pixels, and as many negative ones
TOP, BOTTOM = 0.2, 0.7  # shares of the picture from which these come
MARGIN = 10  # pixels of the 200 to the border
C = 1.0  # of the support vector machine


def main() -> None:
    rng = np.random.default_rng(0)
    pictures = [sample for name in PICTURES for sample in chosen(name, Path(sys.argv[1]) / name, rng)]
    examples = [pixels_of(sample, rng) for sample in track(pictures, "features")]
    samples, positive = (np.concatenate(arrays) for arrays in zip(*examples, strict=True))
    # So that a mirrored picture has a mirrored map.
    model = fit(np.concatenate([samples, mirrored(samples)]), np.tile(positive, 2))
    model |= {"pictures": PICTURES, "pixels": len(samples)}
    with replacing(BASES / "judd.json") as temporary:
        temporary.write_text(json.dumps(model, indent=1) + "\n")
    print(f"{len(samples)} pixels of {len(pictures)} pictures, {model['accuracy']:.3f} of them on the right side")
    for name, (_, _, weight) in sorted(model["features"].items(), key=lambda feature: -abs(feature[1][2])):
        print(f"{weight:+.3f} {name}")


def chosen(name: str, folder: Path, rng: np.random.Generator) -> list[Sample]:
    """As many training pictures of a dataset as PICTURES says, or all of them."""
    samples = [sample for sample in read_dataset(name, folder).split("train") if sample.has_density]
    picked = rng.permutation(len(samples))[: PICTURES[name]]
    return [samples[i] for i in sorted(picked)]


def pixels_of(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(20, 29) features of pixels of one picture, and whether each is positive."""
    places, positive = drawn(maps.enlarge(sample.density(), (SIDE, SIDE)), rng)
    return features(sample.stimulus()).reshape(len(FEATURES), -1)[:, places].T, positive


def drawn(density: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of 10 pixels from the most looked-at fifth of a density, then 10 from the least looked-at 70 %.

    The tenth in between is unclear, and left out, as is the border. Fewer than 10, where a density is so narrow that
    there are fewer.

    Returns:
        Two arrays of the same length: indices into the flattened density, and whether each is positive.
    """
    inside = np.zeros(density.shape, bool)
    inside[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    above, below = np.quantile(density, [1 - TOP, BOTTOM])
    # A density can be 0 nearly everywhere: then the quantile is 0, and only what is above it was looked at.
    sides = [np.flatnonzero(inside & side) for side in (density > above, density <= below)]
    picked = [rng.choice(side, min(PER_PICTURE, len(side)), replace=False) for side in sides]
    return np.concatenate(picked), np.repeat([True, False], [len(side) for side in picked])


def mirrored(samples: np.ndarray) -> np.ndarray:
    """The same pixels, (N, 29), in the mirror images of their pictures: what rises there falls here, no more."""

    def image(name: str) -> str:
        return name.replace(" 45", " 135") if " 45" in name else name.replace(" 135", " 45")

    return samples[:, [FEATURES.index(image(name)) for name in FEATURES]]


def fit(samples: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    """A linear support vector machine on features brought to mean 0 and variance 1.

    Args:
        samples: (N, 29), in the order of FEATURES.
        positive: (N,) bool.

    Returns:
        What bases/judd.json holds: [mean, deviation, weight] by feature, the bias, the share of samples on the right
        side.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    try:
        from sklearn.svm import LinearSVC
    except ModuleNotFoundError as error:
        raise ImportError(f"learning needs {error.name}: pip install 'wepsam[train]'") from None
    samples = samples.astype(np.float64)
    means, deviations = samples.mean(axis=0), samples.std(axis=0)
    white = (samples - means) / deviations
    machine = LinearSVC(C=C, dual=False).fit(white, positive)  # the primal problem: no random numbers
    table = np.column_stack([means, deviations, machine.coef_[0]])
    return {
        "features": {name: [float(f"{x:.6g}") for x in row] for name, row in zip(FEATURES, table, strict=True)},
        "bias": float(f"{machine.intercept_[0]:.6g}"),
        "accuracy": round(float(machine.score(white, positive)), 4),
    }


if __name__ == "__main__":
    main()
