"""SJTU-TIS and EMOd, in the form of your own data: two more laboratories to learn from and to be judged by."""

from pathlib import Path

from wepsam.datasets.base import FixationDataset
from wepsam.datasets.readers.own import pictures_with_csv, pictures_with_maps
from wepsam.datasets.reading import Folder


def sjtu(folder: Folder) -> FixationDataset:
    """SJTU-TIS in its condition "pure": pictures of MS COCO, seen freely and without a text.

    Args:
        folder: with `stimuli/*.jpg` and `fixations.csv` (image, x, y; one row per fixated pixel).

    Returns:
        Samples without observers, which the dataset pools. sigma is 3 % of the longer side, because the dataset does
        not state it.

    Raises:
        DatasetError: something is missing.

    References:
        Sun, Min, Duan, Zhai, "How is visual attention influenced by text guidance? Database and model", 2024.
    """
    return pictures_with_csv(folder, name="sjtu", pooled=True)


def emod(folder: Folder) -> FixationDataset:
    """EMOd: pictures that stir emotions, seen freely.

    Args:
        folder: with `images/*.jpg` and densities of the same names in `maps/`.

    Returns:
        Samples with densities only.

    Raises:
        DatasetError: something is missing.

    References:
        Fan et al., "Emotional attention: a study of image sentiment and visual attention", CVPR 2018.
    """
    return pictures_with_maps(Path(folder) / "images", Path(folder) / "maps", name="emod")
