"""Learn LGS' dictionaries, in which patches of natural photographs are sparse: python -m learn.lgs PHOTOS

Writes bases/lgs.npz. `learn` says what PHOTOS is.
"""

import numpy as np

from learn import data
from wepsam.classical.lgs import SIDE, channels, mirrored, patches, sparse_codes
from wepsam.progress import track

ATOMS = 32  # for each channel, without their mirror images
ROUNDS = 25  # of learning a dictionary
PER_PHOTO = 16  # patches


def main() -> None:
    photos = data.photographs(data.folder(__doc__, "PHOTOS"))
    data.save("lgs", **dictionaries(photos, np.random.default_rng(0)))


def dictionaries(photos: list[np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A dictionary for each of the six channels, and the standard deviation of each over all photographs.

    Returns:
        "atoms" (6, 32, 8, 8), "scales" (6,).
    """
    samples = np.concatenate([data.patches_of(p, SIDE, PER_PHOTO, rng) for p in photos])
    picture = np.rint(samples * 255).astype(np.uint8).reshape(-1, SIDE, 3)  # all patches, one below the other
    planes = channels(picture)
    scales = planes.std(axis=(1, 2))
    examples = [patches(plane / scale) for plane, scale in zip(planes, scales, strict=True)]
    atoms = [dictionary(channel, ATOMS, rng) for channel in track(examples, "dictionaries")]
    return {"atoms": np.array(atoms), "scales": scales}


def dictionary(examples: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 8, 8) atoms that, with their mirror images, code the (N, 64) patches sparsely; of mean 0 and norm 1.

    The method of optimal directions: code all patches, then take the atoms that suit these codes best, by least
    squares. The mirror images of one atom are averaged, and an atom that no code uses starts again as a patch.
    """
    examples = examples - examples.mean(axis=1, keepdims=True)
    varied = examples[examples.std(axis=1) > examples.std()]
    starts = varied[rng.integers(len(varied), size=(ROUNDS + 1) * count)].reshape(ROUNDS + 1, count, SIDE, SIDE)
    atoms = _unit(starts[0])
    for fresh in starts[1:]:
        images = mirrored(atoms)
        codes = sparse_codes(examples, images)
        best = np.linalg.solve(codes.T @ codes + 1e-3 * np.eye(len(images)), codes.T @ examples)
        same, across, down, turned = best.reshape(4, count, SIDE, SIDE)
        averaged = (same + across[..., ::-1] + down[..., ::-1, :] + turned[..., ::-1, ::-1]) / 4
        used = np.abs(codes).sum(axis=0).reshape(4, count).sum(axis=0) > 0
        atoms = _unit(np.where(used[:, None, None], averaged, fresh))
    return atoms


def _unit(atoms: np.ndarray) -> np.ndarray:
    return (atoms / np.linalg.norm(atoms, axis=(1, 2), keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    main()
