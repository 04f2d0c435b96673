"""What the cards of weights and of the training-free models say, for people to read."""

import json
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any

from wepsam.classical import CLASSICAL, FITTED

SHOWN = ("cc", "nss", "auc_judd", "kl_div", "sim", "info_gain")
LISTED = {"cc": "CC", "nss": "NSS", "auc_judd": "AUC-J"}  # of the training-free models, a line each
PICTURES = "osie-validation"  # on which all of them are scored, the networks too


def describe(card: dict[str, Any]) -> list[str]:
    """A model in a few lines: what it sees, how large and fast it is, what it scores, under which terms it comes.

    What the card does not say is left out: cards of people's own exports have no scores, summary or terms.
    """
    if "input_size" in card:
        sees = f"{card['input_size']}x{card['input_size']} pixels, whatever the picture's aspect"
    else:
        sees = f"about {card['input_area']:,} pixels in the picture's aspect"
    lines = [f"{card['parameters'] / 1e6:.1f} M parameters, {card['bytes'] / 1e6:.1f} MB; sees {sees}"]
    if "speed" in card:
        speed = card["speed"]
        lines.append(f"{speed['milliseconds']:.1f} ms for {speed['what']}, {speed['on']}")
    for dataset, scores in card.get("scores", {}).items():
        told = [f"{name} {scores[name]['mean']:.3f}" for name in SHOWN if name in scores]
        lines.append(f"{dataset}: {', '.join(told)}")
    return lines + [card[key] for key in ("summary", "terms") if key in card]


def classical() -> dict[str, dict[str, Any]]:
    """The models in CLASSICAL: what each is, whether it has learnt from fixations, and its speed and mean scores.

    The numbers come from a file that `python -m benchmarks.classical --card` and `wepsam compare --card` write; a model
    that it does not know yet has none. Needs nothing but the core.
    """
    measured = _measured()["models"]
    return {
        name: {"what": _what(model), "fitted": name in FITTED} | measured.get(name, {})
        for name, model in CLASSICAL.items()
    }


def table(width: int) -> list[str]:
    """The models in CLASSICAL, a line each, the best CC first; what each is, as far as the width allows."""
    models = classical()
    name_width = max(map(len, models)) + 1
    lines = []
    for name, model in sorted(models.items(), key=lambda item: -_score(item[1], "cc", -1)):
        speed = f"{model['milliseconds']:.1f}" if "milliseconds" in model else ""
        scores = (f"{_score(model, metric):.3f}" if _score(model, metric) else "" for metric in LISTED)
        numbers = _columns(speed, *scores)
        head, _, rest = model["what"].partition(": ")
        told = rest if head.lower() == name else model["what"]  # the name stands before it already
        what = textwrap.shorten(told, max(20, width - name_width - len(numbers) - 2), placeholder="…")
        lines.append(f"{name + '*' * model['fitted']:<{name_width}}{numbers}  {what}")
    head = f"{'':<{name_width}}{_columns('ms', *LISTED.values())}"
    about = f"Without a network; CC, NSS, AUC-Judd of {PICTURES}; ms: {_measured().get('speed', 'not measured')}"
    if any(model["fitted"] for model in models.values()):
        about += "; *: has learnt from fixations"
    return [*textwrap.wrap(about, width), head, *lines]


def _measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("wepsam.classical").joinpath("card.json").read_text(encoding="utf-8"))
    return found


def _what(model: Callable) -> str:
    """The first sentence of its module; of a variant, the settings that make it one."""
    if isinstance(model, partial):
        return f"{model.func.__name__} with {', '.join(f'{key} {value}' for key, value in model.keywords.items())}"
    said = " ".join((sys.modules[model.__module__].__doc__ or "").split("\n\n")[0].split())
    return said.partition(". ")[0].rstrip(".")


def _score(model: dict[str, Any], metric: str, otherwise: float = 0) -> float:
    return float(model.get("scores", {}).get(PICTURES, {}).get(metric, otherwise))


def _columns(speed: str, *scores: str) -> str:
    return f"{speed:>8}" + "".join(f"{score:>7}" for score in scores)
