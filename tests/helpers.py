"""What several test modules share: types of the fixtures in conftest.py, miniature data, ways to look at results."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wepsam import maps
from wepsam.datasets import DatasetError, FixationDataset
from wepsam.evaluation import Evaluation

if TYPE_CHECKING:  # these need torch, which most tests do without; tests of the core do without pyarrow, too
    from wepsam.networks.base import Network
    from wepsam.training.batches import Pairs

ROOT = Path(__file__).parents[1]
HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"  # what a server sends instead of a picture

Paint = Callable[..., np.ndarray]
Write = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]
Answer = Callable[..., Any]  # of an Attention; a type that would import onnxruntime


def rows_of(weak: Path) -> dict[str, dict[str, Any]]:
    """All rows by id, read with nothing but pyarrow."""
    import pyarrow.parquet as pq

    parts = sorted(weak.glob("part-*.parquet"))
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def stored_rows(weak: str | Path, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """All rows in order, of a folder or URL, read by the store."""
    from wepsam.weak import store

    return [row for table in store.read_parts(weak, columns) for row in table.to_pylist()]


def same_content(one: Path, other: Path) -> bool:
    """Whether two weak-label folders have the same visible files, byte for byte or row for row."""
    import pyarrow.parquet as pq

    names = [sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) for folder in (one, other)]
    return names[0] == names[1] and all(
        pq.read_table(one / name).equals(pq.read_table(other / name))
        if name.endswith(".parquet")
        else (one / name).read_bytes() == (other / name).read_bytes()
        for name in names[0]
    )


def write_tar(path: Path, members: dict[str, bytes] | list[tuple[str, bytes]], **options: object) -> Path:
    """A tar archive; a list may name a member twice."""
    with tarfile.open(path, "w", **options) as archive:  # type: ignore[call-overload]
        for name, data in members.items() if isinstance(members, dict) else members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def jpeg_files(folder: Path) -> dict[str, bytes]:
    """Relative path -> content of the JPEGs below a folder, sorted."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.jpg"))}


def refused(read: Callable[[], object], *words: object) -> None:
    """The call fails with one line that has all these words."""
    with pytest.raises(DatasetError) as caught:
        read()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for word in words:
        assert str(word) in message


