"""The metrics of each protocol by name, and all of them at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from wepsam.metrics._inputs import is_mit, ranked
from wepsam.metrics._prepared import MapLike
from wepsam.metrics.auc import auc_borji, auc_density, auc_judd, auc_shuffled
from wepsam.metrics.distribution import cc, kl_div, sim
from wepsam.metrics.fixation import info_gain, nss, nss_density
from wepsam.metrics.transport import emd


@dataclass(frozen=True)
class Metric:
    """A metric by name.

    Attributes:
        function: takes the saliency map and then the arguments in `needs`.
        needs: names of the arguments after the saliency map, in order.
        higher_is_better: whether a higher score means a better prediction.
    """

    function: Callable[..., float]
    needs: tuple[str, ...]
    higher_is_better: bool = True


# `mit`: the code of the MIT Saliency Benchmark, which papers up to about 2018 report. `tuebingen`: its successor, the
# MIT/Tuebingen board, which scores with pysaliency. docs/explanation/metrics.md explains the effect on each number.
PROTOCOLS: dict[str, dict[str, Metric]] = {
    "mit": {
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
    },
    "tuebingen": {
        "auc_judd": Metric(partial(auc_judd, protocol="tuebingen"), ("fixations",)),
        "auc_shuffled": Metric(partial(auc_shuffled, protocol="tuebingen"), ("fixations", "other_fixations")),
        "nss": Metric(partial(nss, protocol="tuebingen"), ("fixations",)),
        "info_gain": Metric(partial(info_gain, protocol="tuebingen"), ("fixations", "baseline")),
        "cc": Metric(cc, ("density",)),
        "sim": Metric(partial(sim, protocol="tuebingen"), ("density",)),
        "kl_div": Metric(kl_div, ("density",), higher_is_better=False),
        "nss_density": Metric(partial(nss_density, protocol="tuebingen"), ("density",)),
        "auc_density": Metric(auc_density, ("density",)),
    },
}
"""The metrics of each protocol, by their names."""
METRICS = PROTOCOLS["mit"]
"""The metrics of the protocol `mit`, the default."""
# In both protocols, but computed only on request: it takes longer than all the others together, and needs POT.
ON_REQUEST = {"emd": Metric(emd, ("density",), higher_is_better=False)}
"""Metrics of both protocols that are computed only if they are asked for."""


def score(
    saliency_map: MapLike,
    *,
    fixations: np.ndarray | None = None,
    density: MapLike | None = None,
    other_fixations: np.ndarray | None = None,
    baseline: MapLike | None = None,
    protocol: str = "mit",
    metrics: Iterable[str] | None = None,
) -> dict[str, float]:
    """All scores of a saliency map that the given truth allows; each equals the result of its own function.

    Several times faster than calling the functions one after the other, because shared work is done once.

    Args:
        saliency_map: (H, W) prediction, finite, >= 0.
        fixations: (N, 2) points as (x, y) pixels of this map; None = unknown.
        density: (H, W) density of the fixations, >= 0; None = unknown.
        other_fixations: (M, 2) points of other pictures, scaled to this picture's size; None = unknown.
        baseline: (H, W) map to beat, usually the center bias; None = unknown.
        protocol: `mit` or `tuebingen`, see `PROTOCOLS`.
        metrics: names of metrics, which may include `emd`. None = all metrics of the protocol whose truth is given;
            `nss_density` and `auc_density`, which stand in for missing points, only without fixations.

    Returns:
        Scores by name, in the order of the table or of `metrics`; NaN for a requested metric without its truth.

    Raises:
        ValueError: as in the single functions; or there is no such protocol, or no such metric in it.

    Examples:
        >>> import numpy as np
        >>> scores = score(np.array([[0, 2], [0, 2]]), fixations=np.array([[1, 0]]))
        >>> {name: round(value, 3) for name, value in scores.items()}
        {'auc_judd': 0.917, 'auc_borji': 0.75, 'nss': 0.866}
    """
    is_mit(protocol)  # refuses an unknown protocol
    table = PROTOCOLS[protocol] | ON_REQUEST
    prediction = ranked(saliency_map)
    truth = {
        "fixations": fixations,
        "density": None if density is None else ranked(density, "density"),
        "other_fixations": other_fixations,
        "baseline": None if baseline is None else ranked(baseline, "baseline"),
    }
    if metrics is None:
        metrics = [
            name
            for name, metric in PROTOCOLS[protocol].items()
            if all(truth[need] is not None for need in metric.needs)
            and not (name.endswith("_density") and fixations is not None)
        ]
    scores = {}
    for name in metrics:
        if name not in table:
            raise ValueError(f"no metric {name!r} in the protocol {protocol!r}; there are {', '.join(table)}")
        arguments = [truth[need] for need in table[name].needs]
        known = all(argument is not None for argument in arguments)
        scores[name] = float(table[name].function(prediction, *arguments)) if known else float("nan")
    return scores
