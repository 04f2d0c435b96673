"""Training-free models. CLASSICAL names them; each is a predictor, (H, W, 3) uint8 -> (H, W) float32."""

from collections.abc import Callable
from functools import partial

import numpy as np

from wepsam.classical.aim import aim
from wepsam.classical.cas import cas
from wepsam.classical.center_bias import CenterBias, center_gaussian
from wepsam.classical.ciw import ciw
from wepsam.classical.gao import gao
from wepsam.classical.gbvs import gbvs
from wepsam.classical.itti import itti, itti_1998
from wepsam.classical.rare2012 import rare2012
from wepsam.classical.sdsr import sdsr

CLASSICAL: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "gbvs": gbvs,
    "gbvs-128": partial(gbvs, size=128),  # the paper's teacher
    "gbvs-256": partial(gbvs, size=256),
    "gbvs-512": partial(gbvs, size=512),
    "gbvs-graph": partial(gbvs, normalization="graph"),  # the 2006 paper's second chain, instead of a power
    "center-gaussian": center_gaussian,
    "itti": itti,
    "itti-1998": itti_1998,
    "aim": aim,
    "sdsr": sdsr,
    "rare2012": rare2012,
    "ciw": ciw,
    "cas": cas,
    "gao": gao,
}

__all__ = [
    "CLASSICAL",
    "CenterBias",
    "aim",
    "cas",
    "center_gaussian",
    "ciw",
    "gao",
    "gbvs",
    "itti",
    "itti_1998",
    "rare2012",
    "sdsr",
]
