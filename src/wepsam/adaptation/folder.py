"""The folder of an adapted calibration: what it holds, and what of somebody else's it never touches."""

from pathlib import Path
from typing import Any

from wepsam import cards
from wepsam.adaptation.calibrating import Source
from wepsam.calibration import presets
from wepsam.calibration.presets import Named
from wepsam.evaluation.change import Change
from wepsam.files import below, write_bytes

CALIBRATION, MODEL, PICTURE, SCORES = "calibration.json", "adapted.onnx", "before-after.png", "scores"
NAME = "adapted"  # of the calibration in the card
BY = "wepsam adapt"  # the mark of a file that is ours
ALL = (
    CALIBRATION,
    MODEL,
    "adapted.json",
    PICTURE,
    *(f"{SCORES}/{n}.{s}" for n in ("before", "after") for s in ("csv", "json")),
)
MEASURED = ("scores", "speed")  # fields of a card; scores were made with another calibration


def check(out: Path, about: dict[str, Any]) -> None:
    """See that nothing in a folder is in the way, before any work.

    Args:
        out: need not exist.
        about: what `calibration.json` is going to say; "model", "dataset" and "folder" tell adaptations apart.

    Raises:
        ValueError: a file of one of our names is not ours, or is of another model or other pictures.
    """
    there = [name for name in ALL if below(out, name).exists() or below(out, name).is_symlink()]
    if not there:
        return
    try:
        fitted = presets.read(out / CALIBRATION).fitted
    except ValueError:
        fitted = {}
    if fitted.get("by") != BY:
        raise ValueError(f"{out / there[0]} is there and was not written by wepsam adapt; choose another --out")
    same = ("model", "dataset", "folder")
    if any(fitted.get(key) != about.get(key) for key in same):
        raise ValueError(
            f"{out} has {fitted.get('model')} adapted to {fitted.get('dataset')}, here it is {about['model']} and "
            f"{about['dataset']}{_elsewhere(fitted, about)}; choose another --out"
        )


def refuse_calibration(out: Path) -> None:
    """ValueError if a folder has an adapted calibration, whose adapted.onnx a tuned network would replace."""
    if (out / CALIBRATION).exists():
        raise ValueError(f"{out} has an adapted calibration; choose another --out for a tuned network")


def write(out: Path, adapted: Named, change: Change, model: Source, summary: str) -> Path | None:
    """Write the calibration, the scores and, of weights, the adapted model.

    Returns:
        The adapted model's file; None for a model without weights.
    """
    out.mkdir(parents=True, exist_ok=True)
    presets.write(out / CALIBRATION, adapted)  # first: it says whose folder this is
    for evaluation in (change.before, change.after):
        evaluation.save(out / SCORES)
    if model.predictor is None:
        return None
    path = out / MODEL
    card, data = cards.read_weights(model.predictor.weights)
    write_bytes(path, data)
    cards.write(cards.path_of(path), _card(card, adapted, summary))
    return path


def _card(card: dict[str, Any], adapted: Named, summary: str) -> dict[str, Any]:
    """The card of the adapted model: the calibration is its default, those that it had remain by name."""
    _, known = presets.of_card(card)
    dropped = (*presets.OLDER, *MEASURED, "summary")
    kept = {name: value for name, value in card.items() if name not in dropped}
    names = {name: one.as_dict() for name, one in known.items() if name != presets.NONE} | {NAME: adapted.as_dict()}
    about = adapted.fitted
    return kept | {
        "name": NAME, "calibration": NAME, "calibrations": names, "adapted from": about["model"],
        "adapted to": f"{about['pictures']} pictures of {about['dataset']}", "gains": about["gains"],
        "summary": f"{about['model']} with a calibration fitted to {about['pictures']} pictures of "
        f"{about['dataset']}. {summary}",
    }  # fmt: skip


def _elsewhere(fitted: Any, about: dict[str, Any]) -> str:
    same = all(fitted.get(key) == about.get(key) for key in ("model", "dataset"))
    return " of another folder" if same else ""
