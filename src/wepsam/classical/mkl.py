"""MKL: a kernel on each group of features, weighed by multiple kernel learning, in the spirit of Kavak et al.

Kavak, Erdem, Erdem, "Visual Saliency Estimation by Integrating Features Using Multiple Kernel Learning", ICCV workshop
2013 (arXiv 1307.5693).

From the publication: Judd's features and the responses of object detectors as groups, one kernel a group, the kernels
combined by multiple kernel learning; pixels sampled as Judd does. Its kernels, solver and weights were not available,
and neither were its detectors (ObjectBank). So this is its method on other groups, not a reproduction.

Ours: six groups of Judd's features as `judd` has them, without its detectors; in ObjectBank's place, the class
responses of a network that has learned to name the objects of ImageNet's photographs (`class_responses`). RBF kernels
of the features at variance 1, approximated on 100 landmarks a group (Nystroem); the weights of the groups by the group
lasso, and other training pictures (learn/mkl.py). The features live at 100x100. Each pixel gets the machine's decision;
the map is blurred a little and stretched, as Judd's is. A diagonal and its mirror image count alike, and the network
sees the picture and its mirror image, so a mirrored picture has the mirrored map but for Itti's channels. Upside down
it has another one: the network knows which way up things stand.

On MIT300 the authors' model has AUC-Judd .78, SIM .42, CC .42, NSS 1.08, KL 1.10, and Judd's has .81, .42, .47, 1.18,
1.12. On OSIE's validation pictures this model has .86, .40, .48, 1.40, 1.13, and `judd` has .81, .37, .40, 1.19, 1.29:
it is ahead where the authors' is behind. Most of that comes from the class responses (docs/reference/classical.md), so
these scores say little about theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, uniform
from wepsam.classical.class_responses import class_responses
from wepsam.classical.judd import FEATURES, ORIENTATIONS, SCALES
from wepsam.classical.judd import SIDE as JUDD_SIDE
from wepsam.classical.judd import features as judd_features

SIDE = JUDD_SIDE // 2  # pixels at which features live: each is the mean of 2x2 of Judd's
BLUR = 2.0  # pixels
CHUNK = 2_000  # pixels whose kernels are in memory at a time
FILE = Path(__file__).parent / "bases/mkl.npz"
CARD = FILE.with_suffix(".json")  # the weights of the groups, the data they are from, scores beside other machines
CLASSES = "classes"
GROUPS: dict[str, tuple[str, ...]] = {  # of Judd's features; the last group is CLASSES
    "subbands": tuple(name for name in FEATURES if name == "highpass" or name.startswith("band ")),
    "itti": tuple(name for name in FEATURES if name.startswith("itti ")),
    "torralba": ("rarity of bands",),
    "color": ("red", "green", "blue"),
    "rarity of color": tuple(name for name in FEATURES if name.startswith("rarity of") and name != "rarity of bands"),
    "center": ("distance to center",),
}


@dataclass(frozen=True)
class Kernel:
    """What is learned of one group of d features.

    Attributes:
        means: (d,) of the features.
        deviations: (d,) by which they are divided.
        landmarks: (n, d) of such features.
        weights: (n,) of the landmarks' kernels exp(-|x - landmark|² / d).
    """

    means: np.ndarray
    deviations: np.ndarray
    landmarks: np.ndarray
    weights: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """(N, d) features -> (N,) what the group adds to the decision."""
        x, z = within((features - self.means) / self.deviations, self.landmarks), self.landmarks
        squares = (x**2).sum(axis=1)[:, None] + (z**2).sum(axis=1) - 2 * x @ z.T
        return np.asarray(np.exp(-np.maximum(squares, 0) / z.shape[1]) @ self.weights)


def within(features: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Features beyond all landmarks moved to the end of their range: no kernel knows what is further out."""
    return np.clip(features, landmarks.min(axis=0), landmarks.max(axis=0))


def mkl(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map by kernels on groups of features.

    A picture of one color gets what the model has learned about the center.
    """
    scores = decision(features(checked(stimulus)), learned())
    return finished(maps.blur(scores.reshape(SIDE, SIDE), BLUR), (stimulus.shape[0], stimulus.shape[1]))


def features(stimulus: np.ndarray) -> dict[str, np.ndarray]:
    """By group, (10000, d) float32: a row for each pixel of the picture at 100x100."""
    full = judd_features(stimulus)
    small = full.reshape(len(full), SIDE, 2, SIDE, 2).mean(axis=(2, 4))
    by_name = dict(zip(FEATURES, small, strict=True))
    # Both diagonals change places in the mirror image; the smaller and the larger of the two do not.
    for scale in range(1, SCALES + 1):
        one, other = (f"band {scale} {180 * k // ORIENTATIONS}" for k in (1, 3))
        pair = by_name[one], by_name[other]
        by_name[one], by_name[other] = np.minimum(*pair), np.maximum(*pair)
    groups = {group: np.array([by_name[name] for name in names]) for group, names in GROUPS.items()}
    responses = class_responses(stimulus)
    if uniform(stimulus):  # there is no object, and the network would see its own border
        responses[...] = 0
    groups[CLASSES] = np.array([maps.enlarge(response, (SIDE, SIDE)) for response in responses])
    return {group: channels.reshape(len(channels), -1).T for group, channels in groups.items()}


def decision(groups: Mapping[str, np.ndarray], kernels: Mapping[str, Kernel]) -> np.ndarray:
    """(N,) the sum over the groups, from (N, d) features of each; the higher, the more it looks looked-at."""
    parts = range(0, len(next(iter(groups.values()))), CHUNK)
    return np.concatenate(
        [sum(kernel(groups[group][at : at + CHUNK]) for group, kernel in kernels.items()) for at in parts]
    )


@cache
def learned() -> dict[str, Kernel]:
    """The kernels that learn/mkl.py learned, by group."""
    return read(FILE)


def read(path: Path) -> dict[str, Kernel]:
    """The kernels in a file of arrays, GROUP/FIELD each.

    Raises:
        ValueError: an array is no array of numbers but a pickle, which could run code.
        KeyError: an array is missing.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return {
            group: Kernel(**{field.name: arrays[f"{group}/{field.name}"] for field in fields(Kernel)})
            for group in (*GROUPS, CLASSES)
        }
