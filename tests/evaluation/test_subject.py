"""Subjects: their names, their records, and whether a saved result can be turned into one again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wepsam
from wepsam.classical import CLASSICAL, CenterBias, center_gaussian
from wepsam.datasets import FixationDataset
from wepsam.evaluation import Evaluation, MapFolder, evaluate, read
from wepsam.evaluation.subject import from_record, subject


@pytest.fixture
def folder(own: FixationDataset, tmp_path: Path) -> Path:
    maps = tmp_path / "their_maps"
    maps.mkdir()
    for sample in own:
        np.save(maps / f"{sample.id}.npy", center_gaussian(sample.stimulus()) + 1)
    return maps


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """Shipped weights under another name."""
    source = wepsam.load("wepsam-paper").weights
    for suffix in (".onnx", ".json"):
        shutil.copy(source.with_suffix(suffix), tmp_path / f"own{suffix}")
    return tmp_path / "own.onnx"


def saved(result: Evaluation, tmp_path: Path) -> dict[str, Any]:
    """The record of a result after it was written and read."""
    result.save(tmp_path / "saved")
    (again,) = read(tmp_path / "saved")
    return again.about


def test_names_and_sources(folder: Path, onnx: Path) -> None:
    """The source is recorded where the name does not say it."""
    own = wepsam.load(onnx)
    for model, options, name, source in [
        ("gbvs-128", {}, "gbvs-128", "gbvs-128"),
        (CLASSICAL["gbvs-128"], {}, "gbvs-128", "gbvs-128"),
        (center_gaussian, {"name": "mine"}, "mine", "center-gaussian"),
        ("wepsam-lite", {}, "wepsam-lite", "wepsam-lite"),
        ("wepsam-lite", {"quality": "fast"}, "wepsam-lite-fast", "wepsam-lite"),
        (wepsam.load("wepsam-lite", 1, "fast"), {}, "wepsam-lite-fast", "wepsam-lite"),
        (wepsam.load("wepsam-lite"), {"name": "mine"}, "mine", "wepsam-lite"),
        (str(onnx), {}, "own", str(onnx)),
        (onnx, {"quality": "fast"}, "own-fast", str(onnx)),
        (str(folder), {}, "their_maps", str(folder)),
        (MapFolder(folder), {"name": "mine"}, "mine", str(folder)),
        ("gold-standard", {}, "gold-standard", "gold-standard"),
        ("gold-standard", {"name": "mine"}, "mine", "gold-standard"),
        (np.mean, {}, "model", None),
        (np.mean, {"name": "gbvs"}, "gbvs", None),
    ]:
        one = subject(model, **options)
        assert (one.name, one.record.get("source", one.name)) == (name, source)
    assert subject(own).record["weights"] == own.card["sha256"]
    assert subject("wepsam-lite", quality="fast").record["quality"] == "fast"
    assert "source" not in subject("gbvs").record
    assert subject(subject("gbvs"), name="mine").name == "mine"


def test_a_result_saved_from_python_can_be_made_again(
    own: FixationDataset, folder: Path, onnx: Path, tmp_path: Path
) -> None:
    pictures = own[:4]
    stimulus = pictures[0].stimulus()
    fast = wepsam.load("wepsam-lite", quality="fast")
    for model, name, expected in [
        (str(onnx), None, wepsam.load(onnx)(stimulus)),
        (wepsam.load(onnx), "mine", wepsam.load(onnx)(stimulus)),
        (fast, "mine", fast(stimulus)),
        (MapFolder(folder), None, center_gaussian(stimulus) + 1),
        (center_gaussian, "mine", center_gaussian(stimulus)),
        ("center-bias", "mine", CenterBias(pictures).without(pictures[0])),
    ]:
        shutil.rmtree(tmp_path / "saved", ignore_errors=True)
        about = saved(evaluate(model, pictures, name=name), tmp_path)
        np.testing.assert_array_equal(from_record(about, pictures).map(pictures[0]), expected)


def test_records_of_the_first_results_have_no_source(own: FixationDataset) -> None:
    """Their name says which model it was."""
    about = {"model": "gbvs", "weights": None}
    np.testing.assert_array_equal(from_record(about, own).map(own[0]), CLASSICAL["gbvs"](own[0].stimulus()))


def test_what_has_changed_or_gone_is_refused(own: FixationDataset, folder: Path, onnx: Path, tmp_path: Path) -> None:
    pictures = own[:4]
    maps, weights = (evaluate(model, pictures).about for model in (folder, onnx))
    np.save(folder / "000.npy", np.ones((40, 60)))
    for suffix in (".onnx", ".json"):
        shutil.copy(wepsam.load("mr_cnn").weights.with_suffix(suffix), onnx.with_suffix(suffix))
    for about in (maps, weights):
        with pytest.raises(ValueError, match="it has changed since it was evaluated"):
            from_record(about, pictures)
    onnx.unlink()
    with pytest.raises(ValueError, match=r"own\.onnx is missing"):
        from_record(weights, pictures)
    function = evaluate(lambda stimulus: np.ones(stimulus.shape[:2]), pictures, name="gbvs").about
    with pytest.raises(ValueError, match="it was a Python function"):
        from_record(function, pictures)
    for bias, name in ((False, "none"), (np.zeros((4, 4)), "custom")):
        about = evaluate(wepsam.load("wepsam-lite", 1, "fast", bias), pictures).about
        with pytest.raises(ValueError, match=rf"another center bias \({name}\)"):
            from_record(about, pictures)


def test_resized_maps_are_resized_again(own: FixationDataset, folder: Path) -> None:
    np.save(folder / "000.npy", np.ones((20, 30)))
    with pytest.raises(ValueError, match=r"the map of 000 in .* is 30x20"):
        evaluate(folder, own)
    about = evaluate(folder, own, resize=True).about
    assert about["maps"]["resized"] == 1
    assert from_record(about, own).map(own[0]).shape == (40, 60)


def test_a_name_means_the_model_and_a_folder_may_not_have_one(
    own: FixationDataset, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = folder.rename(tmp_path / "gbvs")
    with pytest.raises(ValueError, match="has the name of a model, and so would its results; rename it"):
        subject(named)
    monkeypatch.chdir(tmp_path)
    assert subject("gbvs").record == {"weights": None}
    about = evaluate(MapFolder("gbvs"), own[:4], name="mine").about
    assert from_record(about, own[:4]).record == {"weights": None, "source": "./gbvs", "maps": about["maps"]}


def test_options_that_do_not_apply(folder: Path) -> None:
    for model in ("gbvs", "one-observer", str(folder), center_gaussian, wepsam.load()):
        with pytest.raises(ValueError, match="quality 'fast' applies only to wepsam weights by name or file, not to"):
            subject(model, quality="fast")
    for model in ("gbvs", "wepsam-lite", "gold-standard"):
        with pytest.raises(ValueError, match=f"resize applies only to a folder of maps, not to {model}"):
            subject(model, resize=True)


def test_people_answer_with_several_maps(own: FixationDataset) -> None:
    pairs = list(subject("one-observer").on(own)(own[0]))
    assert len(pairs) == 4
    assert all(saliency_map.shape == (40, 60) and len(truth.fixations) == 9 for saliency_map, truth in pairs)
