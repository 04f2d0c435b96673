"""Learn AIM's basis, filters of natural patches: python -m learn.aim PHOTOS

Writes bases/aim.npy. `learn` says what PHOTOS is.
"""

import numpy as np

from learn import data
from learn.ica import independent_filters
from wepsam.classical.aim import SIDE
from wepsam.files import replacing

VARIANCE = 0.95  # share of the patches' variance that PCA keeps
PER_PHOTO = 64  # patches


def main() -> None:
    photos = data.photographs(data.folder(__doc__, "PHOTOS"))
    rng = np.random.default_rng(0)
    patches = np.concatenate([data.patches_of(photo, SIDE, PER_PHOTO, rng) for photo in photos])
    filters = independent_filters(patches, VARIANCE, rng)
    data.CONSTANTS.mkdir(exist_ok=True)
    with replacing(data.CONSTANTS / "aim.npy") as temporary, open(temporary, "wb") as file:
        np.save(file, filters.reshape(-1, SIDE, SIDE, 3).astype(np.float16))
    print(f"{len(filters)} filters from {len(patches)} patches of {len(photos)} photographs")


if __name__ == "__main__":
    main()
