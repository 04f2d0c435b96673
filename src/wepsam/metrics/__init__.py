"""How well a saliency map predicts fixations. The prediction comes first, the truth second.

All functions follow the protocol `mit`: the MIT Saliency Benchmark's code, one count per fixated pixel.

    for name, metric in METRICS.items():
        score = metric.function(saliency_map, *(truth[need] for need in metric.needs))
"""

from collections.abc import Callable
from dataclasses import dataclass

from wepsam.metrics.auc import auc_borji, auc_density, auc_judd, auc_shuffled
from wepsam.metrics.distribution import cc, kl_div, sim
from wepsam.metrics.fixation import info_gain, nss, nss_density

__all__ = [
    "METRICS",
    "Metric",
    "auc_borji",
    "auc_density",
    "auc_judd",
    "auc_shuffled",
    "cc",
    "info_gain",
    "kl_div",
    "nss",
    "nss_density",
    "sim",
]


@dataclass(frozen=True)
class Metric:
    """A metric, and what it needs after the saliency map: the names of its arguments, in order."""

    function: Callable[..., float]
    needs: tuple[str, ...]
    higher_is_better: bool = True


# Protocol `mit`; another protocol is another table of the same kind.
METRICS = {
    "auc_judd": Metric(auc_judd, ("fixations",)),
    "auc_borji": Metric(auc_borji, ("fixations",)),
    "auc_shuffled": Metric(auc_shuffled, ("fixations", "other_fixations")),
    "nss": Metric(nss, ("fixations",)),
    "info_gain": Metric(info_gain, ("fixations", "baseline")),
    "cc": Metric(cc, ("density",)),
    "sim": Metric(sim, ("density",)),
    "kl_div": Metric(kl_div, ("density",), higher_is_better=False),
    "nss_density": Metric(nss_density, ("density",)),
    "auc_density": Metric(auc_density, ("density",)),
}
