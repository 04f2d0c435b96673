"""Training-free models. CLASSICAL names them; each is a predictor, (H, W, 3) uint8 -> (H, W) float32."""

from collections.abc import Callable
from functools import partial

import numpy as np

from wepsam.classical.bms import bms
from wepsam.classical.center_bias import CenterBias, center_gaussian
from wepsam.classical.covsal import covsal
from wepsam.classical.fes import fes
from wepsam.classical.gbvs import gbvs
from wepsam.classical.gnms import gnms
from wepsam.classical.image_signature import image_signature
from wepsam.classical.lgs import lgs
from wepsam.classical.narfi import narfi
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
}

__all__ = [
    "CLASSICAL",
    "CenterBias",
    "bms",
    "center_gaussian",
    "covsal",
    "fes",
    "gbvs",
    "gnms",
    "image_signature",
    "lgs",
    "narfi",
    "spectral_residual",
    "stc",
    "sun",
]
