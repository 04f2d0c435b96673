"""What MKL weighs how, in docs/reference/classical.md: made of bases/mkl.json: python recipes/mkl_page.py"""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from wepsam import markdown
from wepsam.classical.mkl import CARD
from wepsam.files import read_json, replacing

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "classical.md"
FIGURE = PAGE.parent / "classical" / "mkl.png"
MACHINES = ("MKL", "equal weights", "linear SVM", "AdaBoost", "linear SVM, Judd's features")
COLUMNS = {"auc": "AUC (density)", "cc": "CC", "nss": "NSS (density)"}


def main() -> None:
    card = read_json(CARD)
    markdown.insert(PAGE, "mkl", table(card))
    with replacing(FIGURE) as temporary:
        figure(card).savefig(temporary, format="png", dpi=110)
    print(PAGE, FIGURE)


def table(card: dict[str, Any]) -> str:
    """The machines on the same features, then each group alone, with its weight."""
    scores, weights = card["on_other_training_pictures"], card["weights"]
    rows = {name: f"**{name}**" if name == "MKL" else name for name in MACHINES}
    rows |= {f"{group} alone": f"{group} alone" for group in sorted(weights, key=lambda group: -weights[group])}
    lines = [
        [title, *(f"{scores[name][column]:.3f}" for column in COLUMNS), _weight(weights, name)]
        for name, title in rows.items()
    ]
    pictures = card["pictures"]
    caption = (
        f"{pictures['compared on']} pictures of the training parts; the machines learned from {card['pixels']:,} "
        f"pixels of {pictures['learned from']:,} others. Maps and densities at 100x100, means over pictures."
    )
    return markdown.table(["machine", *COLUMNS.values(), "weight in MKL"], lines) + "\n\n" + caption


def _weight(weights: dict[str, float], name: str) -> str:
    group = name.removesuffix(" alone")
    return f"{weights[group]:.2f}" if group in weights else ""


def figure(card: dict[str, Any]) -> Figure:
    """Two bars for each group: its weight, and the CC of a machine that has nothing else."""
    weights, scores = card["weights"], card["on_other_training_pictures"]
    groups = sorted(weights, key=lambda group: weights[group])
    drawing = Figure(figsize=(8, 3), layout="constrained")
    left, right = drawing.subplots(1, 2, sharey=True)
    left.barh(groups, [weights[group] for group in groups], color="#3b6ea5")
    left.set_xlabel("weight of the group's kernel")
    right.barh(groups, [scores[f"{group} alone"]["cc"] for group in groups], color="#b8c9dc")
    right.axvline(scores["MKL"]["cc"], color="#3b6ea5", linewidth=1)
    right.set_xlabel("CC of the group alone (line: all groups)")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return drawing


if __name__ == "__main__":
    main()
