"""Learn a readout of eDN's maps from where people looked: python -m learn.edn DATA

Adds "relearned" to bases/edn.npz, beside the readouts of its authors. `learn` says what DATA is. Takes five minutes of
one core.
"""

import numpy as np

from learn import data
from learn.judd import sampled_places
from wepsam import maps
from wepsam.classical.edn import features
from wepsam.datasets import Sample
from wepsam.files import replacing
from wepsam.progress import track

PICTURES = {"osie": 60, "dut_omron": 50, "eyecrowd": 40, "scene": 40}  # of each training part
PER_PICTURE = 80  # positive positions, and as many negative ones
MARGIN = 2  # positions of the grid to the border
C = 1e-4  # of the support vector machine


def main() -> None:
    folder = data.folder(__doc__, "DATA")
    rng = np.random.default_rng(0)
    pictures = [
        sample for name, count in PICTURES.items() for sample in data.some_training_pictures(name, folder, count, rng)
    ]
    examples = [places_of(sample, rng) for sample in track(pictures, "features")]
    samples, positive = (np.concatenate(arrays) for arrays in zip(*examples, strict=True))
    readout, accuracy = fit(samples, positive)
    path = data.CONSTANTS / "edn.npz"
    with np.load(path) as before, replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **dict(before) | {"relearned": readout.astype(np.float32)})
    print(f"{len(samples)} positions of {len(pictures)} pictures, {accuracy:.3f} of them on the right side")


def places_of(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(160, 833) features of some positions of a picture, and (160,) whether each is positive."""
    values = features(sample.stimulus())
    density = maps.enlarge(sample.density(), values.shape[1:])
    places, positive = sampled_places(density, rng, PER_PICTURE, MARGIN)
    return values.reshape(len(values), -1)[:, places].T, positive


def fit(samples: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, float]:
    """A linear support vector machine on features brought to mean 0 and variance 1.

    Args:
        samples: (N, 833).
        positive: (N,) bool.

    Returns:
        (3, 833) weights, means and deviations, and the share of samples on the right side. The machine's bias is left
        out, because a map is stretched.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    try:
        from sklearn.svm import LinearSVC
    except ModuleNotFoundError as error:
        raise ImportError(f"learning needs {error.name}: pip install 'wepsam[train]'") from None
    means, deviations = samples.mean(axis=0), np.maximum(samples.std(axis=0), 1e-8)
    white = (samples - means) / deviations
    machine = LinearSVC(C=C, dual=False).fit(white, positive)  # the primal problem: no random numbers
    return np.array([machine.coef_[0], means, deviations]), float(machine.score(white, positive))


if __name__ == "__main__":
    main()
