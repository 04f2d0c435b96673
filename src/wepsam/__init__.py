"""Where will people look in this picture? Weakly pre-learnt saliency models (WEPSAM).

import wepsam
model = wepsam.load()
saliency_map = model("street.jpg")
wepsam.save_overlay("overlay.png", "street.jpg", saliency_map)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wepsam import classical as classical
    from wepsam import datasets as datasets
    from wepsam import metrics as metrics
    from wepsam.evaluation import evaluate as evaluate
    from wepsam.images import ImageError as ImageError
    from wepsam.images import read_image as read_image
    from wepsam.overlays import contact_sheet as contact_sheet
    from wepsam.overlays import overlay as overlay
    from wepsam.overlays import save_map as save_map
    from wepsam.overlays import save_overlay as save_overlay
    from wepsam.prediction.predictor import Predictor as Predictor
    from wepsam.prediction.predictor import load as load
    from wepsam.prediction.predictor import models as models
    from wepsam.training.stages import finetune as finetune
    from wepsam.training.stages import pretrain as pretrain
    from wepsam.weak.labeling import label as label

# The public names and where they live. Each is imported when first used: predicting never loads torch.
_HOMES = {
    "Predictor": "prediction.predictor", "load": "prediction.predictor", "models": "prediction.predictor",
    "ImageError": "images", "read_image": "images",
    "contact_sheet": "overlays", "overlay": "overlays", "save_map": "overlays", "save_overlay": "overlays",
    "label": "weak.labeling", "pretrain": "training.stages", "finetune": "training.stages",
    "evaluate": "evaluation",
}  # fmt: skip
_MODULES = ("classical", "datasets", "metrics")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"wepsam.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'wepsam' has no attribute {name!r}")
    return getattr(import_module(f"wepsam.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_MODULES])
