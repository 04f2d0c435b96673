"""docs/explanation/metrics.md and docstrings are true: the table is that of the results, code runs, claims hold."""

import re
import runpy
from pathlib import Path

import numpy as np

from recipes import metric_pictures
from wepsam import metrics
from wepsam.markdown import insert

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "explanation" / "metrics.md"
PAGE = FILE.read_text(encoding="utf-8")
MADE_BY = runpy.run_path(str(ROOT / "recipes" / "metrics_figure.py"))


def test_the_table_is_that_of_the_results():
    assert insert(FILE, "ceiling", MADE_BY["ceiling"](ROOT / "results/osie-validation"), write=False)


def test_the_table_of_ties_is_up_to_date():
    assert insert(FILE, "ties", MADE_BY["ties"](), write=False)


def test_every_metric_is_explained():
    for name in metrics.METRICS.keys() | metrics.ON_REQUEST.keys():
        assert f"`{name}`" in PAGE, name


def test_the_code_runs():
    truth, predictions = MADE_BY["example"]()
    names = {"saliency_map": predictions["blurred"], "fixations": truth["fixations"], "density": truth["density"]}
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, names)


def test_what_the_page_says_of_the_picture():
    truth, predictions = MADE_BY["example"]()
    mit, tuebingen = (
        {name: metrics.score(values, **truth, protocol=protocol) for name, values in predictions.items()}
        for protocol in metrics.PROTOCOLS
    )

    def best(scores: dict[str, dict[str, float]], metric: str) -> str:
        return max(scores, key=lambda name: scores[name][metric])

    assert best(mit, "auc_borji") == "blurred"  # rewards blur ...
    assert mit["peaky"]["auc_borji"] < mit["center bias"]["auc_borji"]  # ... and punishes peaky maps that are right
    assert best(mit, "nss") == "peaky"
    assert best(mit, "info_gain") in ("the density", "plus a constant")
    assert np.isclose(mit["peaky"]["auc_judd"], mit["the density"]["auc_judd"])  # the same order of the pixels
    assert mit["center bias"]["auc_shuffled"] < 0.5
    assert np.isclose(mit["plus a constant"]["sim"], 1)  # an offset is free in `mit`, and costs in `tuebingen`
    assert tuebingen["plus a constant"]["sim"] < 0.5
    # What people looked at and the map says is impossible.
    assert min(mit, key=lambda name: mit[name]["info_gain"]) == "one of two"
    assert max(mit, key=lambda name: mit[name]["kl_div"]) == "one of two"
    # A near miss is better than a far one, to emd and to no other.
    near, far = (np.roll(truth["density"], pixels, axis=1) for pixels in (100, 160))
    assert metrics.emd(near, truth["density"]) < metrics.emd(far, truth["density"])


def test_every_metric_has_its_picture():
    for name in metrics.METRICS.keys() | metrics.ON_REQUEST.keys():
        if not name.endswith("_density"):
            assert f"](../images/metrics/{name}.png)" in PAGE, name
            assert (metric_pictures.FOLDER / f"{name}.png").stat().st_size < 60_000, name
            assert name in metric_pictures.SHOWN


def test_the_predictions_in_a_picture_are_in_the_order_of_their_scores():
    for name in metric_pictures.SHOWN:
        scores = list(metric_pictures.scores(name).values())
        higher = (metrics.METRICS | metrics.ON_REQUEST)[name].higher_is_better
        assert np.allclose(scores, sorted(scores, reverse=higher), atol=1e-9), name


def test_what_is_drawn_below_a_prediction_adds_up_to_its_score():
    truth, predictions = metric_pictures.example()
    for name in ("cc", "sim", "kl_div"):
        for prediction, score in metric_pictures.scores(name).items():
            found = metric_pictures.parts(name, predictions[prediction], truth["density"]).sum()
            assert np.isclose(found, score, atol=1e-6), (name, prediction)