def one_line(err: str, *words: object) -> None:
    """What the command line printed is one line that has all these words."""
    assert err.startswith("wepsam: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert str(word) in err


def ids(data: FixationDataset) -> list[str]:
    return [sample.id for sample in data]


def cells(things: list[Any]) -> np.ndarray:
    """A MATLAB cell column of 1x1 cells, the nesting that the true file has."""
    column = np.empty((len(things), 1), object)
    for i, thing in enumerate(things):
        inner = np.empty((1, 1), object)
        inner[0, 0] = thing
        column[i, 0] = inner
    return column


def write_osie(folder: Path, looked: dict[str, list[list[tuple[float, float]]]]) -> Path:
    """`eye/fixations.mat` as published: per picture and observer the fixations, pixels counted from 1."""
    from scipy.io import savemat

    def subject(points: list[tuple[float, float]]) -> dict[str, np.ndarray]:
        x, y = np.array(points, dtype=float).reshape(-1, 2).T
        return {"fix_x": x[None], "fix_y": y[None], "fix_duration": np.full((1, len(x)), 250, np.uint16)}

    def picture(name: str, observers: list[list[tuple[float, float]]]) -> dict[str, Any]:
        return {"img": name, "subjects": cells([subject(points) for points in observers])}

    (folder / "eye").mkdir(parents=True)
    savemat(folder / "eye" / "fixations.mat", {"fixations": cells([picture(*item) for item in looked.items()])})
    return folder


def made_up(model: str, protocol: str = "mit", **scores: list[float]) -> Evaluation:
    ids = [f"{i}" for i in range(len(next(iter(scores.values()))))]
    rows = tuple({"id": id} | {name: values[i] for name, values in scores.items()} for i, id in enumerate(ids))
    about = {"model": model, "dataset": "toy", "split": "all", "pictures": len(ids), "protocol": protocol}
    return Evaluation(rows, about)


def luminance(color: np.ndarray) -> np.ndarray:
    """Relative luminance of (..., 3) sRGB (IEC 61966-2-1)."""
    x = color / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def squares(count: int = 12, size: int = 128, seed: int = 0) -> Pairs:
    """Pictures of dark noise with one bright square each, and a map that is bright there."""
    from wepsam.training.batches import Pairs

    rng = np.random.default_rng(seed)
    stimuli = rng.integers(0, 60, (count, size, size, 3), dtype=np.uint8)
    targets = np.zeros((count, 32, 32), np.uint8)
    for i, (row, column) in enumerate(rng.integers(4, 28, (count, 2))):
        stimuli[i, row * size // 32 :, column * size // 32 :][:16, :16] = 255
        targets[i] = np.rint(255 * maps.to_unit(maps.density(np.array([[column, row]]), (32, 32), 3.0)))
    return Pairs(stimuli, targets, np.zeros(count, int), ("squares",), (128, 128))


def noise_pairs(shape: tuple[int, int], count: int, source: int = 0) -> Pairs:
    """Pictures and maps of noise, in one shape."""
    from wepsam.training.batches import Pairs

    rng = np.random.default_rng(count)
    stimuli = rng.integers(0, 256, (count, *shape, 3), dtype=np.uint8)
    targets = rng.integers(0, 256, (count, shape[0] // 4, shape[1] // 4), dtype=np.uint8)
    return Pairs(stimuli, targets, np.full(count, source), ("noise", "other noise"), shape)


def discs(count: int, seed: int = 0) -> Pairs:
    """MR-CNN's pictures: dim noise with one bright disc each, of 32 pixels, at which everybody looks."""
    from wepsam.training.batches import Pairs

    side = 400
    rng = np.random.default_rng(seed)
    stimuli = rng.integers(60, 120, (count, side, side, 3), dtype=np.uint8)
    targets = np.zeros((count, side // 4, side // 4), np.uint8)
    y, x = np.mgrid[:side, :side]
    for stimulus, target, (row, column) in zip(stimuli, targets, rng.integers(10, 90, (count, 2)), strict=True):
        stimulus[np.hypot(y - 4 * row, x - 4 * column) < 16] = 250
        target[:] = np.rint(255 * maps.to_unit(maps.density(np.array([[column, row]]), target.shape, 4.0)))
    return Pairs(stimuli, targets, np.zeros(count, int), ("discs",), (side, side))


def save_run(folder: Path, network: Network, output: str = "log_density") -> Path:
    """A run's folder with this network as its best weights, as training would leave it."""
    from dataclasses import asdict

    from wepsam.training.checkpoint import save_weights

    about = {
        "network": asdict(network.config), "output": output, "step": 1, "start": "random", "training": ["none", 0],
        "validation": ["none", 0], "validation_scores": {"loss": 0.5}, "settings": {},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / "best.safetensors", network.state_dict(), about)
    return folder


def tiny_weights(path: Path, *, aspect: bool = False) -> Path:
    """An .onnx file with its card: its map is the mean of the colors, of a square or in the picture's aspect."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from wepsam import cards

    sides = ["h", "w"] if aspect else [8, 8]
    nodes = [
        helper.make_node("Cast", ["stimuli"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "weight"], ["saliency_maps"]),
    ]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("stimuli", TensorProto.UINT8, ["b", *sides, 3])],
        [helper.make_tensor_value_info("saliency_maps", TensorProto.FLOAT, ["b", *sides])],
        [numpy_helper.from_array(np.array([3], np.int64), "axes"),
         numpy_helper.from_array(np.array([2], np.float32), "weight")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    views = {"best": {"scales": [0.7, 1.0], "mirror": True}, "fast": {"scales": [1.0], "mirror": False}}
    sight = {"input_area": 4096, "stride": 32, "views": views} if aspect else {"input_size": 8, "mirror": True}
    common = {"name": path.stem, "sha256": cards.sha256(path), "sharpness": 1.2, "blur": 0.5, "floor": 0.0}
    cards.write(cards.path_of(path), common | sight)
    return path
