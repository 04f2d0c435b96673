"""A model fitted to pictures of your own: its calibration in seconds without torch, or its weights by training."""

from wepsam.adaptation.own_pictures import Adapted, adapt

__all__ = ["Adapted", "adapt"]
