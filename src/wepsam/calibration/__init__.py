"""Calibrations: what they are, where the named ones are kept, and how they are fitted."""

from wepsam.calibration.definition import NEUTRAL, Calibration

__all__ = ["NEUTRAL", "Calibration"]
