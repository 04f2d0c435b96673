"""Fixation datasets: one reader for each public dataset, and two for your own. All give the same two dataclasses."""

from wepsam.datasets.about import ABOUT, About
from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.by_name import DATASETS, open_dataset, read_dataset
from wepsam.datasets.checking import check
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.gaze import find_fixations
from wepsam.datasets.readers.figrim import figrim
from wepsam.datasets.readers.isun import isun
from wepsam.datasets.readers.mit1003 import mit1003
from wepsam.datasets.readers.nus import eyecrowd, osie, scene
from wepsam.datasets.readers.objects import dut_omron, pascal_s
from wepsam.datasets.readers.own import pictures_with_csv, pictures_with_maps
from wepsam.datasets.readers.point_maps import cat2000, toronto
from wepsam.datasets.readers.salicon import salicon

__all__ = [
    "ABOUT",
    "DATASETS",
    "About",
    "DatasetError",
    "FixationDataset",
    "Sample",
    "cat2000",
    "check",
    "dut_omron",
    "eyecrowd",
    "figrim",
    "find_fixations",
    "isun",
    "mit1003",
    "open_dataset",
    "osie",
    "pascal_s",
    "pictures_with_csv",
    "pictures_with_maps",
    "read_dataset",
    "salicon",
    "scene",
    "toronto",
]
