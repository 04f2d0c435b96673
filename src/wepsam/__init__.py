"""Where will people look in this picture? Weakly pre-trained saliency models (WEPSAM).

    import wepsam

    model = wepsam.load()
    saliency_map = model("street.jpg")
    wepsam.save_overlay("overlay.png", "street.jpg", saliency_map)

The functions have the names and the defaults of the commands: `predict`, `compare_pictures`, `gate`, `benchmark`,
`label`, `inspect`, `pretrain`, `finetune`, `adapt`, `export`, `publish`, `evaluate`, `compare`, `submit`; `attend` is
that of `wepsam areas` and `wepsam scores`, `crop_pictures` that of `wepsam crop`.
The library prints nothing. It logs to the logger "wepsam", progress included.
"""

import logging
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

from wepsam import extras, offline

__version__ = "1.0.0"  # the one place; pyproject.toml takes it from here

if TYPE_CHECKING:
    from wepsam import classical as classical
    from wepsam import datasets as datasets
    from wepsam import drawing as drawing
    from wepsam import evaluation as evaluation
    from wepsam import gaze as gaze
    from wepsam import images as images
    from wepsam import interop as interop
    from wepsam import maps as maps
    from wepsam import metrics as metrics
    from wepsam import pages as pages
    from wepsam import torch_metrics as torch_metrics
    from wepsam import video as video
    from wepsam.adaptation import adapt as adapt
    from wepsam.attention.answers import attend as attend
    from wepsam.attention.areas import Area as Area
    from wepsam.attention.benchmarking import benchmark as benchmark
    from wepsam.attention.comparing import compare_pictures as compare_pictures
    from wepsam.attention.crop_pictures import crop as crop
    from wepsam.attention.crop_pictures import crop_pictures as crop_pictures
    from wepsam.attention.gating import gate as gate
    from wepsam.calibration.definition import Calibration as Calibration
    from wepsam.deploy.to_onnx import export as export
    from wepsam.evaluation import evaluate as evaluate
    from wepsam.evaluation.comparison import compare as compare
    from wepsam.evaluation.submission import submit as submit
    from wepsam.hub.publishing import publish as publish
    from wepsam.images import ImageError as ImageError
    from wepsam.images import read_image as read_image
    from wepsam.kinds import PictureWarning as PictureWarning
    from wepsam.kinds import looks_like as looks_like
    from wepsam.overlays import contact_sheet as contact_sheet
    from wepsam.overlays import overlay as overlay
    from wepsam.overlays import save_map as save_map
    from wepsam.overlays import save_overlay as save_overlay
    from wepsam.prediction.folder import predict as predict
    from wepsam.prediction.loading import load as load
    from wepsam.prediction.loading import models as models
    from wepsam.prediction.predictor import Predictor as Predictor
    from wepsam.reporting.writing import report as report
    from wepsam.training.stages import finetune as finetune
    from wepsam.training.stages import pretrain as pretrain
    from wepsam.weak.inspection import inspect as inspect
    from wepsam.weak.labeling import label as label

# Where each public name is defined. A module is imported when one of its names is first used: predicting never loads
# torch. No module of the package may have one of these names, because its import would then hide the function.
HOMES = {
    "predict": "prediction.folder",
    "label": "weak.labeling",
    "inspect": "weak.inspection",
    "pretrain": "training.stages",
    "finetune": "training.stages",
    "adapt": "adaptation",
    "export": "deploy.to_onnx",
    "publish": "hub.publishing",
    "evaluate": "evaluation",
    "compare": "evaluation.comparison",
    "submit": "evaluation.submission",
    "load": "prediction.loading",
    "models": "prediction.loading",
    "Predictor": "prediction.predictor",
    "attend": "attention.answers",
    "report": "reporting.writing",
    "benchmark": "attention.benchmarking",
    "crop": "attention.crop_pictures",
    "crop_pictures": "attention.crop_pictures",
    "compare_pictures": "attention.comparing",
    "gate": "attention.gating",
    "Area": "attention.areas",
    "Calibration": "calibration.definition",
    "ImageError": "images",
    "PictureWarning": "kinds",
    "looks_like": "kinds",
    "read_image": "images",
    "overlay": "overlays",
    "save_map": "overlays",
    "save_overlay": "overlays",
    "contact_sheet": "overlays",
}
# Rooms that are public too: what their `__all__` lists.
PACKAGES = (
    "classical", "datasets", "drawing", "evaluation", "gaze", "images", "interop", "maps", "metrics", "pages",
    "torch_metrics", "video",
)  # fmt: skip

offline.switch_off()

# Without a handler Python would print the warnings of a silent library.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in HOMES and name not in PACKAGES:
        raise AttributeError(f"module 'wepsam' has no attribute {name!r}")
    try:
        module = import_module(f"wepsam.{HOMES.get(name, name)}")
    except ModuleNotFoundError as error:
        raise extras.missing(error, f"wepsam.{name}") from error
    if name in PACKAGES:
        return module
    value = getattr(module, name)
    return extras.hinting(value, f"wepsam.{name}") if isinstance(value, FunctionType) else value


def __dir__() -> list[str]:
    return sorted([*globals(), *HOMES, *PACKAGES])
