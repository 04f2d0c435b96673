"""The references that percentiles of scores are taken in: python -m learn.reference DATA [MODEL]

Writes src/wepsam/attention/reference.json, from photographs (the validation pictures of LABORATORIES, which are large
enough for clutter) and from the web pages in DATA/web. On the way it compares the scores of the photographs' maps with
those of the densities of people, and writes results/attention/scores.json. Takes ten minutes of one core.
"""

from pathlib import Path
from typing import Any

import numpy as np

from learn import data
from wepsam import maps, progress, resolve
from wepsam.attention import reference, scores
from wepsam.attention.answers import Attention, attend, rounded
from wepsam.files import write_json
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.reproduction import laboratories

LABORATORIES = ("osie", "eyecrowd", "sjtu", "salicon-densities")
COMPARED = ("focus_50", "focus_80", "places", "centeredness")
# Until there is a reference, percentiles are among nothing.
NOBODY = reference.Reference("nobody", 1, dict.fromkeys(scores.NAMES, [0.0] * reference.QUANTILES))
RESULT = Path("results") / "attention" / "scores.json"


def main(model: str = DEFAULT) -> None:
    folder = data.folder(__doc__, "DATA")
    predict = resolve.predictor(model, threads=1)
    assert isinstance(predict, Predictor)
    rows: dict[str, list[dict[str, float]]] = {reference.PHOTOGRAPHS: [], reference.WEB_PAGES: []}
    compared: dict[str, Any] = {}
    for part in laboratories.validation_parts(folder, LABORATORIES):
        pairs = []
        for sample in progress.track([s for s in part if s.has_density], part.name):
            answer = attend(sample.path, model=predict, reference=NOBODY)
            rows[reference.PHOTOGRAPHS].append(answer.scores.values())
            pairs.append((answer.scores.values(), of_people(answer, sample.density())))
        compared[part.name] = {"pictures": len(pairs)} | {name: agreement(pairs, name) for name in COMPARED}
    for path in progress.track(sorted((folder / "web").glob("*.jpg")), reference.WEB_PAGES):
        rows[reference.WEB_PAGES].append(attend(path, model=predict, reference=NOBODY).scores.values())
    weights = predict.card["sha256"]
    made = {name: reference.of_scores(name, found, weights).as_dict() for name, found in rows.items()}
    write_json(
        reference.SHIPPED,
        {
            "name": "reference",
            "summary": "Quantiles of the scores of photographs and of web pages, for percentiles.",
            "references": made,
            "terms": "MIT for these numbers. The pictures have their owners' terms; none of them is part of this file.",
            "license": "MIT",
        },
    )
    write_json(RESULT, rounded({"weights": weights, "laboratories": compared}))


def of_people(answer: Attention, density: np.ndarray) -> dict[str, float]:
    """The scores of a density of people, at the resolution of the map."""
    small = maps.to_density(maps.enlarge(density.astype(np.float32), answer.density.shape).astype(np.float64))
    return {
        "focus_50": scores.focus(small, 0.5),
        "focus_80": scores.focus(small, 0.8),
        "places": scores.places(small, answer.size),
        "centeredness": scores.centeredness(small, answer.alone),
    }


def agreement(pairs: list[tuple[dict[str, float], dict[str, float]]], name: str) -> dict[str, float]:
    """Correlation of a score of maps with that of people over the pictures, and both means."""
    ours, theirs = (np.array([one[name] for one in side]) for side in zip(*pairs, strict=True))
    return {
        "correlation": float(np.corrcoef(ours, theirs)[0, 1]),
        "map": float(ours.mean()),
        "people": float(theirs.mean()),
    }


if __name__ == "__main__":
    main()
