"""What people did with areas: numbers from paper, and beside the prediction."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write
from wepsam.attention.areas import Area, Mask
from wepsam.gaze import measured
from wepsam.gaze.study import read_study

ROWS = [  # observer, x, y, duration, onset on a picture of 120x90
    ("a", 10, 10, 0.2, 0.1), ("a", 100, 80, 0.3, 0.5), ("a", 15, 12, 0.5, 1.0),
    ("b", 100, 80, 0.4, 0.2), ("b", 20, 20, 0.1, 0.8),
    ("c", 110, 70, 1.0, 0.0), ("c", 119, 89, 1.0, 1.1), ("c", 60, 45, 0.5, 2.2),
]  # fmt: skip


@pytest.fixture
def study(tmp_path: Path, paint: Paint, write: Write) -> Path:
    folder = tmp_path / "study"
    write(folder / "stimuli" / "page.png", paint(3))
    with (folder / "fixations.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "observer", "x", "y", "duration", "onset", "group"])
        rows.writerows(["page.png", *row, "old" if row[0] == "c" else "young"] for row in ROWS)
    return folder


def test_by_hand(study: Path) -> None:
    seen = read_study(study).find("page.png")
    assert seen is not None
    corner, rest = measured.measure(seen, [Area("corner", box=(0, 0, 0.25, 0.25)), Area("rest", box=(0.5, 0.5, 1, 1))])
    assert (corner.fixations, corner.share, corner.observers) == (3, 3 / 8, 3)
    assert corner.dwell == pytest.approx(0.8 / 3)
    assert corner.dwell_share == pytest.approx(0.8 / 4.0)
    assert corner.first == pytest.approx((0.1 + 0.8) / 2)
    assert corner.seen == pytest.approx(2 / 3)
    assert corner.share_low < corner.share < corner.share_high
    assert (rest.fixations, rest.seen) == (5, 1)
    assert rest.first == pytest.approx(0.2)  # of .5, .2 and 0


def test_shapes_agree_with_their_coverage() -> None:
    """Points inside, counted, are the area that coverage gives."""
    rng = np.random.default_rng(0)
    places = rng.random((20_000, 2))
    star = [(0.5, 0.05), (0.75, 0.95), (0.05, 0.35), (0.95, 0.35), (0.25, 0.95)]  # crosses itself
    mask = np.zeros((30, 50), bool)
    mask[5:20, 10:37] = True
    mask[10:12] = False
    for area in (
        Area("box", box=(0.1, 0.2, 0.7, 0.5)), Area("star", polygons=(star,)),  # type: ignore[arg-type]
        Area("ring", polygons=([(0.1, 0.1), (0.9, 0.2), (0.6, 0.8)], [(0.1, 0.9), (0.2, 0.7), (0.3, 0.9)])),  # type: ignore[arg-type]
        Area("mask", mask=Mask.of(mask)),
    ):  # fmt: skip
        assert measured.inside(area, places).mean() == pytest.approx(area.surface, abs=0.012)


def test_without_times(study: Path) -> None:
    text = (study / "fixations.csv").read_text()
    rows = [line.split(",")[:4] for line in text.splitlines()]
    (study / "fixations.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    seen = read_study(study).find("page.png")
    assert seen is not None
    (one,) = measured.measure(seen, [Area("corner", box=(0, 0, 0.25, 0.25))])
    assert (one.share, one.dwell, one.dwell_share, one.first) == (3 / 8, None, None, None)


def test_beside_the_prediction(study: Path, tmp_path: Path, wepsam_command: Run) -> None:
    areas = tmp_path / "areas.json"
    areas.write_text('[{"label": "corner", "box": [0, 0, 0.25, 0.25]}]')
    picture = str(study / "stimuli" / "page.png")
    call = ["areas", picture, "--areas", str(areas), "--people", str(study), "--quality", "fast"]
    code, out, _ = wepsam_command(*call)
    assert code == 0
    assert "area, measured" in out
    assert "67% of 3" in out
    code, out, _ = wepsam_command(*call, "--json")
    assert json.loads(out)[0]["people"]["fixations"] == 3
    code, out, _ = wepsam_command("report", *call[1:], "--out", str(tmp_path / "report"))
    assert code == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert "What people did" in page
    assert "Nobody has looked" not in page
    (row,) = csv.DictReader((tmp_path / "report" / "areas.csv").read_text().splitlines())
    assert row["people_fixations"] == "3"
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(measured.__file__).parents[1] / "reporting" / "report.schema.json").read_text())
    jsonschema.validate(json.loads((tmp_path / "report" / "report.json").read_text()), schema)
