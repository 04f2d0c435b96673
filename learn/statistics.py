"""Learn what SUN and LGS take from natural pictures: filters with their statistics, and dictionaries of patches.

    python -m learn.statistics PHOTOS     # a folder of photographs

What is committed was learned from the photographs of the NIPS 2017 adversarial-attacks development set (CC-BY 2.0),
with 144 pixels on the shorter side. No photograph or part of one is in it.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from learn.bases import BASES, independent_filters, patches_of
from wepsam.classical.lgs import SIDE as LGS_SIDE
from wepsam.classical.lgs import channels, mirrored, patches, sparse_codes
from wepsam.classical.sun import SIDE as SUN_SIDE
from wepsam.classical.sun import generalized_gaussian
from wepsam.files import replacing
from wepsam.images import read_image

VARIANCE = 0.99  # of the patches, kept for SUN's filters
ATOMS = 32  # for each channel of LGS, without their mirror images
ROUNDS = 25  # of learning a dictionary
PER_PHOTO = 64


def main() -> None:
    paths = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".jpg", ".png"))
    photos = [read_image(path) for path in paths]
    save("sun", **sun_statistics(photos, np.random.default_rng(0)))
    save("lgs", **lgs_dictionaries(photos, np.random.default_rng(0)))


def sun_statistics(photos: list[np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Filters by ICA, and the generalized Gaussian of each one's responses to patches that it was not learned from."""

    def sample() -> np.ndarray:
        contrast = [patches_of(p, SUN_SIDE, PER_PHOTO, rng) * (255 / max(p.std(), 1)) for p in photos]
        return np.concatenate(contrast).astype(np.float32)

    learned_from = sample()
    learned_from -= learned_from.mean(axis=1, keepdims=True)  # filters do not respond to what is uniformly gray
    filters = independent_filters(learned_from, VARIANCE, rng)
    scales, shapes = generalized_gaussian(sample() @ filters.T.astype(np.float32))
    return {"filters": filters.reshape(-1, SUN_SIDE, SUN_SIDE, 3), "scales": scales, "shapes": shapes}


def lgs_dictionaries(photos: list[np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A dictionary for each of the six channels, and the standard deviation of each over all photographs."""
    samples = np.concatenate([patches_of(p, LGS_SIDE, PER_PHOTO // 4, rng) for p in photos])
    pictures = np.rint(samples * 255).astype(np.uint8).reshape(-1, LGS_SIDE, 3)  # patches below each other
    planes = channels(pictures)
    scales = planes.std(axis=(1, 2))
    atoms = [dictionary(patches(plane / scale), ATOMS, rng) for plane, scale in zip(planes, scales, strict=True)]
    return {"atoms": np.array(atoms), "scales": scales}


def dictionary(examples: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 8, 8) atoms that, with their mirror images, code the (N, 64) patches sparsely; of mean 0 and norm 1.

    The method of optimal directions: code all patches, then take the atoms that suit these codes best, by least
    squares. Images of one atom are averaged, and an atom that nothing uses begins anew as a patch.
    """
    examples = examples - examples.mean(axis=1, keepdims=True)
    varied = examples[examples.std(axis=1) > examples.std()]
    anew = varied[rng.integers(len(varied), size=(ROUNDS + 1) * count)].reshape(ROUNDS + 1, count, LGS_SIDE, LGS_SIDE)
    atoms = unit(anew[0])
    for fresh in anew[1:]:
        images = mirrored(atoms)
        codes = sparse_codes(examples, images)
        best = np.linalg.solve(codes.T @ codes + 1e-3 * np.eye(len(images)), codes.T @ examples)
        same, across, down, turned = best.reshape(4, count, LGS_SIDE, LGS_SIDE)
        averaged = (same + across[..., ::-1] + down[..., ::-1, :] + turned[..., ::-1, ::-1]) / 4
        used = np.abs(codes).sum(axis=0).reshape(4, count).sum(axis=0) > 0
        atoms = unit(np.where(used[:, None, None], averaged, fresh))
    return atoms


def unit(atoms: np.ndarray) -> np.ndarray:
    return (atoms / np.linalg.norm(atoms, axis=(1, 2), keepdims=True)).astype(np.float32)


def save(name: str, **arrays: np.ndarray) -> None:
    halves: dict[str, Any] = {key: values.astype(np.float16) for key, values in arrays.items()}
    BASES.mkdir(exist_ok=True)
    with replacing(BASES / f"{name}.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **halves)
    print(f"{name}: " + ", ".join(f"{key} {values.shape}" for key, values in arrays.items()))


if __name__ == "__main__":
    main()
