"""Learn to tell web pages, charts and pages of text from photographs: python -m learn.kinds DATA

Writes src/wepsam/kinds.json: the rule, and its rates on pictures that it has not learned from. The table of the rates
in docs/kinds.md is put there by recipes/kinds_table.py. Takes ten minutes of one core. DATA is a folder with the
folders of SETS, and web/ with screenshots of web pages.

Each picture takes part as it is and altered: compressed, made smaller or larger, cropped, in gray, and so on. Half of
the pages and of the photographs are judged by a rule that was learned from the other half, and the other way round;
these are the rates. The rule that ships has learned from both halves in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from learn import alterations, data, drawn
from wepsam.files import write_json
from wepsam.images import read_image
from wepsam.kinds import CARD, KINDS, PHOTOGRAPH, WEB_PAGE, decide, measures
from wepsam.progress import track

SETS = ("photos", "photos224", "osie", "eyecrowd", "dut_omron", "salicon", "sjtu", "emod", "scene")
PAGES = "web"
DRAWN = 200  # charts, pages of text and web pages that are drawn
ALARMS = 0.01  # share of the photographs learned from, unaltered, that may be warned of
ALARMS_OF_A_SET = 0.017  # and at most of each set
WRONG_NAMES = 0.02  # share of the web pages learned from that may be called something else
C = 1.0  # of the logistic regression
MADE = "drawn"  # what begins the names of groups that are drawn

Group = tuple[str, str]  # kind, and which pictures: "osie, in gray"
Halves = tuple[np.ndarray, np.ndarray]  # (N, measures) of each half


def main() -> None:
    groups = measured(data.folder(__doc__, "DATA"))
    rules = [fit({group: halves[half] for group, halves in groups.items()}) for half in (0, 1)]
    rule = fit({group: np.concatenate(halves) for group, halves in groups.items()})
    card = {
        "name": "kinds",
        "summary": "Web pages, charts and pages of text, told from photographs by a logistic rule.",
        "kinds": KINDS,
        **rule,
        "data": {group: len(halves[0]) + len(halves[1]) for (_, group), halves in groups.items()},
        "rates": rates(groups, rules),
        "license": "MIT",
    }
    write_json(CARD, card)
    for group, counts in card["rates"].items():
        print(f"{group}: {counts}")


# ---- pictures


def measured(folder: Path) -> dict[Group, Halves]:
    """The measures of all pictures, by kind and group, in halves; photographs and pages are altered in every way."""
    groups: dict[Group, Halves] = {}
    some: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])  # photographs for drawn web pages, of each half
    for name in SETS:
        halves = _halves(sorted((folder / name).rglob("*.jpg")), name)
        both = [_measured_photographs(paths, name, kept) for paths, kept in zip(halves, some, strict=True)]
        for group in both[0]:
            before = groups.get((PHOTOGRAPH, group), ([], []))
            groups[PHOTOGRAPH, group] = tuple(np.array([*b, *new[group]]) for b, new in zip(before, both, strict=True))
    paths = _halves(sorted((folder / PAGES).rglob("*.jpg")), PAGES)
    for k, (name, alter) in enumerate(({"as they are": alterations.as_it_is} | alterations.PAGES).items()):
        pages = [_rows(alter(read_image(p), np.random.default_rng((k, i))) for i, p in enumerate(half)) for half in paths]
        groups[WEB_PAGE, f"{PAGES}, {name}"] = (pages[0], pages[1])
    for kind in KINDS[1:]:
        for name, alter in {"as drawn": alterations.as_it_is, "at 256 pixels": alterations.PAGES["at 256 pixels"]}.items():
            made = [_rows(alter(x, np.random.default_rng(i)) for i, x in enumerate(_drawn(kind, h, some[h]))) for h in (0, 1)]
            groups[kind, f"{MADE} {kind}s, {name}".replace("page of texts", "pages of text")] = (made[0], made[1])
    return groups


def _halves(paths: Sequence[Path], name: str) -> tuple[list[Path], list[Path]]:
    if not paths:
        raise SystemExit(f"no .jpg in {name}; `python -c 'import learn; help(learn.kinds)'` says what DATA is")
    order = np.random.default_rng(0).permutation(len(paths)).tolist()
    return [paths[i] for i in sorted(order[::2])], [paths[i] for i in sorted(order[1::2])]


def _measured_photographs(paths: list[Path], name: str, kept: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Measures of photographs as they are, and of each in one altered form; a few are kept in the list."""
    changes = [*alterations.PHOTOGRAPHS]
    rows: dict[str, list[np.ndarray]] = {name: []} | {f"photographs, {change}": [] for change in changes}
    for i, path in enumerate(track(paths, name)):
        picture, rng = read_image(path), np.random.default_rng((len(paths), i))
        if i < 12:
            kept.append(picture)
        change = changes[i % len(changes)]
        altered = alterations.PHOTOGRAPHS[change](picture, rng)
        rows[name] += [*_rows([picture])]
        rows[f"photographs, {change}"] += [*_rows([altered])]
    return {group: np.array(values) for group, values in rows.items()}


