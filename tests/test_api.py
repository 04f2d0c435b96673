"""The public names: there, lazy, hidden by no module, and helpful where an extra is missing."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import pkgutil
import subprocess
import sys
import tomllib
from types import FunctionType, ModuleType

import pytest

import wepsam
from helpers import ROOT
from wepsam import extras

FUNCTIONS = [
    *("predict", "label", "inspect", "pretrain", "finetune", "adapt", "export", "evaluate", "compare", "submit"),
    *(
        "publish",
        "load",
        "models",
        "read_image",
        "overlay",
        "save_map",
        "save_overlay",
        "contact_sheet",
        "looks_like",
        "attend",
        "benchmark",
        "crop",
        "crop_pictures",
        "compare_pictures",
        "gate",
    ),
]
CLASSES = ["Predictor", "ImageError", "PictureWarning", "Area"]
MODULES = [
    *("classical", "datasets", "drawing", "evaluation", "gaze", "images", "interop", "maps", "metrics", "pages"),
    *("torch_metrics", "video"),
]


def python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions(name: str) -> None:
    function = getattr(wepsam, name)
    assert isinstance(function, FunctionType)
    assert function is getattr(wepsam, name)
    assert function.__name__ == name
    assert function.__doc__
    signature = inspect.signature(function)
    untyped = [
        parameter.name for parameter in signature.parameters.values() if parameter.annotation is inspect.Parameter.empty
    ]
    assert not untyped
    assert signature.return_annotation is not inspect.Signature.empty


def test_public_classes_modules_and_nothing_else() -> None:
    assert all(isinstance(getattr(wepsam, name), type) for name in CLASSES)
    assert all(isinstance(getattr(wepsam, name), ModuleType) for name in MODULES)
    assert {*FUNCTIONS, *CLASSES, *MODULES, "__version__"} <= set(dir(wepsam))
    with pytest.raises(AttributeError, match="module 'wepsam' has no attribute 'nothing'"):
        wepsam.nothing  # noqa: B018
    assert wepsam.__version__ == importlib.metadata.version("wepsam")


EVERY_MODULE = """
import importlib, json, pkgutil, sys, types
import wepsam
names, skipped = json.loads(sys.argv[1]), []
for module in sorted(module.name for module in pkgutil.walk_packages(wepsam.__path__, "wepsam.")):
    if module != "wepsam.__main__":  # runs the command line
        try:
            importlib.import_module(module)
        except ImportError as error:
            skipped.append(module)
wrong = [name for name in names if not isinstance(getattr(wepsam, name), types.FunctionType)]
print(*wrong)
print(*skipped)
"""


def test_no_module_hides_a_public_function() -> None:
    """After all modules of the package are imported, each public name still is its function."""
    top_level = {module.name for module in pkgutil.iter_modules(wepsam.__path__)}
    assert not top_level & {*FUNCTIONS, *CLASSES}
    command = [sys.executable, "-c", EVERY_MODULE, json.dumps(FUNCTIONS)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    wrong, skipped = result.stdout.split("\n")[:2]
    assert wrong == ""
    assert skipped == ""


def test_importing_is_light() -> None:
    loaded = python("import wepsam, sys; print(*sys.modules)").split()
    assert not {"numpy", "PIL", "onnxruntime", "rich", "typer"} & set(loaded)
    loaded = python("import wepsam, sys; wepsam.load; wepsam.overlay; wepsam.predict; print(*sys.modules)").split()
    assert not {"torch", "scipy", "numba", "pyarrow", "joblib", "matplotlib", "onnx", "onnxruntime"} & set(loaded)


# ---- extras

ABSENT = """
import sys
for name in {absent!r}:
    sys.modules[name] = None  # as if it were not installed
import wepsam
try:
    {call}
except ImportError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("absent", "call", "message"),
    [
        (["pyarrow"], "wepsam.label", "wepsam.label needs pyarrow: pip install 'wepsam[train]'"),
        (["torch"], "wepsam.pretrain('weak', 'out')", "needs torch: pip install 'wepsam[train]'"),
        (["torch"], "wepsam.finetune", "wepsam.finetune needs torch: pip install 'wepsam[train]'"),
        (["scipy", "numba"], "wepsam.predict({picture!r}, {out!r}, model='gbvs')", "pip install 'wepsam[classical]'"),
        (["scipy"], "wepsam.adapt", "wepsam.adapt needs scipy: pip install 'wepsam[classical]'"),
        (
            ["torch"],
            "from wepsam import adapt; adapt([], 'out', full=True)",
            "needs torch: pip install 'wepsam[train]'",
        ),
        (
            ["torchmetrics"],
            "from wepsam.torch_metrics import NSS",
            "wepsam.torch_metrics needs torchmetrics: pip install 'wepsam[train]'",
        ),
        (
            ["torch"],
            "wepsam.datasets.FixationDataset('none', (), 1.0).torch()",
            "a dataset for torch needs torch: pip install 'wepsam[train]'",
        ),
    ],
)
def test_a_missing_extra_is_named(absent: list[str], call: str, message: str, tmp_path, write, paint) -> None:  # type: ignore[no-untyped-def]
    picture = write(tmp_path / "a.png", paint(0))
    call = call.format(picture=str(picture), out=str(tmp_path / "out"))
    answer = python(ABSENT.format(absent=absent, call=call))
    assert answer.startswith("ImportError ")
    assert message in answer


def test_the_hint_names_the_extra_and_leaves_other_errors_alone() -> None:
    error = extras.missing(ModuleNotFoundError("No module named 'scipy.io'", name="scipy.io"), "GBVS")
    assert type(error) is ImportError
    assert str(error) == "GBVS needs scipy: pip install 'wepsam[classical]'"
    own = ModuleNotFoundError("No module named 'my_model'", name="my_model")
    assert extras.missing(own) is own


def test_every_optional_dependency_has_its_extra() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    packages = importlib.metadata.packages_distributions()
    for extra, modules in extras.EXTRAS.items():
        required = {spec.split(">")[0].split("[")[0].lower() for spec in declared[extra]} - {"wepsam"}
        provided = {name.lower() for module in modules for name in packages.get(module, [module])}
        assert required <= provided | {module.replace("_", "-") for module in modules}, extra
