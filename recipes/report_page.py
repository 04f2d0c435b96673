"""The picture of a report in README: python recipes/report_page.py PHOTOGRAPH

It needs the extras [report] and [page]. The areas are chosen by eye for the photograph of the demo, astronaut.png.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

import wepsam
from wepsam.pages import capture

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "report.jpg"
AREAS = [
    {"label": "face", "box": [0.33, 0.08, 0.56, 0.4]},
    {"label": "badge", "box": [0.44, 0.66, 0.6, 0.82]},
    {"label": "shuttle", "box": [0.6, 0.03, 0.86, 0.62]},
    {"label": "flag", "box": [0.0, 0.05, 0.2, 0.95]},
]
VIEWPORT = (1000, 1420)


def main(photograph: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = wepsam.report(photograph, folder, AREAS, title="Where will people look?")
        page = capture(done.page, VIEWPORT, screen=True)
    Image.fromarray(page.picture).save(PICTURE, quality=82, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
