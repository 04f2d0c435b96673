"""The pictures of docs/gallery.md, and what answers say of them; recipes/gallery.py calls it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import wepsam
from recipes import gallery_measure
from wepsam import drawing, maps, metrics, overlays
from wepsam.attention.answers import Attention, rounded
from wepsam.attention.areas import Area
from wepsam.attention.shares import AreaScore
from wepsam.datasets import Sample
from wepsam.files import read_json, replacing, write_json
from wepsam.pages import capture
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.reproduction import laboratories

ROOT = Path(__file__).parents[1]
FIGURES, PAGES = ROOT / "docs" / "images" / "gallery", ROOT / "docs" / "gallery"
ANSWERS = ROOT / "results" / "gallery" / "answers.json"
# Name in the wheel of scikit-image -> what it is, and what the wheel says of its terms.
PHOTOGRAPHS = {
    "astronaut.png": ("Eileen Collins, by NASA", "public domain"),
    "camera.png": ("man with a camera, by Lav Varshney", "CC0"),
    "chelsea.png": ("cat, by Stefan van der Walt", "CC0"),
    "coffee.png": ("cup of coffee, by Rachel Michetti", "CC0"),
    "rocket.jpg": ("rocket, by SpaceX", "public domain"),
    "clock_motion.png": ("clock that moves, by Stefan van der Walt", "public domain"),
    "coins.png": ("coins, Brooklyn Museum", "no known restrictions"),
    "hubble_deep_field.jpg": ("deep field, by NASA", "public domain"),
    "retina.jpg": ("back of an eye", "CC0"),
    "text.png": ("handwriting", "public domain"),
    "gravel.png": ("gravel", "CC0"),
    "brick.png": ("bricks", "CC0"),
}
ORDINARY = {
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "coins.png",
}  # as laboratories show
# Laboratories whose terms are MIT: their densities may be drawn here.
DRAWN = ("osie", "eyecrowd", "scene", "emod")
ELEMENTS = {
    "shop": {"picture": "figure", "name": "h1", "price": ".price", "buy": ".buy"},
    "article": {"headline": "h1", "lead": ".lead", "text": ".columns", "most read": "aside"},
    "form": {"title": "h1", "error": ".error", "book": ".send", "cancel": ".cancel"},
    "dashboard": {"menu": "nav", "alarm": ".alarm", "chart": "svg", "table": "table"},
    "poster": {"title": "h1", "date": ".date", "boat": "svg", "tickets": ".tickets"},
    "chat": {"names": "nav", "last message": ".m:nth-of-type(6)", "write": ".write div", "send": ".send"},
}
WINDOW = (1280, 800)
LEGEND = drawing.Style(size=480, legend=False)


def photographs(folder: Path) -> None:
    """Draw the photographs, and keep what the answers say."""
    predict, other = (wepsam.load(name, threads=1, warn=False) for name in (DEFAULT, gallery_measure.OTHER))
    drawn, found = [], {}
    for name in PHOTOGRAPHS:
        answer = wepsam.attend(folder / name, model=predict)
        second = maps.enlarge(other.low_resolution(answer.stimulus).astype(np.float32), answer.density.shape)
        (around,) = answer.with_areas([Area("first hot spot", answer.hot_spots[0].box)]).areas
        found[name] = _said(answer) | {"agreement": metrics.cc(answer.density, second), "around": _share(around)}
        drawn.append(drawing.draw(answer, "heat", LEGEND))
    _sheet("photographs.jpg", drawn, list(PHOTOGRAPHS), columns=4, height=230)
    _keep("photographs", found)


def pages() -> None:
    """Take the pictures of our own pages in Chromium, draw them, and keep what the answers say."""
    predict = wepsam.load(threads=1, warn=False)
    drawn, names, found = [], [], {}
    for name, elements in ELEMENTS.items():
        selectors = [f"{label}={css}" for label, css in elements.items()]
        page = capture(PAGES / f"{name}.html", WINDOW, selectors, screen=True)
        answer = wepsam.attend(page.picture, page.areas, model=predict, name=f"{name}.html")
        found[name] = _said(answer)
        drawn += [drawing.draw(answer, kind, LEGEND) for kind in ("areas", "heat")]
        names += [f"{name}: areas", "the answer"]
    _sheet("pages.jpg", drawn, names, columns=4, height=230)
    _keep("pages", found)


def people(data: str) -> None:
    """Draw where people looked beside the prediction, for the chosen pictures of each laboratory in DRAWN."""
    predict, ranked = wepsam.load(threads=1), gallery_measure.pictures()
    cells, names = [], []
    for part in laboratories.validation_parts(data, DRAWN):
        samples = {sample.id: sample for sample in part}
        for which, row in gallery_measure.chosen(ranked[part.name]).items():
            cells += _pair(predict, samples[row["id"]])
            names += [f"{part.name}, {which}: people", f"{row['id']}: {DEFAULT}"]
    _sheet("people.jpg", cells, names, columns=6, height=160)


def _pair(predict: Predictor, sample: Sample) -> list[np.ndarray]:
    height, width = sample.size
    size = (round(320 * height / width), 320)
    density = predict.low_resolution(predict.read(sample.path)[0])
    return [overlays.colorize(maps.enlarge(one.astype(np.float32), size)) for one in (sample.density(), density)]


def _said(answer: Attention) -> dict[str, Any]:
    areas = {score.label: _share(score) for score in answer.areas}
    return {
        "looks_like": answer.doubted or "photograph",
        "focus": answer.scores.focus_50,
        "centeredness": answer.scores.centeredness,
        "hot_spots": [spot.share for spot in answer.hot_spots],
    } | ({"areas": areas, "first": _first(answer)} if areas else {})


def _share(score: AreaScore) -> dict[str, float]:
    return {"share": score.share, "low": score.share_low, "high": score.share_high, "center": score.center_share}


def _first(answer: Attention) -> list[str]:
    """The areas in which the first hot spot has its peak."""
    x, y = answer.hot_spots[0].peak
    boxes = {area.label: area.box for area in answer.shapes if area.box}
    return [label for label, (x0, y0, x1, y1) in boxes.items() if x0 <= x < x1 and y0 <= y < y1]


def _keep(name: str, found: dict[str, Any]) -> None:
    known = read_json(ANSWERS) if ANSWERS.exists() else {}
    write_json(ANSWERS, known | {"weights": wepsam.models()[DEFAULT]["sha256"], name: rounded(found)})


def _sheet(file: str, drawn: Sequence[np.ndarray], names: Sequence[str], *, columns: int, height: int) -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    sheet = overlays.contact_sheet(_rows(drawn, columns), captions=_rows(names, columns), height=height)
    with replacing(FIGURES / file) as temporary:
        Image.fromarray(sheet).save(temporary, format="JPEG", quality=80, optimize=True)


def _rows(things: Sequence[Any], columns: int) -> list[list[Any]]:
    return [list(things[first : first + columns]) for first in range(0, len(things), columns)]
