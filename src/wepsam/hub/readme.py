"""The model card of a repository on the Hub: README.md with metadata, made from our card."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wepsam import cards, markdown
from wepsam.hub import client

LIBRARY = "wepsam"
TAGS = ("saliency", "eye-fixations", "visual-attention", "onnx")
TASK = "saliency-prediction"  # the Hub has no pipeline for it, so there is no pipeline_tag
# Licenses that the Hub knows, among those that weights have.
LICENSES = (
    "mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "mpl-2.0", "unlicense",
)  # fmt: skip
NOTES = "LICENSE-NOTES.md"
LISTS = {"intended use": "What it is for", "limits": "Limits", "bias": "Bias", "steps": "How it was made"}
NUMBER = re.compile(r"\((fast)?(?:, )?(.*?)\)$")


def write(card: cards.Card, repository: str, *, picture: str | None, training: bool) -> str:
    """The text of README.md.

    Args:
        card: of the weights.
        repository: "owner/name".
        picture: the file of a picture to show.
        training: whether the repository has the weights for training, too.
    """
    data = client.library().ModelCardData(**_metadata(card))
    return f"---\n{data.to_yaml()}\n---\n\n{_text(card, repository, picture, training)}"


def license_notes(card: cards.Card) -> str:
    """What a card says of its license and of what was learned."""
    name = markdown.escape(str(card["name"]))
    lines = [f"# License notes of {name}", "", f"License: {_plain(card.get('license', 'not stated'))}", ""]
    lines += [_plain(card["terms"]), ""] if card.get("terms") else []
    learned = card.get("data")
    facts = learned if isinstance(learned, Mapping) else {"data": learned} if learned else {}
    lines += ["Learned from:", "", *(f"- {_plain(what)}: {_plain(text)}" for what, text in facts.items())]
    lines += [f"- fixations of {_plain(name)}: {_plain(part)}" for name, part in card.get("learned_from", {}).items()]
    lines += [f"- {_plain(step)}" for step in _items(card.get("steps")) if "Apache" in str(step)]
    if "Apache" in "".join(lines):
        lines += ["", "The Apache License 2.0: https://www.apache.org/licenses/LICENSE-2.0"]
    return "\n".join(lines).rstrip() + "\n\nThese notes report what the card states; they are no legal advice.\n"


def _metadata(card: cards.Card) -> dict[str, Any]:
    """What the Hub reads: the fields of ModelCardData."""
    said: dict[str, Any] = {}
    if stated := str(card.get("license") or ""):
        known = stated.lower()
        said = {"license": known} if known in LICENSES else {
            "license": "other", "license_name": re.sub(r"[^a-z0-9.]+", "-", known).strip("-") or "other",
            "license_link": NOTES,
        }  # fmt: skip
    said |= {"library_name": LIBRARY, "tags": list(TAGS)}
    # The Hub takes what could be the name of a dataset there; the text names all.
    datasets = [name for name in card.get("learned_from", {}) if re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}", name)]
    said |= {"datasets": datasets} if datasets else {}
    results = list(_results(card))
    if results:
        metrics = list(dict.fromkeys(result.metric_type for result in results))
        said |= {"metrics": metrics, "model_name": str(card["name"]), "eval_results": results}
    return said


def _results(card: cards.Card) -> Iterator[Any]:
    """Each mean of the card's scores as an EvalResult."""
    for pictures, metric, mean, _ in _scores(card):
        plain = NUMBER.sub("", pictures).strip()
        dataset, _, split = plain.rpartition("-")
        yield client.library().EvalResult(
            task_type=TASK, task_name="Saliency prediction", dataset_type=dataset or plain, dataset_name=pictures,
            dataset_split=split if dataset else None, metric_type=metric, metric_name=cards.COLUMNS.get(metric, metric),
            metric_value=round(mean, 4),
            # Results of other settings on the same pictures are not to be taken for those of the default.
            dataset_config=None if plain == pictures else pictures[len(plain) :].strip(" ()"),
        )  # fmt: skip


def _scores(card: cards.Card) -> Iterator[tuple[str, str, float, int | None]]:
    """(pictures, metric, mean, number of pictures): what is no number is left out."""
    scores = card.get("scores")
    for pictures, metrics in scores.items() if isinstance(scores, Mapping) else ():
        for metric, value in metrics.items() if isinstance(metrics, Mapping) else ():
            mean = value.get("mean") if isinstance(value, Mapping) else None
            if isinstance(mean, int | float) and not isinstance(mean, bool) and math.isfinite(mean):
                count = value.get("pictures")
                yield str(pictures), str(metric), float(mean), count if isinstance(count, int) else None


def _text(card: cards.Card, repository: str, picture: str | None, training: bool) -> str:
    """The page below the metadata."""
    name = markdown.escape(str(card["name"]))
    parts = [f"# {name}", _plain(card.get("summary") or "Where will people look in a picture? Weights of wepsam.")]
    if picture:
        parts.append(f"![A drawn picture, and where this model expects people to look]({picture})")
    parts.append(f"```\npip install 'wepsam[hub]'\nwepsam predict street.jpg --model hf:{repository} --out maps/\n```")
    parts.append(
        f'```python\nimport wepsam\n\nmodel = wepsam.load("hf:{repository}")\nsaliency_map = model("street.jpg")\n```'
    )
    parts.append(
        "Name a commit to get the same weights for ever: "
        f"`hf:{repository}@COMMIT`. The file is checked against the SHA-256 of its card."
    )
    if training:
        further = f"wepsam finetune --start hf:{repository} -d osie=data/OSIE --out runs/own/"
        parts.append(f"To train it further:\n\n```\n{further}\n```")
    parts.append("\n".join(f"- {_plain(line)}" for line in cards.describe(_measured(card))))
    if rows := _rows(card):
        parts += ["## Scores", markdown.table(["pictures", "number", *cards.METRICS], rows)]
    for key, title in LISTS.items():
        if items := _items(card.get(key)):
            parts += [f"## {title}", "\n".join(f"- {_plain(item)}" for item in items)]
    terms = _plain(card.get("terms") or card.get("license") or "None is stated.")
    parts += ["## License", f"{terms} See [{NOTES}]({NOTES})."]
    return "\n\n".join(parts) + "\n"


def _measured(card: cards.Card) -> cards.Card:
    """What stands in a list; scores, summary and terms have places of their own."""
    return {key: value for key, value in card.items() if key not in ("scores", "summary", "terms")}


def _rows(card: cards.Card) -> list[list[str]]:
    means: dict[str, dict[str, float]] = {}
    counts: dict[str, int | None] = {}
    for pictures, metric, mean, count in _scores(card):
        means.setdefault(pictures, {})[metric] = mean
        counts[pictures] = count
    return [
        [markdown.escape(pictures), str(counts[pictures] or ""),
         *(f"{found[metric]:.3f}" if metric in found else "" for metric in cards.METRICS)]
        for pictures, found in means.items()
    ]  # fmt: skip


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []


def _plain(value: Any) -> str:
    """Anything of a card as one line of text that does nothing else."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_plain(key)}: {_plain(one)}" for key, one in value.items())
    return markdown.escape(str(value))
