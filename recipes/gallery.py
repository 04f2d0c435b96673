"""The tables and pictures of docs/gallery.md: python recipes/gallery.py [--photographs FOLDER] [--pages] [--data DATA]

Without an option, the tables from results/gallery. Each option makes a part of these results, and its pictures, again:

    python recipes/gallery.py --photographs .venv/pictures    # which `make test` unpacks from the wheel of scikit-image
    python recipes/gallery.py --pages                         # the pages in docs/gallery, in a Chromium that is there
    python recipes/gallery.py --data ../shared/data           # see docs/reference/datasets.md; takes 5 minutes

After new weights, what the chosen pictures show (`SHOWN`) and results/gallery/by-eye.csv have to be looked at again.
"""

import argparse
from pathlib import Path

from recipes import gallery_drawings, gallery_measure, gallery_tables
from wepsam import markdown, progress

PAGE = Path(__file__).parents[1] / "docs" / "gallery.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", metavar="FOLDER", type=Path)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--data")
    options = parser.parse_args()
    if options.photographs:
        gallery_drawings.photographs(options.photographs)
    if options.pages:
        gallery_drawings.pages()
    if options.data:
        progress.show()
        gallery_measure.measure(options.data)
        gallery_drawings.people(options.data)
    for name, text in gallery_tables.tables().items():
        markdown.insert(PAGE, name, text)


if __name__ == "__main__":
    main()
