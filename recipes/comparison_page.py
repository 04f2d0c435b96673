"""The tables of docs/comparison.md: python recipes/comparison_page.py

What was measured here beside others' programs, from results/ and from the pages that benchmarks write; and what others
publish about themselves, quoted.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from recipes import crop_check
from wepsam import markdown
from wepsam.evaluation.results import read
from wepsam.files import read_json
from wepsam.prediction.predictor import DEFAULT
from wepsam.reproduction.boards.mit300 import MIT300

ROOT = Path(__file__).parents[1]
PAGE, RESULTS = ROOT / "docs" / "comparison.md", ROOT / "results"
BENCHMARKS = ROOT / "docs" / "reference" / "benchmarks.md"
INTEROP = ROOT / "docs" / "how-to" / "interop.md"
RIVALS = (crop_check.SMARTCROP, crop_check.VIPS, crop_check.CENTER)
SCORES = {"auc_judd": "AUC", "auc_shuffled": "sAUC", "cc": "CC"}
# As the abstract of arXiv 2105.12441 (version 3) has it, for MIT300 on the MIT/Tuebingen board.
DEEPGAZE_IIE = {"auc_judd": 0.883, "auc_shuffled": 0.794, "cc": 0.824}


def main() -> None:
    for name, text in tables().items():
        markdown.insert(PAGE, name, text)


def tables() -> dict[str, str]:
    """The tables of the page by name."""
    return {"measured": measured_table(), "boards": boards_table()}


def measured_table() -> str:
    """Others' programs and methods beside wepsam-lite, in the same run or on the same pictures."""
    kept = _kept()
    classical, networks = (_means(RESULTS / folder) for folder in ("classical/osie-validation", "osie-validation"))
    speed = BENCHMARKS.read_text(encoding="utf-8")
    fast, best = (_times(speed, row) for row in (f"{DEFAULT}: picture -> map", f"{DEFAULT}, best: picture -> map"))
    laboratories = ", ".join(crop_check.CHECKED)
    rows = [
        [
            f"share of people's fixations that a crop keeps, mean over {laboratories}",
            "; ".join(f"{name} {kept[name]:.1%}" for name in RIVALS),
            f"{kept[DEFAULT]:.1%}",
            "[crops](explanation/answers.md#crops)",
        ],
        [
            "NSS on 100 pictures of OSIE",
            f"spectral residual, the method in OpenCV's module, as we wrote it: {classical['spectral_residual']:.2f}; "
            f"GBVS {networks['gbvs']:.2f}",
            f"{networks[DEFAULT]:.2f}; half of the observers {networks['half-of-observers']:.2f}",
            "[classical models](reference/classical.md), [results](reference/results.md)",
        ],
        [
            "speed on a picture of 800x600, one core",
            "the architecture of UNISAL in torch: 1",
            f"{fast:.1f} (fast), {best:.1f} (best)",
            "[benchmarks](reference/benchmarks.md)",
        ],
        [
            "numbers of seven metrics on the same maps",
            "pysaliency 0.2.22",
            f"at most {_difference():.0e} apart on float maps",
            "[interop](how-to/interop.md#do-the-numbers-agree)",
        ],
    ]  # fmt: skip
    return markdown.table(["what", "others", DEFAULT, "where"], rows)


def boards_table() -> str:
    """Published scores, quoted, and ours, which are of other pictures."""
    quoted = {
        "DeepGaze IIE, as its authors say": ("MIT300, the board of today", DEEPGAZE_IIE),
        "WEPSAM, the paper's own": ("MIT300, the board until 2018", MIT300["WEPSAM"]),
        "GBVS": ("MIT300, the board until 2018", MIT300["GBVS"]),
    }
    folder = RESULTS / "osie-validation"
    ours = {one.about["model"]: one.mean() for one in read(folder)}
    rows = [[name, where, *(f"{scores[m]:.2f}" for m in SCORES)] for name, (where, scores) in quoted.items()]
    for name, title in {DEFAULT: f"**{DEFAULT}**", "wepsam-paper": "**wepsam-paper**", "gbvs": "GBVS"}.items():
        where = "100 pictures of OSIE, our protocol `mit`"
        rows.append([title, where, *(f"{ours[name][metric]:.2f}" for metric in SCORES)])
    return markdown.table(["model", "pictures and protocol", *SCORES.values()], rows)


def _kept() -> Mapping[str, float]:
    """By the name of the crops, what they keep: the mean over laboratories, all aspects."""
    rows = [row for row in read_json(crop_check.RESULT)["rows"] if row["aspect"] == "all"]
    return {
        name: fmean(row["kept"][0] for row in rows if row["crops"] == name) for name in {row["crops"] for row in rows}
    }


def _means(folder: Path) -> dict[str, float]:
    return {one.about["model"]: one.mean()["nss"] for one in read(folder) if "nss" in one.metrics}


def _times(page: str, row: str) -> float:
    """How many times as fast as UNISAL a row of the benchmark says that it is."""
    (times,) = re.findall(rf"\| {re.escape(row)} \| [\d.]+ \| ([\d.]+) x as fast as UNISAL \|", page)
    return float(times)


def _difference() -> float:
    """The largest difference of a metric to pysaliency's, on float maps."""
    table = INTEROP.read_text(encoding="utf-8").split("<!-- table:agreement -->")[1].split("<!-- /table -->")[0]
    rows = [line.split("|") for line in table.splitlines() if re.match(r"\| [A-Zs]", line)]
    return max(float(cells[4]) for cells in rows)


if __name__ == "__main__":
    main()
