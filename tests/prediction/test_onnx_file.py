"""Weights are self-contained, with ONNX's own operators; else it is one line, and no other file is opened."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import wepsam
from helpers import tiny_weights
from wepsam import cards
from wepsam.deploy.from_onnx import from_onnx
from wepsam.prediction import onnx_file

Change = Callable[[onnx.ModelProto], object]


def model(*change: Change) -> onnx.ModelProto:
    """(B, 8, 8, 3) uint8 -> (B, 8, 8) float32: the mean of the colors, times a constant."""
    with TemporaryDirectory() as folder:
        made = onnx.load(tiny_weights(Path(folder) / "own.onnx"))
    for changed in change:
        changed(made)
    return made


def written(folder: Path, made: onnx.ModelProto | bytes, **more: object) -> Path:
    """The file with a card that belongs to it."""
    path = folder / "own.onnx"
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    card = {"name": "own", "sha256": cards.sha256(path), "blur": 0, "floor": 0, "input_size": 8, "mirror": False}
    cards.write(cards.path_of(path), card | more)
    return path


def external(place: str) -> Change:
    """The weight is said to lie in another file."""

    def change(made: onnx.ModelProto) -> None:
        weight = made.graph.initializer[1]
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in (("location", place), ("offset", "0"), ("length", "4")):
            weight.external_data.add(key=key, value=value)

    return change


def in_a_branch(made: onnx.ModelProto) -> None:
    """The same, in a constant of a graph within a node."""
    constant = numpy_helper.from_array(np.float32([2]), "")
    constant.external_data.add(key="location", value="/etc/passwd")
    inner = helper.make_graph([helper.make_node("Constant", [], ["two"], value=constant)], "inner", [], [])
    made.graph.node.append(helper.make_node("If", ["condition"], ["x"], then_branch=inner, else_branch=inner))


def custom(made: onnx.ModelProto) -> None:
    made.graph.node[2].domain = "com.example"
    made.opset_import.add(domain="com.example", version=1)


def in_a_function(made: onnx.ModelProto) -> None:
    node = helper.make_node("Evil", ["a"], ["b"], domain="com.example")
    made.functions.append(helper.make_function("own", "F", ["a"], ["b"], [node], []))


def test_what_is_sound_predicts(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    mean = picture.mean(axis=2)
    np.testing.assert_allclose(wepsam.load(written(tmp_path, model()))(picture), mean / mean.max(), rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (external("/etc/passwd"), "its values lie in another file"),
        (external("../outside.bin"), "its values lie in another file"),
        (external("beside.bin"), "its values lie in another file"),
        (in_a_branch, "its values lie in another file"),
        (custom, "it needs the operator 'Mul' of 'com.example'"),
        (in_a_function, "it needs the operator 'Evil' of 'com.example'"),
        (lambda made: made.graph.node[2].input.__setitem__(1, "nothing"), ""),
        (lambda made: made.ClearField("graph"), "it holds no ONNX graph"),
    ],
)
def test_what_reaches_beyond_the_file_is_refused(tmp_path: Path, change: Change, words: str) -> None:
    (tmp_path / "beside.bin").write_bytes(np.float32([2]).tobytes())
    with pytest.raises(cards.WeightsError, match=r"own\.onnx cannot be opened: ") as error:
        wepsam.load(written(tmp_path, model(change)))
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_reading_back_refuses_the_same(tmp_path: Path) -> None:
    lite = {"network": {"encoder": "lite0", "width": 8, "blocks": 1}}
    for change, words in ((external("/etc/passwd"), "another file"), (custom, "com.example")):
        with pytest.raises(cards.WeightsError, match=words):
            from_onnx(written(tmp_path, model(change), **lite))


@pytest.mark.parametrize("network", [None, [], {}, {"encoder": "lite0", "width": 10**6}, {"encoder": [1]}, {"x": 1}])
def test_a_card_that_describes_no_network_is_one_line(tmp_path: Path, network: object) -> None:
    with pytest.raises(cards.WeightsError, match="network") as error:
        from_onnx(written(tmp_path, model(), network=network))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.graph.input[0].CopyFrom(helper.make_tensor_value_info("other", TensorProto.UINT8, [1])),
        lambda made: setattr(made.graph.node[2], "op_type", "Div") or made.graph.initializer[1].CopyFrom(
            numpy_helper.from_array(np.float32([0]), "weight")),
        lambda made: made.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.float32([-1]), "weight")),
        lambda made: made.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.float32([[[[1]]]]), "weight")),
        lambda made: made.graph.output.append(helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["b", 8, 8])),
    ],
    ids=["another input", "infinite", "negative", "another rank", "two outputs"],
)  # fmt: skip
def test_a_graph_that_is_no_network_of_ours_is_one_line(
    tmp_path: Path, change: Change, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = np.random.default_rng(0).integers(1, 256, (8, 8, 3), dtype=np.uint8)
    with pytest.raises(cards.WeightsError, match=r"own\.onnx ") as error:
        wepsam.load(written(tmp_path, model(change)))(picture)
    assert len(str(error.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")  # the runtime says nothing of its own


def test_any_bytes_end_in_one_line_or_pass(tmp_path: Path) -> None:
    """Cut, or with flipped bits: the walk ends, and says so with ValueError only."""
    data, rng = bytearray(model().SerializeToString()), np.random.default_rng(0)
    for _ in range(2000):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            changed[at] = rng.integers(0, 256)
        changed = changed[: rng.integers(1, len(data) + 1)]
        with contextlib.suppress(ValueError):
            onnx_file.check(bytes(changed))
    for junk in (b"", b"\xff" * 100, b"<!DOCTYPE html>", b"\x08" + b"\x80" * 20, b"\x3a\xff\xff\xff\xff\x0f"):
        with pytest.raises(ValueError, match="ONNX"):
            onnx_file.check(junk)
    with pytest.raises(cards.WeightsError, match="cannot be opened"):
        wepsam.load(written(tmp_path, b"    ORTM" + bytes(100)))


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "MAX_PARTS", 10)
    with pytest.raises(ValueError, match="more than 10 parts"):
        onnx_file.check(model().SerializeToString())


def test_what_was_checked_is_what_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file changes after its bytes were checked: the predictor still has the checked ones."""
    path, read = written(tmp_path, model()), cards.read_weights

    def exchanged(weights: Path) -> tuple[cards.Card, bytes]:
        result = read(weights)
        path.write_bytes(b"exchanged")
        return result

    monkeypatch.setattr(cards, "read_weights", exchanged)
    assert wepsam.load(path)(np.full((8, 8, 3), 9, np.uint8)).max() == 1
    assert json.loads(cards.path_of(path).read_text())["name"] == "own"
