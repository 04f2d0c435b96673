"""Model x dataset -> CSV and JSON; tables from those files only. Any predictor will do; no torch."""

from wepsam.evaluation.folder import MapFolder
from wepsam.evaluation.references import REFERENCES
from wepsam.evaluation.score import Evaluation, evaluate, read

__all__ = ["REFERENCES", "Evaluation", "MapFolder", "evaluate", "read"]
