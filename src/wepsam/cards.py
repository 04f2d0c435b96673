"""Cards: JSON files that say what a model is, what it scores, how fast it is and which terms it has.

Weights (.onnx) have a card of the same name beside them. The classical models share one card of measurements,
`classical/card.json`. All cards are read, described and changed here. Needs the core only.
"""

import hashlib
import math
import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wepsam import card_fields
from wepsam.calibration import presets
from wepsam.files import check_regular, read_json, write_json

if TYPE_CHECKING:
    from wepsam.evaluation.results import Evaluation

Card = dict[str, Any]

SHIPPED = Path(str(files("wepsam").joinpath("weights")))
CLASSICAL_CARD = Path(str(files("wepsam").joinpath("classical", "card.json")))
MAX_WEIGHTS = 1 << 31  # bytes: ONNX files cannot be larger
METRICS = ("cc", "nss", "auc_judd", "kl_div", "sim", "info_gain")  # that `describe` shows
COLUMNS = {"cc": "CC", "nss": "NSS", "auc_judd": "AUC-J"}  # of the table of classical models
SCORED_ON = "osie-validation"  # whose scores that table shows


class WeightsError(ValueError):
    """Weights or their card are missing, damaged, or not written by `wepsam export`. The message is one line."""


def path_of(weights: str | os.PathLike[str]) -> Path:
    """The card's place: beside the weights, with the same name."""
    return Path(weights).with_suffix(".json")


def read(weights: str | os.PathLike[str]) -> Card:
    """Read and check the card of an .onnx file.

    Args:
        weights: the .onnx file that `wepsam export` wrote.

    Returns:
        The card. It has all fields that prediction needs, each within the limits of `wepsam.card_fields`, and its
        SHA-256 is that of the file.

    Raises:
        WeightsError: the file or its card is missing, a field of the card is missing or impossible, or the file has
            another SHA-256.
    """
    return read_weights(weights)[0]


