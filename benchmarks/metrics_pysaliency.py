"""For `benchmarks.metrics`, in an interpreter that has pysaliency: times its metrics on the maps in a folder.

The functions are those that its models' methods call (AUC, sAUC, NSS, CC, SIM, KL as the board has it, information
gain), without the methods' own overhead. Imports nothing of ours. Answers in a line of JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from pysaliency.metrics import CC, NSS, SIM, MIT_KLDiv, convert_saliency_map_to_density
from pysaliency.roc import general_rocs_per_positive

pictures = [np.load(path) for path in sorted(Path(sys.argv[1]).glob("*.npz"), key=lambda path: int(path.stem))]


def at(values, points):
    x, y = points.astype(int).T
    return values[y, x].astype(float)


def information_gain(p):
    model, baseline = (np.log(convert_saliency_map_to_density(p[m])) for m in ("saliency_map", "baseline"))
    return ((at(model, p["fixations"]) - at(baseline, p["fixations"])) / np.log(2)).mean()


metrics = {
    "auc_judd": lambda p: general_rocs_per_positive(
        at(p["saliency_map"], p["fixations"]), p["saliency_map"].flatten().astype(float)
    ).mean(),
    "auc_shuffled": lambda p: general_rocs_per_positive(
        at(p["saliency_map"], p["fixations"]), at(p["saliency_map"], p["other_fixations"])
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
    took = []
    for _ in range(7):
        begin = time.perf_counter()
        [metric(p) for p in pictures]
        took.append(time.perf_counter() - begin)
    seconds[name] = min(took) / len(pictures)
scores = [{name: float(metric(p)) for name, metric in metrics.items()} for p in pictures]
print(json.dumps({"seconds": seconds, "scores": scores}))
