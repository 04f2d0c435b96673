"""Tables from results files, and only from them."""

import json
from pathlib import Path

import numpy as np

from wepsam.evaluation.score import Evaluation, interval
from wepsam.files import replacing
from wepsam.metrics import METRICS

# Columns in the usual order; those that a dataset has are shown.
TITLES = {
    "auc_judd": "AUC-Judd", "auc_borji": "AUC-Borji", "auc_shuffled": "sAUC", "auc_density": "AUC (density)",
    "nss": "NSS", "nss_density": "NSS (density)", "cc": "CC", "sim": "SIM", "kl_div": "KL", "info_gain": "IG (bit)",
}  # fmt: skip
# Rows that are not models: the floor first, people last.
NAMES = {
    "center-bias": "center bias (fitted)",
    "center-gaussian": "center Gaussian",
    "gbvs-128": "GBVS, 128 px (the paper's teacher)",
    "gbvs-256": "GBVS, 256 px",
    "gbvs-512": "GBVS, 512 px",
    "gbvs": "GBVS, full size",
    "random-start": "wepsam-paper, no weak pre-training",
    "one-observer": "one observer",
    "half-of-observers": "half of the observers",
}
FIRST = ["center-gaussian", "center-bias", "gbvs-128", "gbvs-256", "gbvs-512", "gbvs"]
LAST = ["one-observer", "half-of-observers"]


def markdown(evaluations: list[Evaluation]) -> str:
    """A Markdown table, a row per model: mean and 95 % interval over pictures; best model of each column in bold.

    Raises:
        ValueError: evaluations of different datasets, parts or pictures.
    """
    evaluations = sorted(evaluations, key=place)
    first = evaluations[0]
    for other in evaluations[1:]:
        if _pictures(other) != _pictures(first):
            raise ValueError(
                f"{other.about['model']} and {first.about['model']} were evaluated on different pictures "
                f"({_described(other)}; {_described(first)}); a table compares on the same ones"
            )
    columns = [name for name in TITLES if name in first.metrics]
    best = {name: _best(name, evaluations) for name in columns}
    lines = [
        "| | "
        + " | ".join(TITLES[name] + (" ↓" if not METRICS[name].higher_is_better else "") for name in columns)
        + " |",
        "|---|" + "---|" * len(columns),
    ]
    for evaluation in evaluations:
        model = evaluation.about["model"]
        cells = [_cell(evaluation.scores(name), best[name] == model) for name in columns]
        lines.append(f"| {NAMES.get(model, f'**{model}**')} | " + " | ".join(cells) + " |")
    about = first.about
    lines.append(
        f"\n{about['pictures']} pictures of {about['dataset']} ({about['split']}), protocol `{about['protocol']}`, "
        "mean ± half of the 95 % bootstrap interval over pictures. Bold: the best model; people are no model."
    )
    return "\n".join(lines)


def insert(path: Path, name: str, table: str, *, write: bool = True) -> bool:
    """Put a table between `<!-- table:NAME -->` and `<!-- /table -->` of a Markdown file.

    Returns:
        Whether the file already had this very table.

    Raises:
        ValueError: the file has no such place.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- table:{name} -->", "<!-- /table -->"
    if begin not in text or end not in text.split(begin, 1)[1]:
        raise ValueError(f"{path} has no place for it: expected {begin} and {end}")
    before, rest = text.split(begin, 1)
    new = f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"
    if write and new != text:
        with replacing(path) as temporary:
            temporary.write_text(new, encoding="utf-8")
    return new == text


def _pictures(evaluation: Evaluation) -> list[str]:
    # Ids are unique within a dataset only.
    return [evaluation.about["dataset"], *(row["id"] for row in evaluation.rows)]


def _described(evaluation: Evaluation) -> str:
    return f"{len(evaluation.rows)} of {evaluation.about['dataset']} ({evaluation.about['split']})"


def add_to_card(card: Path, name: str, evaluations: list[Evaluation]) -> None:
    """Write the scores of these weights, found by their SHA-256, into their card: weights travel with what they do.

    Raises:
        ValueError: none of the evaluations is of the card's weights.
    """
    about = json.loads(card.read_text(encoding="utf-8"))
    for evaluation in evaluations:
        if evaluation.about["weights"] == about["sha256"]:
            about.setdefault("scores", {})[name] = evaluation.summary()["scores"]
            with replacing(card) as temporary:
                temporary.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            return
    raise ValueError(f"no evaluation in {name} is of the weights of {card}; run wepsam evaluate again")


def _cell(scores: np.ndarray, best: bool) -> str:
    mean, low, high = interval(scores)
    if not np.isfinite(mean):
        return "n/a"
    text = f"{mean:.3f}"
    return f"{f'**{text}**' if best else text} ± {(high - low) / 2:.3f}"


def _best(name: str, evaluations: list[Evaluation]) -> str | None:
    models = [e for e in evaluations if e.about["model"] not in LAST]
    sign = 1 if METRICS[name].higher_is_better else -1
    known = [(sign * interval(e.scores(name))[0], e.about["model"]) for e in models]
    return max((k for k in known if np.isfinite(k[0])), default=(0, None))[1]


def place(evaluation: Evaluation) -> tuple[int, str]:
    model = evaluation.about["model"]
    if model in FIRST:
        return FIRST.index(model), model
    return len(FIRST) + (LAST.index(model) + 1 if model in LAST else 0), model
