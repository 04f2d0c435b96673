"""Saliency models without a network. `CLASSICAL` names them.

The contract, which the single models do not repeat:

    model(stimulus, **settings) -> saliency map

    stimulus      (H, W, 3) uint8 RGB of any size, at least one pixel. Each model brings it to its own working size.
    settings      keywords, if the model has any. The defaults are those whose scores are published.
    saliency map  (H, W) float32 in [0, 1], finite, at the stimulus' size. The largest value is 1, or all are 0.

- A stimulus of one color has nothing salient: its map is all zeros. Models that learned from fixations (`FITTED`) then
  answer the center bias that they learned; `center_gaussian` looks at no pixel at all.
- The same stimulus always has the same map. A mirrored stimulus has the mirrored map, within the tolerances of
  tests/classical/test_laws.py.
- Every model is a module-level function, or a `partial` of one: it can be pickled.
- ValueError: the stimulus is not (H, W, 3) uint8. ImportError: a package is missing, and the message says which extra
  installs it.

`_frame` keeps this contract. Each module states at its head what is from the publication and what is ours.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from wepsam.classical.aim import aim
from wepsam.classical.bms import bms
from wepsam.classical.cas import cas
from wepsam.classical.center_bias import CenterBias
from wepsam.classical.center_gaussian import center_gaussian
from wepsam.classical.ciw import ciw
from wepsam.classical.covsal import covsal
from wepsam.classical.edn import edn
from wepsam.classical.ensemble import ensemble
from wepsam.classical.fes import fes
from wepsam.classical.gao import gao
from wepsam.classical.gbvs import gbvs
from wepsam.classical.gnms import gnms
from wepsam.classical.image_signature import image_signature
from wepsam.classical.itti import itti
from wepsam.classical.itti_1998 import itti_1998
from wepsam.classical.judd import judd
from wepsam.classical.lgs import lgs
from wepsam.classical.mkl import mkl
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
    "gbvs-graph": partial(gbvs, normalization="graph"),  # the second chain of the 2006 paper instead of a power
    "bms": bms,
    "image_signature": image_signature,
    "spectral_residual": spectral_residual,
    "covsal": covsal,
    "fes": fes,
    "sun": sun,
    "lgs": lgs,
    # in the spirit of publications whose text or program was not available
    "gnms": gnms,
    "narfi": narfi,
    "stc": stc,
    "mkl": mkl,
    "center-gaussian": center_gaussian,
    "itti": itti,
    "itti-1998": itti_1998,
    "aim": aim,
    "sdsr": sdsr,
    "rare2012": rare2012,
    "rare2012-raw": partial(rare2012, centered=False),  # without blur and centering; the paper quotes this one
    "ciw": ciw,
    "cas": cas,
    "gao": gao,
    "edn": edn,
    "ensemble": ensemble,
    "judd": judd,
}
"""All classical models by name; those with settings of their own as a `partial`."""

# The models that learned from fixations, and from which parts of which datasets, as `datasets.learned` reads it. All
# others are training-free. `judd` learned before a fifth of EyeCrowd and Scene was held out.
LEARNED_FROM: dict[str, dict[str, str]] = {
    "edn": {"mit1003": "all"},
    "ensemble": dict.fromkeys(("osie", "dut_omron", "eyecrowd", "scene", "sjtu", "salicon-densities", "emod"), "train"),
    "judd": {"osie": "train", "dut_omron": "train", "eyecrowd": "all", "scene": "all"},
    "mkl": {"osie": "train", "dut_omron": "train", "eyecrowd": "train", "scene": "train"},
}
"""By model, the part of each dataset that it has learned from."""
FITTED: tuple[str, ...] = tuple(LEARNED_FROM)
"""The models that learned from fixations; all others are training-free."""

__all__ = [
    "CLASSICAL",
    "FITTED",
    "LEARNED_FROM",
    "CenterBias",
    "aim",
    "bms",
    "cas",
    "center_gaussian",
    "ciw",
    "covsal",
    "edn",
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
    "mkl",
    "narfi",
    "rare2012",
    "sdsr",
    "spectral_residual",
    "stc",
    "sun",
]
