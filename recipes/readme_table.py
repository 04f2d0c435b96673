"""The short table of README.md: python recipes/readme_table.py

Five models and four metrics, from the files that `wepsam evaluate` wrote. docs/results.md has all of them.
"""

from pathlib import Path

from wepsam import markdown
from wepsam.evaluation.comparison import NAMES, column_title
from wepsam.evaluation.results import read

ROOT = Path(__file__).parents[1]
MODELS = ("center-bias", "gbvs", "wepsam-paper", "wepsam-lite", "half-of-observers")
METRICS = ("auc_judd", "nss", "cc", "sim")


def main() -> None:
    markdown.insert(ROOT / "README.md", "readme", short_table(ROOT / "results" / "osie-validation"))


def short_table(results: Path) -> str:
    """A Markdown table of mean scores.

    Args:
        results: a folder that `wepsam evaluate` wrote, with results of all MODELS.
    """
    means = {evaluation.about["model"]: evaluation.mean() for evaluation in read(results)}
    head = ["", *map(column_title, METRICS)]
    rows = [
        [NAMES.get(model, f"**{model}**"), *(f"{means[model][metric]:.2f}" for metric in METRICS)] for model in MODELS
    ]
    return markdown.table(head, rows)


if __name__ == "__main__":
    main()
