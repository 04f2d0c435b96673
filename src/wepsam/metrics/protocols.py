"""The metrics of each protocol by name, and all of them at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from wepsam.metrics._inputs import as_map, is_mit
from wepsam.metrics._map import Map
from wepsam.metrics.auc import auc_borji, auc_density, auc_judd, auc_shuffled
from wepsam.metrics.distribution import cc, kl_div, sim
from wepsam.metrics.fixation import info_gain, nss, nss_density
from wepsam.metrics.transport import emd


@dataclass(frozen=True)
class Metric:
    """A metric, and what it needs after the saliency map: the names of its arguments, in order."""

    function: Callable[..., float]
    needs: tuple[str, ...]
    higher_is_better: bool = True


# `mit`: the MIT Saliency Benchmark's code, which the papers up to about 2018 report. `tuebingen`: its successor, the
# MIT/Tuebingen board, which scores with pysaliency. docs/metrics.md says what the difference does to each number.
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
METRICS = PROTOCOLS["mit"]
# Of both protocols, but only where asked for by name: it takes longer than all the others together, and needs POT.
ON_REQUEST = {"emd": Metric(emd, ("density",), higher_is_better=False)}


def score(
    saliency_map: np.ndarray | Map,
    *,
    fixations: np.ndarray | None = None,
    density: np.ndarray | Map | None = None,
    other_fixations: np.ndarray | None = None,
    baseline: np.ndarray | Map | None = None,
    protocol: str = "mit",
    metrics: Iterable[str] | None = None,
) -> dict[str, float]:
    """All the scores of a saliency map that the truth at hand allows; each is what its own function answers.

    Several times faster than one function after the other: what they share is computed once.

    Args:
        saliency_map: (H, W) prediction, finite, >= 0.
        fixations: (N, 2) points as (x, y) pixels of this map, or None: as the following, unknown.
        density: (H, W) density of the fixations, >= 0.
        other_fixations: (M, 2) points of other pictures, scaled to this picture's size.
        baseline: (H, W) map to beat, usually the center bias.
        protocol: `mit` or `tuebingen`, see `PROTOCOLS`.
        metrics: names of those wanted, `emd` among them. None = all of the protocol whose truth is given;
            `nss_density` and `auc_density`, which stand in where there are no points, only without fixations.

    Returns:
        Scores by name, in the order of the table or of `metrics`; NaN for one that is wanted but lacks its truth.

    Raises:
        ValueError: as the single functions; or there is no such protocol, or no such metric in it.
    """
    is_mit(protocol)  # which refuses any other than the two
    table = PROTOCOLS[protocol] | ON_REQUEST
    prediction = as_map(saliency_map)
    truth = {
        "fixations": fixations,
        "density": None if density is None else as_map(density, "density"),
        "other_fixations": other_fixations,
        "baseline": None if baseline is None else as_map(baseline, "baseline"),
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
