"""Model x dataset -> CSV and JSON; tables from those files only. Any predictor will do; no torch."""

from wepsam.evaluation.map_folder import MapFolder
from wepsam.evaluation.references import REFERENCES
from wepsam.evaluation.results import Evaluation, read
from wepsam.evaluation.score import evaluate

__all__ = ["REFERENCES", "Evaluation", "MapFolder", "evaluate", "read"]
