"""What the page is told: from what is known about pictures to texts, numbers and drawings. No browser is needed."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from wepsam import drawing
from wepsam.attention import crop_files, cropping, intervals, screens
from wepsam.attention.answers import Attention
from wepsam.attention.comparing import UNDECIDED, Comparison
from wepsam.drawing import difference as differences
from wepsam.drawing import drawings
from wepsam.images import read_image, resize
from wepsam.reporting import content, page, writing
from wepsam.reporting.views import TABS
from wepsam.service import answering as service
from wepsam.service.answering import JPEG, PNG, encoded
from wepsam.service.forms import Upload

File = tuple[bytes, str]  # content, media type

VIEWS = {kind: text for kind, text in TABS.items() if kind != "areas"} | {"picture": ("Picture", "The picture itself.")}
SHOWN_PIXELS = 2_000_000  # of a drawing on the page; files have all pixels of the picture
SCREENS = ("1280x800", "1920x1080", "390x844")  # through which long pages are read
SHEET, PARTS = "sheet", ("a", "b", "difference")


def group() -> str:
    """The people that intervals are about, in words."""
    people = intervals.Group()
    return f"{people.viewers} viewers who look for {people.seconds:g} seconds"


def said(answer: Attention, name: str) -> dict[str, Any]:
    """All numbers of a picture, and the texts in which the page says them."""
    numbers = content.of_picture(answer, name)
    among = numbers["scores"]["percentiles"]
    doubts = [line.replace(screens.HOW, "above") for line in numbers["warnings"]]
    return numbers | {
        "warnings": doubts,
        "sentences": page.summary(numbers),
        "texts": {
            area["label"]: {
                "share": page.percent(area["share"]),
                "interval": f"{page.percent(area['share_low'])} to {page.percent(area['share_high'])}",
                "lift": page.times(area["lift"]),
                "center_share": page.percent(area["center_share"]),
                "seen": page.percent(area["seen"]),
            }
            for area in numbers["areas"]
        },
        "elsewhere_text": page.percent(numbers["elsewhere"]),
        "score_rows": [
            {"name": text, "value": page.score(numbers["scores"][key], key), "percentile": round(among[key])}
            for key, text in page.SCORES.items()
        ],
    }


def drawn(answer: Attention, kind: str, opacity: float) -> File:
    """A drawing as the page shows it, without a legend; ValueError for a kind that there is not."""
    height, width = answer.stimulus.shape[:2]
    scale = (SHOWN_PIXELS / (height * width)) ** 0.5
    size = None if scale >= 1 else max(16, round(scale * max(height, width)))
    return encoded(_drawn(answer, kind, opacity, size=size, legend=False), JPEG), JPEG


def drawn_in_full(answer: Attention, upload: Upload, kind: str, opacity: float, max_pixels: int) -> File:
    """A drawing for a file: with a legend, and with all pixels of the picture up to those of the largest drawing."""
    wanted = drawing.Style().shape(*answer.size)
    if wanted != answer.stimulus.shape[:2]:
        full = read_image(upload.data, smallest=min(wanted), max_pixels=max_pixels, shape=wanted)
        answer = dataclasses.replace(answer, stimulus=full)
    return encoded(_drawn(answer, kind, opacity), PNG), PNG


def crops(answer: Attention, aspects: Sequence[str]) -> list[dict[str, Any]]:
    """Where crops of some aspects are, and what they keep; ValueError with one line for what is no aspect."""
    said = []
    for aspect in aspects:
        found = cropping.best_crop(answer.density, answer.size, aspect, spots=answer.hot_spots)
        left, top, right, bottom = found.box
        lost = [*found.cut, *found.left_out]
        said.append(
            {
                "aspect": aspect,
                "box": list(found.box),
                "width": right - left,
                "height": bottom - top,
                "object_position": found.object_position,
                "kept": page.percent(found.kept),
                "lost": ", ".join(str(spot.number) for spot in sorted(lost, key=lambda spot: spot.number)),
            }
        )
    return said


def cropped(answer: Attention, upload: Upload, aspect: str, max_pixels: int) -> File:
    """A crop as a file of the picture's own format, with its pixels, color profile and EXIF."""
    found = cropping.best_crop(answer.density, answer.size, aspect, spots=answer.hot_spots)
    made = crop_files.encode(upload.data, found.box, answer.size, max_pixels=max_pixels)
    return made.data, made.media_type


def compared(found: Comparison, names: tuple[str, str]) -> dict[str, Any]:
    """What differs between two pictures, and the texts in which the page says it."""
    numbers = content.of_comparison(found, *names)
    cells = _cells(found)
    return numbers | {
        "moved_text": page.percent(found.moved),
        "rows": [
            {
                "label": change.label,
                "a": page.percent(change.share_a),
                "b": page.percent(change.share_b),
                "change": page.points(change.change),
                "verdict": change.verdict,
                "interval": f"{page.points(change.change_low)} to {page.points(change.change_high)}",
                "decided": change.verdict != UNDECIDED,
            }
            for change in found.changes
        ],
        "highest": f"{cells[1]:.1f}",
        "limit": f"{cells[2]:.1f}",
        "colors": [list(differences.FIRST), list(differences.SECOND)],
    }


def comparison_drawn(found: Comparison, part: str) -> File:
    """One of both pictures on their common scale, or their difference; or all of it on a sheet."""
    if part == SHEET:
        return encoded(found.draw(), PNG), PNG
    if part not in PARTS:
        raise ValueError(f"no part {part[:50]!r}; expected one of {', '.join((*PARTS, SHEET))}")
    return encoded(_cells(found)[0][PARTS.index(part)], JPEG), JPEG


def reported(answers: Sequence[tuple[str, Attention]], kind: str, compare: bool) -> File:
    """The report of some pictures: the page, its numbers, or its table."""
    if kind not in service.REPORTS:
        raise ValueError(f"no report as {kind[:50]!r}; expected one of {', '.join(service.REPORTS)}")
    names = content.names([name for name, _ in answers])
    found = [answer for _, answer in answers]
    pairs = [(content.of_picture(one, name), writing.small(one)) for name, one in zip(names, found, strict=True)]
    numbers, text = writing.compose(pairs, None, compare=compare and len(pairs) > 1)
    return service.report_file(numbers, text, kind)[:2]


def _drawn(answer: Attention, kind: str, opacity: float, **style: Any) -> np.ndarray:
    if kind == "picture":
        return resize(answer.stimulus, drawing.Style(**style).shape(*answer.stimulus.shape[:2]))
    look = drawing.Style(opacity=opacity, **style)
    made = drawing.draw(answer, kind, look)
    if kind not in drawings.OUTLINED:
        return made
    # Lines and labels have no opacity of their own: here the slider fades them.
    height, width = look.shape(*answer.stimulus.shape[:2])
    plain = resize(answer.stimulus, (height, width))
    faded = Image.blend(Image.fromarray(plain), Image.fromarray(made[:height]), opacity)
    return np.concatenate([np.asarray(faded), made[height:]])


def _cells(found: Comparison) -> tuple[list[np.ndarray], float, float]:
    pictures = (found.a.stimulus, found.b.stimulus), (found.a.density, found.b.density)
    return differences.drawn(*pictures, found.difference)
