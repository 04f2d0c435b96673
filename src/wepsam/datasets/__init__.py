"""Fixation datasets: one reader for each public one, all giving the same two dataclasses."""

from wepsam.datasets.about import ABOUT, About
from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.datasets.check import check
from wepsam.datasets.figrim import figrim
from wepsam.datasets.gaze import find_fixations
from wepsam.datasets.isun import isun
from wepsam.datasets.mit1003 import mit1003
from wepsam.datasets.nus import eyecrowd, osie, scene
from wepsam.datasets.objects import dut_omron, pascal_s
from wepsam.datasets.own import pictures_with_csv, pictures_with_maps
from wepsam.datasets.point_maps import cat2000, toronto
from wepsam.datasets.salicon import salicon
from wepsam.datasets.table import DATASETS, open_dataset, read_dataset

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
