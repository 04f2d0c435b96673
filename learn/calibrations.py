"""Fit the calibrations of models, and score them on laboratories left out: python -m learn.calibrations DATA MODEL...

Writes the calibrations into the models' cards. MODEL is the name of shipped weights or of a classical model. `learn`
says what DATA is. The calibrations are fitted to the validation parts, from which no model has learned (unless its card
says so: such a laboratory is left out); each laboratory counts once. With --score also writes
RESULTS/LABORATORY-validation/MODEL-left-out.csv: each laboratory scored with the calibration of the others.
"""

import sys
from pathlib import Path

from wepsam import cards, resolve
from wepsam.calibration import presets
from wepsam.calibration.presets import TYPICAL, Named
from wepsam.datasets import learned
from wepsam.evaluation.subject import subject
from wepsam.prediction.loading import weights_file
from wepsam.reproduction import laboratories

RESULTS = Path("results")


def main(arguments: list[str]) -> None:
    score = "--score" in arguments
    data, *models = [word for word in arguments if word != "--score"]
    parts = laboratories.validation_parts(data)
    for model in models:
        known = subject(model).learned_from or {}
        unseen = [part for part in parts if not learned.seen(known, part, "validation")]
        observed = laboratories.observe_all(model, unseen)
        found = laboratories.presets(observed)
        write(model, found)
        for name, one in found.items():
            print(f"{model} {name}: {one.calibration.as_dict()}, {one.fitted['log_likelihood']:.3f} nats")
        if score:
            laboratories.leave_one_out(model, parts, observed, RESULTS)


def write(model: str, found: dict[str, Named]) -> None:
    """Put calibrations into a model's card; "typical" is then the default of weights."""
    fields = {name: named.as_dict() for name, named in found.items()}
    if resolve.is_weights(model):
        path = cards.path_of(weights_file(model))
        card = {key: value for key, value in cards.load(path).items() if key not in presets.OLDER}
        cards.write(path, card | {"calibration": TYPICAL, "calibrations": fields})
    else:
        card = cards.load(cards.CLASSICAL_CARD)
        card["models"].setdefault(model, {})["calibrations"] = {TYPICAL: fields[TYPICAL]}
        cards.write(cards.CLASSICAL_CARD, card)


if __name__ == "__main__":
    main(sys.argv[1:])
