"""Learn the weights of Judd's model from where people looked: python -m learn.judd DATA

Writes bases/judd.json. `learn` says what DATA is. Takes two minutes of one core.
"""

from pathlib import Path
from typing import Any

import numpy as np

from learn import data
from wepsam import maps
from wepsam.classical.judd import FEATURES, SIDE, features
from wepsam.datasets import Sample
from wepsam.files import write_json
from wepsam.progress import track

PICTURES = {"osie": 500, "dut_omron": 500, "eyecrowd": 500, "scene": 500}  # of each training part
PER_PICTURE = 10  # positive pixels, and as many negative ones
TOP, BOTTOM = 0.2, 0.7  # shares of the picture from which they come
MARGIN = 10  # pixels of the 200 to the border
C = 1.0  # of the support vector machine


def main() -> None:
    folder = data.folder(__doc__, "DATA")
    rng = np.random.default_rng(0)
    pictures = [sample for name in PICTURES for sample in some_pictures(name, folder, rng)]
    examples = [pixels_of(sample, rng) for sample in track(pictures, "features")]
    samples, positive = (np.concatenate(arrays) for arrays in zip(*examples, strict=True))
    # The mirror images take part, so that a mirrored picture has a mirrored map.
    model = fit(np.concatenate([samples, mirrored(samples)]), np.tile(positive, 2))
    write_json(data.CONSTANTS / "judd.json", model | {"pictures": PICTURES, "pixels": len(samples)})
    print(f"{len(samples)} pixels of {len(pictures)} pictures, {model['accuracy']:.3f} of them on the right side")
    for name, (_, _, weight) in sorted(model["features"].items(), key=lambda feature: -abs(feature[1][2])):
        print(f"{weight:+.3f} {name}")


def some_pictures(name: str, folder: Path, rng: np.random.Generator) -> list[Sample]:
    """As many random training pictures of a dataset as PICTURES says."""
    return data.some_training_pictures(name, folder, PICTURES[name], rng)


def pixels_of(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(20, 29) features of some pixels of a picture, and (20,) whether each is positive."""
    places, positive = sampled_places(maps.enlarge(sample.density(), (SIDE, SIDE)), rng)
    return features(sample.stimulus()).reshape(len(FEATURES), -1)[:, places].T, positive


def sampled_places(
    density: np.ndarray, rng: np.random.Generator, count: int = PER_PICTURE, margin: int = MARGIN
) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of pixels from the most looked-at fifth of a density, then of pixels from the least looked-at 70 %.

    The tenth in between is unclear and therefore left out, as is the border. A very narrow density may have fewer
    positive pixels; then all of them are taken.

    Args:
        density: (h, w) of a picture.
        rng: chooses the pixels.
        count: pixels on each side.
        margin: pixels of the border.

    Returns:
        Two arrays of the same length: indices into the flattened density, and whether each is positive.
    """
    inside = np.zeros(density.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    above, below = np.quantile(density, [1 - TOP, BOTTOM])
    # A density can be 0 nearly everywhere. Then the quantile is 0, and only pixels above it were looked at.
    sides = [np.flatnonzero(inside & side) for side in (density > above, density <= below)]
    places = [rng.choice(side, min(count, len(side)), replace=False) for side in sides]
    return np.concatenate(places), np.repeat([True, False], [len(side) for side in places])


def mirrored(samples: np.ndarray) -> np.ndarray:
    """(N, 29) features of the same pixels in the mirror images of their pictures: 45 and 135 degrees change places."""

    def image(name: str) -> str:
        """The feature whose place a feature takes in the mirror image."""
        return name.replace(" 45", " 135") if " 45" in name else name.replace(" 135", " 45")

    return samples[:, [FEATURES.index(image(name)) for name in FEATURES]]


def fit(samples: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    """A linear support vector machine on features brought to mean 0 and variance 1.

    Args:
        samples: (N, 29), in the order of FEATURES.
        positive: (N,) bool.

    Returns:
        The content of bases/judd.json: "features" with [mean, deviation, weight] by name, "bias", and "accuracy", the
        share of samples on the right side.

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
