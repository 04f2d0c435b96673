"""The picture of docs/how-to/attention.md that shows each drawing: python recipes/drawings_figure.py [PICTURE]

PICTURE is astronaut.png by NASA, in the public domain, which `make test` unpacks into .venv/pictures.
"""

import sys
from pathlib import Path

import wepsam
from wepsam import drawing, overlays
from wepsam.images import save_image

ROOT = Path(__file__).parents[1]
PICTURE, FIGURE = ROOT / ".venv" / "pictures" / "astronaut.png", ROOT / "docs" / "images" / "drawings.jpg"
AREAS = [
    {"label": "face", "box": [0.33, 0.07, 0.55, 0.38]},
    {"label": "shuttle", "box": [0.69, 0.0, 0.95, 0.57]},
    {"label": "badge", "box": [0.25, 0.67, 0.43, 0.88]},
]
SIZE = 400  # pixels of a drawing


def main(picture: Path) -> None:
    """Draw each kind, three in a row."""
    answer = wepsam.attend(picture, AREAS)
    style = drawing.Style(size=SIZE, legend=False)
    kinds = ("heat", "fog", "map", "contours", "hot-spots", "areas")
    drawn = [drawing.draw(answer, kind, style) for kind in kinds]
    rows, captions = ([things[:3], things[3:]] for things in (drawn, kinds))
    save_image(FIGURE, overlays.contact_sheet(rows, captions=captions, height=SIZE), drawn=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