def read_weights(weights: str | os.PathLike[str]) -> tuple[Card, bytes]:
    """The card of an .onnx file, checked as by `read`, and the very bytes whose SHA-256 it has."""
    weights = Path(weights)
    path = path_of(weights)
    try:
        card = read_json(path, card_fields.MAX_BYTES)
        card_fields.check(card)
        check_regular(weights, MAX_WEIGHTS)
        data = weights.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"no weights {weights}: {Path(error.filename).name} is missing") from None
    except OSError as error:
        raise WeightsError(f"{error.filename or weights} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise WeightsError(f"{path} is not a card of weights: {error}; write it with wepsam export") from None
    if (digest := hashlib.sha256(data).hexdigest()) != card["sha256"]:
        raise WeightsError(
            f"{weights} is damaged: its SHA-256 is {digest[:12]}..., its card says {card['sha256'][:12]}..."
        )
    return card, data


def load(path: str | os.PathLike[str]) -> Card:
    """Read any card as it stands, also one that is only a part of a card.

    Raises:
        ValueError: the file holds no JSON object.
        OSError: the file cannot be read.
    """
    try:
        card = read_json(path, card_fields.MAX_BYTES)
    except ValueError as error:
        raise ValueError(f"{path} is not a card: {error}") from None
    if not isinstance(card, dict):
        raise ValueError(f"{path} is not a card: expected a JSON object, not a {type(card).__name__}")
    return card


def write(path: str | os.PathLike[str], card: Card) -> None:
    """Write a card, whole or not at all."""
    write_json(path, card)


def shipped() -> dict[str, Card]:
    """The cards of the shipped weights by name."""
    return {path.stem: load(path) for path in sorted(SHIPPED.glob("*.json"))}


def sha256(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file. It ties a card to its weights, and results to the weights they are of."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- measurements, added to a card


def add_scores(path: str | os.PathLike[str], pictures: str, evaluations: Sequence["Evaluation"]) -> None:
    """Write scores into a card.

    A card of weights gets the mean, interval and number of pictures of each metric, from the evaluations that have
    its SHA-256; none on pictures that the weights have learned from. The card of the classical models gets the mean of
    each metric.

    Args:
        path: the card.
        pictures: their name, such as "osie-validation"; scores of the same pictures are replaced.
        evaluations: of these pictures; those of other models are ignored.

    Raises:
        ValueError: no evaluation belongs to this card.
    """
    card = load(path)
    added = _add_classical_scores if "models" in card else _add_weights_scores
    if not added(card, pictures, evaluations):
        raise ValueError(f"no evaluation in {pictures} is of the weights of {path}; run wepsam evaluate again")
    write(path, card)


def _add_weights_scores(card: Card, pictures: str, evaluations: Sequence["Evaluation"]) -> int:
    """Returns how many evaluations are of the card's weights."""
    own = [evaluation for evaluation in evaluations if evaluation.about.get("weights") == card.get("sha256", "none")]
    for evaluation in own:
        about = evaluation.about
        kinds = [about.get("quality"), about.get("calibration", {}).get("name")]
        special = ", ".join(filter(None, kinds))
        scores = card.setdefault("scores", {})
        key = pictures + f" ({special})" * bool(special)
        scores.pop(key, None)
        if not about.get("seen"):
            scores[key] = evaluation.summary()["scores"]
    return len(own)


def _add_classical_scores(card: Card, pictures: str, evaluations: Sequence["Evaluation"]) -> int:
    """Returns how many evaluations are of classical models."""
    from wepsam.classical import CLASSICAL

    own = [evaluation for evaluation in evaluations if evaluation.about["model"] in CLASSICAL]
    for evaluation in own:
        means = {metric: round(mean, 4) for metric, mean in evaluation.mean().items() if math.isfinite(mean)}
        model = card["models"].setdefault(evaluation.about["model"], {})
        model.setdefault("scores", {})[pictures] = means
    return len(own)


def add_speed(weights: str | os.PathLike[str], milliseconds: float, what: str, machine: str) -> None:
    """Write the time of one forward pass into the card of weights.

    Args:
        weights: the .onnx file.
        milliseconds: that it took.
        what: was timed, such as "one forward, one core".
        machine: that it ran on.
    """
    speed = {"milliseconds": round(milliseconds, 2), "what": what, "on": machine}
    write(path_of(weights), read(weights) | {"speed": speed})


def add_classical_speeds(path: str | os.PathLike[str], milliseconds: Mapping[str, float], what: str) -> None:
    """Write the time that each classical model takes into their card.

    Args:
        path: the card.
        milliseconds: a picture, by the model's name.
        what: was timed: pictures, their size, the machine.
    """
    card = load(path)
    for name, value in milliseconds.items():
        card["models"].setdefault(name, {})["milliseconds"] = round(value, 2)
    write(path, card | {"speed": what})


# ---- descriptions, for people to read


def describe(card: Card) -> list[str]:
    """Weights in a few lines: input, size, speed, calibrations, scores, terms.

    A line is left out where the card has nothing for it: cards of people's own exports have no scores, summary or
    terms.
    """
    if "input_size" in card:
        stimulus = f"{card['input_size']}x{card['input_size']} pixels, whatever the picture's aspect"
    else:
        stimulus = f"about {card['input_area']:,} pixels in the picture's aspect"
    lines = [f"{card['parameters'] / 1e6:.1f} M parameters, {card['bytes'] / 1e6:.1f} MB; sees {stimulus}"]
    if "speed" in card:
        speed = card["speed"]
        lines.append(f"{speed['milliseconds']:.1f} ms for {speed['what']}, {speed['on']}")
    if "pictures" in card:
        doubts = "; others are warned of" if card["pictures"] == card_fields.PHOTOGRAPHS else ""
        lines.append(f"has learned from {card['pictures']}{doubts}")
    if len(card.get("calibrations", {})) > 1:
        default, known = presets.of_card(card)
        names = (f"{name} (the default)" if name == default else name for name in known)
        lines.append(f"calibrations: {', '.join(names)}")
    for pictures, scores in card.get("scores", {}).items():
        means = [f"{name} {scores[name]['mean']:.3f}" for name in METRICS if name in scores]
        lines.append(f"{pictures}: {', '.join(means)}")
    return lines + [card[key] for key in ("summary", "terms") if key in card]


def classical() -> dict[str, Card]:
    """The models in CLASSICAL: what each is, whether it was fitted to fixations, and its speed and mean scores.

    Speed and scores come from the card that `add_classical_speeds` and `add_scores` write. A model that the card does
    not have yet comes without them.
    """
    from wepsam.classical import CLASSICAL, FITTED  # here: prediction reads cards and needs none of these modules

    measured = load(CLASSICAL_CARD)["models"]
    return {
        name: {"what": _summary(model), "fitted": name in FITTED} | measured.get(name, {})
        for name, model in CLASSICAL.items()
    }


def table(width: int) -> list[str]:
    """The models in CLASSICAL, a line each, the best CC first; summaries are cut to the width.

    Args:
        width: of a line, in characters.
    """
    models = classical()
    name_width = max(map(len, models)) + 1
    lines = []
    for name, model in sorted(models.items(), key=lambda item: -_score(item[1], "cc", -1)):
        speed = f"{model['milliseconds']:.1f}" if "milliseconds" in model else ""
        scores = (f"{_score(model, metric):.3f}" if _score(model, metric) else "" for metric in COLUMNS)
        numbers = _cells(speed, *scores)
        head, _, rest = model["what"].partition(": ")
        summary = rest if head.lower() == name else model["what"]  # the line begins with the name already
        summary = textwrap.shorten(summary, max(20, width - name_width - len(numbers) - 2), placeholder="…")
        lines.append(f"{name + '*' * model['fitted']:<{name_width}}{numbers}  {summary}")
    head = f"{'':<{name_width}}{_cells('ms', *COLUMNS.values())}"
    speed = load(CLASSICAL_CARD).get("speed", "not measured")
    about = f"Classical models. CC, NSS, AUC-Judd: means on {SCORED_ON}. ms: {speed}."
    if any(model["fitted"] for model in models.values()):
        about += " *: fitted to fixations."
    return [*textwrap.wrap(about, width), head, *lines]


def _summary(model: Callable[..., Any]) -> str:
    """The first sentence of the module's docstring; for a variant of a model, its settings."""
    if isinstance(model, partial):
        settings = ", ".join(f"{name} {value}" for name, value in model.keywords.items())
        return f"{model.func.__name__} with {settings}"
    paragraph = " ".join((sys.modules[model.__module__].__doc__ or "").split("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")


def _score(model: Card, metric: str, otherwise: float = 0) -> float:
    return float(model.get("scores", {}).get(SCORED_ON, {}).get(metric, otherwise))


def _cells(speed: str, *scores: str) -> str:
    return f"{speed:>8}" + "".join(f"{score:>7}" for score in scores)