def _drawn(kind: str, half: int, photographs: Sequence[np.ndarray]) -> Iterable[np.ndarray]:
    rng = np.random.default_rng((KINDS.index(kind), half))
    for k in range(DRAWN // 2):
        # Every fifth web page has no photograph.
        yield drawn.web_page(rng, photographs if k % 5 else ()) if kind == WEB_PAGE else drawn.DRAWN[kind](rng)


def _rows(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """(N, measures) of those pictures that can be measured."""
    return np.array([[*values.values()] for picture in pictures if (values := measures(picture))])


# ---- the rule


def fit(groups: Mapping[Group, np.ndarray]) -> dict[str, Any]:
    """The rule of `wepsam.kinds.decide`, learned from the (N, measures) of each kind and group.

    Each kind counts as much as any other, whatever the number of its pictures.
    """
    samples = np.concatenate([*groups.values()])
    kinds = np.concatenate([np.full(len(rows), KINDS.index(kind)) for (kind, _), rows in groups.items()])
    mean, scale = samples.mean(axis=0), samples.std(axis=0)
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=5000).fit((samples - mean) / scale, kinds)
    weights = model.coef_ / scale
    rule = {"weights": weights.round(3).tolist(), "constants": (model.intercept_ - weights @ mean).round(3).tolist()}
    odds = {group: rows @ np.array(rule["weights"]).T + rule["constants"] for group, rows in groups.items()}
    others = {group: np.logaddexp.reduce(o[:, 1:], axis=1) - o[:, 0] for group, o in odds.items()}
    photographs = [values for (_, group), values in others.items() if group in SETS]
    limits = [np.quantile(np.concatenate(photographs), 1 - ALARMS)]
    limits += [np.quantile(values, 1 - ALARMS_OF_A_SET) for values in photographs]
    pages = np.concatenate([o for (kind, group), o in odds.items() if kind == WEB_PAGE and not group.startswith(MADE)])
    margin = np.quantile(pages[:, 2:].max(axis=1) - pages[:, 1], 1 - WRONG_NAMES)
    return {**rule, "threshold": round(float(max(limits)), 3), "margin": round(float(margin), 3)}


def rates(groups: Mapping[Group, Halves], rules: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By group: its kind, the number of pictures, and how many are called each kind by the rule of the other half."""
    table: dict[str, dict[str, Any]] = {}
    for (kind, group), halves in groups.items():
        called = [decide(row, rules[1 - half]) for half in (0, 1) for row in halves[half]]
        table[group] = {"is": kind, "pictures": len(called), "called": {name: called.count(name) for name in KINDS}}
    return table


if __name__ == "__main__":
    main()
