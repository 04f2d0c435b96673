"""Times pysaliency's metrics on the maps in a folder; run by `benchmarks.metrics` in an interpreter with pysaliency.

It calls the functions behind the methods of pysaliency's models (AUC, sAUC, NSS, CC, SIM, KL as on the board,
information gain), without the methods' own overhead. It imports nothing from wepsam and prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from pysaliency.metrics import CC, NSS, SIM, MIT_KLDiv, convert_saliency_map_to_density
from pysaliency.roc import general_rocs_per_positive

pictures = [np.load(path) for path in sorted(Path(sys.argv[1]).glob("*.npz"), key=lambda path: int(path.stem))]


def values_at(values, points):
    x, y = points.astype(int).T
    return values[y, x].astype(float)


def information_gain(p):
    model, baseline = (np.log(convert_saliency_map_to_density(p[m])) for m in ("saliency_map", "baseline"))
    return ((values_at(model, p["fixations"]) - values_at(baseline, p["fixations"])) / np.log(2)).mean()


metrics = {
    "auc_judd": lambda p: general_rocs_per_positive(
        values_at(p["saliency_map"], p["fixations"]), p["saliency_map"].flatten().astype(float)
    ).mean(),
    "auc_shuffled": lambda p: general_rocs_per_positive(
        values_at(p["saliency_map"], p["fixations"]), values_at(p["saliency_map"], p["other_fixations"])
    ).mean(),
    "nss": lambda p: NSS(p["saliency_map"], *p["fixations"].T).mean(),
    "info_gain": information_gain,
    "cc": lambda p: CC(p["saliency_map"], p["density"]),
    "sim": lambda p: SIM(p["saliency_map"], p["density"]),
    "kl_div": lambda p: MIT_KLDiv(p["saliency_map"], p["density"]),
}

pictures = [{name: p[name].astype(float) for name in p} for p in pictures]  # its maps are float64
seconds = {}
for name, metric in metrics.items():
    [metric(p) for p in pictures]
    durations = []
    for _ in range(7):
        begin = time.perf_counter()
        [metric(p) for p in pictures]
        durations.append(time.perf_counter() - begin)
    seconds[name] = min(durations) / len(pictures)
scores = [{name: float(metric(p)) for name, metric in metrics.items()} for p in pictures]
print(json.dumps({"seconds": seconds, "scores": scores}))
