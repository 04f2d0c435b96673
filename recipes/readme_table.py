"""The short table of README.md: python recipes/readme_table.py

Five rows: their mean over laboratories, and two of these alone, from the files that `wepsam evaluate` wrote.
docs/results.md has all of them.
"""

from collections.abc import Mapping
from pathlib import Path

from wepsam import markdown
from wepsam.evaluation.comparison import NAMES, TITLES, column_title, select
from wepsam.evaluation.over_datasets import mean_over_datasets
from wepsam.evaluation.results import read

ROOT = Path(__file__).parents[1]
MODELS = ("center-bias", "gbvs", "wepsam-paper", "wepsam-lite")
LEFT_OUT = "wepsam-lite-left-out"  # each laboratory with the calibration of the others
PEOPLE = "half-of-observers"  # some laboratories do not say which observer looked where: no mean over them
METRICS = ("cc", "nss_or_density", "sim", "kl_div")  # of the mean
ALONE = {"osie": ("OSIE", ("cc", "nss")), "dut_omron": ("DUT-OMRON", ("cc", "nss_density"))}


def main() -> None:
    markdown.insert(ROOT / "README.md", "readme", short_table(ROOT / "results"))


def short_table(results: Path) -> str:
    """A Markdown table of mean scores, with its note.

    Args:
        results: the folder with a folder DATASET-validation for each laboratory, in each of them results of all MODELS.
    """
    folders = sorted(results.glob("*-validation"))
    means = mean_over_datasets([select(read(folder), MODELS, folder) for folder in folders])[-1]
    mean = {
        model: dict(zip(means.metrics, (c.mean for c in cells), strict=True)) for model, cells in means.rows.items()
    }
    head, columns = [], []
    for title, metrics, scores in [("", METRICS, mean), *((*ALONE[name], _alone(results, name)) for name in ALONE)]:
        for metric in metrics:
            head.append(f"{title} {column_title(metric)}".strip().replace(TITLES["nss_or_density"], "NSS\\*"))
            columns.append({model: f"{found[metric]:.2f}" for model, found in scores.items()})
    rows = [
        [NAMES.get(model, f"**{model}**"), *(column.get(model, "") for column in columns)]
        for model in (*MODELS, PEOPLE)
    ]
    sets = ", ".join(f"`{name}`" for name in means.datasets)
    apart = mean_over_datasets([select(read(folder), (*MODELS, LEFT_OUT), folder) for folder in folders])[-1]
    left_out = {metric: f"{cell.mean:.2f}" for metric, cell in zip(apart.metrics, apart.rows[LEFT_OUT], strict=True)}
    note = (
        f"First the mean over {len(means.datasets)} laboratories, each of which counts once: {sets}. None of these "
        "networks has learned from their pictures. The four numbers of their calibrations are fitted to them. For a "
        f"laboratory that it has never seen, wepsam-lite has a CC of {left_out['cc']} and a KL of {left_out['kl_div']} "
        "([docs/calibration.md](docs/calibration.md)). \\*: where a laboratory publishes densities only, the NSS that "
        "is expected of fixations drawn from them."
    )
    return f"{markdown.table(['', *head], rows)}\n\n{note}"


def _alone(results: Path, dataset: str) -> Mapping[str, Mapping[str, float]]:
    return {e.about["model"]: e.mean() for e in read(results / f"{dataset}-validation")}


if __name__ == "__main__":
    main()
