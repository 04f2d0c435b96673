"""Model x dataset -> CSV and JSON; tables and figures from those files only. Any predictor will do; no torch."""

from wepsam.evaluation.comparison import Comparison, compare
from wepsam.evaluation.figures import plot, plot_sheet
from wepsam.evaluation.map_folder import MapFolder
from wepsam.evaluation.over_datasets import mean_over_datasets
from wepsam.evaluation.people import REFERENCES
from wepsam.evaluation.results import Evaluation, read
from wepsam.evaluation.score import evaluate, evaluate_all
from wepsam.evaluation.submission import submit

__all__ = [
    "REFERENCES",
    "Comparison",
    "Evaluation",
    "MapFolder",
    "compare",
    "evaluate",
    "evaluate_all",
    "mean_over_datasets",
    "plot",
    "plot_sheet",
    "read",
    "submit",
]
