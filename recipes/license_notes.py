"""LICENSE-WEIGHTS.md, from the cards: python -m recipes.license_notes

What each file of numbers in the package was learned from, and under which terms it is; the terms of the datasets, as
their authors state them. The wheel holds this file beside LICENSE.
"""

from pathlib import Path
from typing import Any

import learn
from wepsam.datasets.about import of_reader
from wepsam.files import read_json, write_text
from wepsam.markdown import table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "LICENSE-WEIGHTS.md"
PACKAGE = ROOT / "src" / "wepsam"
BASES = PACKAGE / "classical" / "bases"
INTRODUCTION = """\
# License notes of the weights

Made from the cards of the models by `python -m recipes.license_notes`.

The code and the numbers below are under the MIT license ([LICENSE](LICENSE)). What stems from weights
under the Apache License 2.0 stays under it ([LICENSE-APACHE-2.0](LICENSE-APACHE-2.0)). No picture and
no eye tracking of others is part of the package. These notes report what authors state; they are no
legal advice.
"""


def main() -> None:
    write_text(PAGE, page())


def page() -> str:
    """The text of the file."""
    cards = [read_json(path) for path in sorted((PACKAGE / "weights").glob("*.json"))]
    sections = [_section(card["name"], f"weights/{card['name']}.onnx", card) for card in cards]
    sections += [
        _section("ensemble", "classical/ensemble.json", read_json(PACKAGE / "classical" / "ensemble.json")),
        _section("mkl", "classical/bases/mkl.npz, mkl.json, class_responses.onnx", read_json(BASES / "mkl.json")),
    ]
    learned = sorted({name for card in cards for name in card["learned_from"]})
    return "\n".join([INTRODUCTION, *sections, _constants(), _datasets(learned), _edn()])


def _section(name: str, files: str, card: dict[str, Any]) -> str:
    data = card["data"] if isinstance(card["data"], dict) else {"data": card["data"]}
    lines = [f"- {what}: {_words(text)}" for what, text in data.items()]
    steps = [f"- {step}" for step in card.get("steps", []) if "Apache" in step]
    return "\n".join([f"## {name}", "", f"File: `{files}`. License: {card['license']}.", "", card["terms"], "",
                      "Learned from:", "", *lines, *steps, ""])  # fmt: skip


def _words(value: Any) -> str:
    return ", ".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else str(value)


def _constants() -> str:
    """What learn/ says of the committed constants: its own table, and where the photographs are from."""
    return f"## Constants of the classical models\n\n{learn.__doc__.partition(chr(10) * 2)[2].strip()}\n"


def _datasets(names: list[str]) -> str:
    rows = []
    for name in names:
        about = of_reader(name)
        assert about is not None
        rows.append((about.title, about.terms, about.home, about.citation))
    facts = table(["dataset", "terms, as its authors state them", "home", "publication"], rows)
    return f"## Datasets of fixations that the weights learned from\n\n{facts}\n"


def _edn() -> str:
    """Numbers of others, with their license as it lies beside them."""
    text = (BASES / "edn.txt").read_text(encoding="utf-8").rstrip()
    return f"## edn\n\nFile: `classical/bases/edn.npz`.\n\n```\n{text}\n```\n"


if __name__ == "__main__":
    main()
