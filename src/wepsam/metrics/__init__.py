"""How well a saliency map predicts fixations. The prediction comes first, the truth second.

Where the field's programs compute different numbers under the same name, a function has a protocol: `mit`, the code of
the MIT Saliency Benchmark, or `tuebingen`, the code of its successor (pysaliency).

    nss(saliency_map, fixations, protocol="tuebingen")
    score(saliency_map, fixations=fixations, density=density)  # all metrics that this truth allows, by name
"""

from wepsam.metrics.auc import auc_borji, auc_density, auc_judd, auc_shuffled
from wepsam.metrics.distribution import cc, kl_div, sim
from wepsam.metrics.fixation import info_gain, nss, nss_density
from wepsam.metrics.protocols import METRICS, ON_REQUEST, PROTOCOLS, Metric, score
from wepsam.metrics.transport import emd

__all__ = [
    "METRICS",
    "ON_REQUEST",
    "PROTOCOLS",
    "Metric",
    "auc_borji",
    "auc_density",
    "auc_judd",
    "auc_shuffled",
    "cc",
    "emd",
    "info_gain",
    "kl_div",
    "nss",
    "nss_density",
    "score",
    "sim",
]
