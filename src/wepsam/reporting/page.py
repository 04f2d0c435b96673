"""The page of a report: sentences, numbers and bars for people."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2

from wepsam.reporting.views import View

SCORES = {
    "focus_50": "Focus: surface that holds half of the attention",
    "focus_80": "Focus: surface that holds 80 % of it",
    "places": "Places that share the attention",
    "centeredness": "Explained by the center alone",
    "clutter": "Clutter",
}
# What a browser may load for the page: nothing but what is part of it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
SHARES = ("focus_50", "focus_80", "centeredness")  # scores that are shares


def render(
    report: Mapping[str, Any], shown: Sequence[tuple[str, Sequence[View]]], differences: Sequence[View] = ()
) -> str:
    """The page as HTML. It asks for nothing from outside.

    Args:
        report: as `content.content` makes it.
        shown: for each of its pictures, a thumbnail as a data: URL and the views.
        differences: the pictures of its comparisons.
    """
    pictures = [
        one | {"thumbnail": thumbnail, "views": views}
        for one, (thumbnail, views) in zip(report["pictures"], shown, strict=True)
    ]
    comparisons = [one | {"view": view} for one, view in zip(report["comparisons"], differences, strict=True)]
    references = [*dict.fromkeys(one["scores"]["reference"] for one in pictures)]
    kinds = [*dict.fromkeys(view.kind for _, views in shown for view in views)]
    return environment().get_template("report.html.jinja").render(
        report=report, pictures=pictures, comparisons=comparisons, scores=SCORES, references=references,
        kinds=kinds, policy=POLICY, asked=any("people" in one for one in pictures),
    )  # fmt: skip


def percent(share: float) -> str:
    """A share to read: two digits where there are two."""
    return f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"


def times(lift: float) -> str:
    """A lift to read."""
    return f"{lift:.1f}x" if lift < 9.95 else f"{lift:.0f}x"


def place(peak: Sequence[float]) -> str:
    """Where a point of a picture lies, in words.

    Args:
        peak: (x, y) in shares of the sides.
    """
    column, row = (min(int(3 * value), 2) for value in peak)
    words = f"{('upper', '', 'lower')[row]} {('left', 'middle', 'right')[column]}".strip()
    return "center" if words == "middle" else words


def score(value: float, name: str) -> str:
    """A score to read."""
    return percent(value) if name in SHARES else f"{value:.3g}"


def points(change: float) -> str:
    """A difference of two shares to read, in percentage points."""
    return f"{100 * change:+.1f} points"


def summary(picture: Mapping[str, Any]) -> list[str]:
    """What a picture's numbers say, as sentences."""
    scores, among = picture["scores"], picture["scores"]["reference"]
    held, standing = scores["focus_50"], scores["percentiles"]["focus_50"]
    said = [
        f"Half of the attention falls on {percent(held)} of the surface: "
        f"{_beside(100 - standing, 'more focused', 'less focused')} {among}."
    ]
    if picture["hot_spots"]:
        first = picture["hot_spots"][0]
        said.append(
            f"The strongest place is at the {place(first['peak'])}, with {percent(first['share'])} of the attention."
        )
    areas = sorted(picture["areas"], key=lambda area: area["rank"])
    for area in areas[:1]:
        said.append(
            f"Of the areas, “{area['label']}” gets most: {percent(area['share'])} "
            f"({percent(area['share_low'])} to {percent(area['share_high'])}); its place alone would give it "
            f"{percent(area['center_share'])}."
        )
    if areas:
        said.append(f"{percent(picture['elsewhere'])} of the attention is outside of all areas.")
    crowded = scores["percentiles"]["clutter"]
    said.append(f"It is {_beside(crowded, 'more cluttered', 'less cluttered')} {among}.")
    return said


def _beside(percentile: float, more: str, less: str) -> str:
    if percentile >= 50:
        return f"{more} than {percentile:.0f} of 100"
    return f"{less} than {100 - percentile:.0f} of 100"


@cache
def environment(package: str = "wepsam.reporting") -> jinja2.Environment:
    """Templates of a package, and the style that all pages share.

    Args:
        package: whose folder has the templates.
    """
    loaders = [jinja2.PackageLoader(name, ".") for name in dict.fromkeys((package, "wepsam.reporting"))]
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "percent": percent,
        "times": times,
        "place": place,
        "score": score,
        "summary": summary,
        "points": points,
    }
    return made
