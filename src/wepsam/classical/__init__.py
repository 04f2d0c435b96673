"""Models without a network. CLASSICAL names them; each is a predictor, (H, W, 3) uint8 -> (H, W) float32."""

from collections.abc import Callable
from functools import partial

import numpy as np

from wepsam.classical.aim import aim
from wepsam.classical.bms import bms
from wepsam.classical.cas import cas
from wepsam.classical.center_bias import CenterBias, center_gaussian
from wepsam.classical.ciw import ciw
from wepsam.classical.covsal import covsal
from wepsam.classical.ensemble import ensemble
from wepsam.classical.fes import fes
from wepsam.classical.gao import gao
from wepsam.classical.gbvs import gbvs
from wepsam.classical.gnms import gnms
from wepsam.classical.image_signature import image_signature
from wepsam.classical.itti import itti, itti_1998
from wepsam.classical.judd import judd
from wepsam.classical.lgs import lgs
from wepsam.classical.narfi import narfi
from wepsam.classical.rare2012 import rare2012
from wepsam.classical.sdsr import sdsr
from wepsam.classical.spectral_residual import spectral_residual
from wepsam.classical.stc import stc
from wepsam.classical.sun import sun

CLASSICAL: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "gbvs": gbvs,
    "gbvs-128": partial(gbvs, size=128),  # the paper's teacher
    "gbvs-256": partial(gbvs, size=256),
    "gbvs-512": partial(gbvs, size=512),
    "gbvs-graph": partial(gbvs, normalization="graph"),  # the 2006 paper's second chain, instead of a power
    "bms": bms,
    "image_signature": image_signature,
    "spectral_residual": spectral_residual,
    "covsal": covsal,
    "fes": fes,
    "sun": sun,
    "lgs": lgs,
    # in the spirit of publications that are hardly documented
    "gnms": gnms,
    "narfi": narfi,
    "stc": stc,
    "center-gaussian": center_gaussian,
    "itti": itti,
    "itti-1998": itti_1998,
    "aim": aim,
    "sdsr": sdsr,
    "rare2012": rare2012,
    "rare2012-raw": partial(rare2012, centered=False),  # without blur and centering: the one that the paper quotes
    "ciw": ciw,
    "cas": cas,
    "gao": gao,
    "ensemble": ensemble,
    "judd": judd,
}

# Those that have learnt where people look, and from the training parts of which datasets: on these they must not be
# scored, nor the shipped weights. The others are training-free.
FITTED: tuple[str, ...] = ("ensemble", "judd")
LEARNT_FROM = ("osie", "dut_omron", "eyecrowd", "scene")

__all__ = [
    "CLASSICAL",
    "FITTED",
    "LEARNT_FROM",
    "CenterBias",
    "aim",
    "bms",
    "cas",
    "center_gaussian",
    "ciw",
    "covsal",
    "ensemble",
    "fes",
    "gao",
    "gbvs",
    "gnms",
    "image_signature",
    "itti",
    "itti_1998",
    "judd",
    "lgs",
    "narfi",
    "rare2012",
    "sdsr",
    "spectral_residual",
    "stc",
    "sun",
]
