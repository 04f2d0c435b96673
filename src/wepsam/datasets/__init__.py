"""Fixation datasets: one reader for each public one, all giving the same two dataclasses."""

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.datasets.readers import (
    DATASETS,
    dut_omron,
    eyecrowd,
    open_dataset,
    osie,
    pictures_with_csv,
    pictures_with_maps,
    scene,
)

__all__ = [
    "DATASETS",
    "DatasetError",
    "FixationDataset",
    "Sample",
    "dut_omron",
    "eyecrowd",
    "open_dataset",
    "osie",
    "pictures_with_csv",
    "pictures_with_maps",
    "scene",
]
