"""Gather what is kept of the shipped weights: python recipes/gather_results.py RUNS

The logs and configs of the training runs below RUNS go into results/runs/. The results of `wepsam evaluate` below
results/, two files for each model, become two files for each set of pictures.
"""

import argparse
from pathlib import Path

from wepsam import gathered
from wepsam.evaluation import results

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="folder of the training runs")
    parser.add_argument("--into", type=Path, default=ROOT / "results", help="folder of the results")
    options = parser.parse_args()
    gather(options.runs, options.into)


def gather(runs: Path, into: Path) -> None:
    """Gather runs and evaluations.

    Args:
        runs: folder with a folder for each run; those without log.csv and config.json are passed over.
        into: folder of the results, with runs/ and classical/.
    """
    folders = [path.parent for path in runs.glob("*/config.json") if (path.parent / "log.csv").exists()]
    gathered.gather_tables({folder.name: folder / "log.csv" for folder in folders}, into / "runs" / "logs.csv", "run")
    gathered.gather_json({folder.name: folder / "config.json" for folder in folders}, into / "runs" / "configs.json")
    for folder in sorted((*into.glob("*-*/"), *(into / "classical").glob("*/"))):
        results.gather(folder)


if __name__ == "__main__":
    main()
