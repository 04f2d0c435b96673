"""Learn to tell web pages, charts and pages of text from photographs: python -m learn.kinds DATA

Writes src/wepsam/kinds.json: the rule, and its rates on pictures that it has not learned from. The table of the rates
in docs/explanation/kinds.md is put there by recipes/kinds_table.py. Takes three minutes of two cores. DATA is a folder
with the folders of SETS, and web/ with screenshots of web pages.

Pictures take part as they are and altered: compressed, made smaller or larger, cropped, in gray, and so on. Half of
the pages and of the photographs are judged by a rule that was learned from the other half, and the other way round;
these are the rates. The rule that ships has learned from both halves in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from learn import alterations, data, drawn
from wepsam.files import write_json
from wepsam.images import read_image
from wepsam.kinds import CARD, KINDS, PHOTOGRAPH, PLURALS, WEB_PAGE, decide, measures

SETS = ("photos", "photos224", "osie", "eyecrowd", "dut_omron", "salicon", "sjtu", "emod", "scene")
PAGES = "web"
KEPT = 12  # photographs of each half of a set that drawn web pages show
ALTERED = 3  # every so many photographs one takes part altered, too
DRAWN = 120  # charts, pages of text and web pages that are drawn
ALARMS = 0.011  # share of the photographs learned from, unaltered, that may be warned of
ALARMS_OF_A_SET = 0.016  # and at most of each set
WRONG_NAMES = 0.0  # share of the screenshots of web pages learned from that may be called something else
C = 0.3  # of the logistic regression

Group = tuple[str, str]  # kind, and which pictures: "osie, in gray"
Rule = dict[str, dict[str, float]]
Halves = tuple[np.ndarray, np.ndarray]  # (N, measures) of each half


def main() -> None:
    folder = data.folder(__doc__, "DATA")
    groups = measured(folder)
    names = [*(measures(drawn.web_page(np.random.default_rng(0))) or ())]
    rules = [fit({group: halves[half] for group, halves in groups.items()}, names) for half in (0, 1)]
    rule = fit({group: np.concatenate(halves) for group, halves in groups.items()}, names)
    card = {
        "name": "kinds",
        "summary": "Web pages, charts and pages of text, told from photographs by a logistic rule.",
        "rule": rule,
        "rates": rates(groups, names, rules),
        "terms": "MIT for these numbers. The pictures have their owners' terms; none of them is part of this file.",
        "license": "MIT",
    }
    write_json(CARD, card)
    for group, counts in card["rates"].items():
        print(f"{group}: {counts}")


# ---- pictures


def measured(folder: Path) -> dict[Group, Halves]:
    """The measures of all pictures as they are and altered, by kind and group, in two halves."""
    with ProcessPoolExecutor(2) as pool:
        one, other = pool.map(_measured_half, (folder, folder), (0, 1))
    return {group: (np.array(one[group]), np.array(other[group])) for group in one}


def _measured_half(folder: Path, half: int) -> dict[Group, list[list[float]]]:
    groups: dict[Group, list[list[float]]] = {}

    def add(kind: str, group: str, picture: np.ndarray) -> None:
        if values := measures(picture):
            groups.setdefault((kind, group), []).append([*values.values()])

    some: list[np.ndarray] = []  # photographs for drawn web pages
    for name in SETS:
        for number, path in enumerate(_half(folder / name, half)):
            picture = read_image(path)
            add(PHOTOGRAPH, name, picture)
            if number % ALTERED == 0:
                change = [*alterations.PHOTOGRAPHS][number // ALTERED % len(alterations.PHOTOGRAPHS)]
                altered = alterations.PHOTOGRAPHS[change](picture, np.random.default_rng(number))
                add(PHOTOGRAPH, f"photographs {change}", altered)
            some += [picture] * (number < KEPT)
    for number, path in enumerate(_half(folder / PAGES, half)):
        page = read_image(path)
        add(WEB_PAGE, PAGES, page)
        for change, alter in alterations.PAGES.items():
            add(WEB_PAGE, f"{PAGES} {change}", alter(page, np.random.default_rng(number)))
    for kind in KINDS[1:]:
        for number, picture in enumerate(_drawn(kind, half, some)):
            add(kind, f"drawn {PLURALS[kind]}", picture)
            change = [*alterations.PAGES][number % len(alterations.PAGES)]
            altered = alterations.PAGES[change](picture, np.random.default_rng(number))
            add(kind, f"drawn {PLURALS[kind]} altered", altered)
    return groups


def _half(folder: Path, half: int) -> list[Path]:
    """Every other of the .jpg files, in a random order."""
    paths = sorted(folder.rglob("*.jpg"))
    if not paths:
        raise SystemExit(f"no .jpg in {folder}; `python -c 'import learn.kinds; help(learn.kinds)'` says what DATA is")
    return [paths[i] for i in sorted(np.random.default_rng(0).permutation(len(paths))[half::2].tolist())]


def _drawn(kind: str, half: int, photographs: Sequence[np.ndarray]) -> Iterable[np.ndarray]:
    """Pictures of a kind; every fifth web page is without photographs."""
    rng = np.random.default_rng((KINDS.index(kind), half))
    for number in range(DRAWN // 2):
        if kind == WEB_PAGE:
            yield drawn.web_page(rng, photographs if number % 5 else ())
        else:
            yield drawn.DRAWN[kind](rng)


# ---- the rule


def fit(groups: Mapping[Group, np.ndarray], names: Sequence[str]) -> Rule:
    """The rule of `wepsam.kinds.decide`, learned from the (N, measures) of each kind and group.

    Its constants are such that as many photographs are warned of, and as many screenshots of web pages called something
    else, as the settings above allow.
    """
    kinds = [kind for (kind, _), rows in groups.items() for _ in rows]
    samples = np.concatenate([*groups.values()])
    is_drawn = np.array(kinds) != PHOTOGRAPH
    weights = _logistic(samples, is_drawn)
    odds = [rows @ weights for (_, group), rows in groups.items() if group in SETS]
    limits = [np.quantile(np.concatenate(odds), 1 - ALARMS), *(np.quantile(o, 1 - ALARMS_OF_A_SET) for o in odds)]
    rule = {"drawn": _numbers(max(limits), weights, names)}
    pages = np.concatenate([rows for (_, group), rows in groups.items() if group.startswith(PAGES)])
    for kind in KINDS[2:]:
        among = np.isin(kinds, [kind, WEB_PAGE])
        weights = _logistic(samples[among], np.array(kinds)[among] == kind)
        rule[kind] = _numbers(np.quantile(pages @ weights, 1 - WRONG_NAMES), weights, names)
    return rule


def _logistic(samples: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """(measures,) the weights of a logistic regression; both sides count the same, whatever their numbers."""
    scale = samples.std(axis=0)
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=5000).fit(samples / scale, positive)
    return np.round(model.coef_[0] / scale, 2)


def _numbers(limit: float, weights: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    return {"constant": round(-float(limit), 2)} | dict(zip(names, weights.tolist(), strict=True))


def rates(groups: Mapping[Group, Halves], names: Sequence[str], rules: Sequence[Rule]) -> dict[str, Any]:
    """By group: its kind, and how many pictures are called each kind by the rule of the other half."""
    table = {}
    for (kind, group), halves in groups.items():
        called = [
            decide(dict(zip(names, row, strict=True)), rules[1 - h]) for h in (0, 1) for row in halves[h].tolist()
        ]
        table[group] = {"is": kind, "called": {name: called.count(name) for name in KINDS}}
    return table


if __name__ == "__main__":
    main()
