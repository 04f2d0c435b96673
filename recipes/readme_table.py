"""The short table of README.md: python recipes/readme_table.py

Five rows: their mean over laboratories, and two of these alone, from the files that `wepsam evaluate` wrote.
docs/reference/results.md has all of them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from wepsam import markdown
from wepsam.evaluation.comparison import NAMES, TITLES, column_title, select
from wepsam.evaluation.over_datasets import mean_over_datasets
from wepsam.evaluation.results import read

ROOT = Path(__file__).parents[1]
MODELS = ("center-bias", "gbvs", "wepsam-paper", "wepsam-lite")
LEFT_OUT = "wepsam-lite-left-out"  # each laboratory with the calibration of the others
# Weights that have learned nothing from these laboratories, each of which has the calibration of the others.
NEVER_SEEN, UNKNOWN = "wepsam-lite-first-left-out", ("emod", "salicon-densities", "sjtu")
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
    for title, metrics, scores in [
        ("", METRICS, mean),
        *((*ALONE[name], _alone(results / f"{name}-validation")) for name in ALONE),
    ]:
        for metric in metrics:
            head.append(f"{title} {column_title(metric)}".strip().replace(TITLES["nss_or_density"], "NSS\\*"))
            columns.append({model: f"{found[metric]:.2f}" for model, found in scores.items()})
    rows = [
        [NAMES.get(model, f"**{model}**"), *(column.get(model, "") for column in columns)]
        for model in (*MODELS, PEOPLE)
    ]
    sets = ", ".join(f"`{name}`" for name in means.datasets)
    calibrated = _over([folder for folder in folders if _name(folder) in means.datasets], LEFT_OUT)
    unknown = _over([folder for folder in folders if _name(folder) in UNKNOWN], NEVER_SEEN)
    note = (
        f"First the mean over {len(means.datasets)} laboratories, each of which counts once: {sets}. None of the "
        "networks has learned from these pictures. wepsam-lite has learned from other pictures of the same "
        "laboratories, and the four numbers of its calibration are fitted to these pictures. With a calibration that "
        f"is fitted to the other laboratories, it has a CC of {calibrated['cc']:.2f} and a KL of "
        f"{calibrated['kl_div']:.2f}. Its first weights had never seen {len(UNKNOWN)} of these laboratories: there "
        f"they have a CC of {unknown['cc']:.2f} and a KL of {unknown['kl_div']:.2f}. That is the best guide to "
        "an unknown laboratory ([calibration](docs/explanation/calibration.md)). \\*: where a laboratory publishes "
        "densities only, the NSS that is expected of fixations drawn from them."
    )
    return f"{markdown.table(['', *head], rows)}\n\n{note}"


def _over(folders: Sequence[Path], model: str) -> dict[str, float]:
    """A model's means over laboratories, each of which counts once."""
    means = [_alone(folder)[model] for folder in folders]
    return {metric: fmean(mean[metric] for mean in means) for metric in ("cc", "kl_div")}


def _name(folder: Path) -> str:
    return folder.name.removesuffix("-validation")


def _alone(folder: Path) -> Mapping[str, Mapping[str, float]]:
    return {e.about["model"]: e.mean() for e in read(folder)}


if __name__ == "__main__":
    main()
