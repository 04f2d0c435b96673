"""How often pictures are warned of, in docs/explanation/kinds.md: python recipes/kinds_table.py

From the rates in src/wepsam/kinds.json, which `python -m learn.kinds` measured.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wepsam import kinds, markdown
from wepsam.kinds import KINDS, PHOTOGRAPH, PLURALS

ROOT = Path(__file__).parents[1]
PAGES, DRAWN, ALTERED = "web", "drawn", "photographs "  # what begins the names of groups

Rates = Mapping[str, Any]


def main() -> None:
    rates = kinds.card()["rates"]
    page = ROOT / "docs" / "explanation" / "kinds.md"
    markdown.insert(page, "rates", rates_table(rates))
    markdown.insert(page, "measures", measures_table(kinds.card()["rule"]))
    markdown.insert(page, "kinds", sentence(rates))


def rates_table(rates: Rates) -> str:
    """A row for each group of pictures, one for all unaltered photographs, and one for all screenshots."""
    names = {name: name for name in rates} | {PAGES: "web pages", "photos": "photos (ImageNet and others)"}
    rows = [
        _row(f"**all photographs as they are ({len(_photographs(rates))} sets)**", _sum(rates, _photographs(rates)))
    ]
    rows += [_row(_shown(name, names), rates[name]["called"]) for name in rates]
    head = ["pictures", "number", "warned of", *(f"called {PLURALS[kind]}" for kind in KINDS[1:])]
    return markdown.table(head, rows)


def measures_table(rule: Mapping[str, Mapping[str, float]]) -> str:
    """The numbers of the rule: what a measure of 1 adds to the log odds."""
    heads = {"drawn": "not a photograph"} | {kind: f"{kind}, not a web page" for kind in KINDS[2:]}
    rows = [[measure, *(f"{rule[kind][measure]:+.2f}" for kind in heads)] for measure in rule["drawn"]]
    return markdown.table(["measure (square root of a share)", *heads.values()], rows)


def sentence(rates: Rates) -> str:
    """How often is warned, in a sentence."""
    pages, photographs = rates[PAGES]["called"], _sum(rates, _photographs(rates))
    return (
        f"It warned of {_warned(pages):.0%} of {sum(pages.values())} screenshots of web pages and of "
        f"{_warned(photographs):.1%} of {sum(photographs.values()):,} photographs that the rule had not learned from."
    )


def _photographs(rates: Rates) -> list[str]:
    """The sets of photographs as they are."""
    return [name for name, group in rates.items() if group["is"] == PHOTOGRAPH and not name.startswith(ALTERED)]


def _sum(rates: Rates, groups: Iterable[str]) -> dict[str, int]:
    groups = list(groups)
    return {kind: sum(rates[group]["called"][kind] for group in groups) for kind in KINDS}


def _warned(called: Mapping[str, int]) -> float:
    return 1 - called[PHOTOGRAPH] / sum(called.values())


def _shown(name: str, names: Mapping[str, str]) -> str:
    return names[name] if not name.startswith(f"{PAGES} ") else f"web pages{name.removeprefix(PAGES)}"


def _row(name: str, called: Mapping[str, int]) -> list[str]:
    total = sum(called.values())
    return [name, f"{total:,}", f"{_warned(called):.1%}", *(f"{called[kind] / total:.1%}" for kind in KINDS[1:])]


if __name__ == "__main__":
    main()
