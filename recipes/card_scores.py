"""Write scores into a card: python recipes/card_scores.py CARD RESULTS...

CARD is the .json of weights, or src/wepsam/classical/card.json. RESULTS are folders that `wepsam evaluate` wrote; those
of the card's own models are taken.
"""

import argparse
from pathlib import Path

from wepsam import cards
from wepsam.evaluation.comparison import read_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card", type=Path)
    parser.add_argument("results", type=Path, nargs="+")
    options = parser.parse_args()
    for folder, evaluations in read_tables(options.results).items():
        cards.add_scores(options.card, folder.resolve().name, evaluations)


if __name__ == "__main__":
    main()
