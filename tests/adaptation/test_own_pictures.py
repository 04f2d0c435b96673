"""Fitting a calibration to one's own pictures: what is there is found, what is not is not claimed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wepsam
from helpers import tiny_weights
from wepsam import Calibration, cards
from wepsam.adaptation import adapt
from wepsam.calibration import presets
from wepsam.images import is_drawn

CENTERED = Calibration(power=0.6, center_weight=1.5, floor=0.05)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_calibration_of_the_viewers_is_recovered(viewers, model, tmp_path) -> None:
    adapted = adapt(viewers(CENTERED, 30), tmp_path / "out", model=model)
    found = adapted.calibration.calibration
    assert found.power == pytest.approx(0.6, abs=0.1)
    assert found.center_weight == pytest.approx(1.5, abs=0.4)
    assert {"LL (nat)", "CC", "KL"} <= set(adapted.gains)
    assert adapted.losses == []
    assert "look closer to the center (weight 1." in adapted.summary
    assert "maps are broader (power 0." in adapted.summary
    assert adapted.model is None  # there are no weights


def test_ten_pictures_of_viewers_as_expected_do_no_harm(viewers, model, tmp_path) -> None:
    adapted = adapt(viewers(Calibration(), 10, fixations=30), tmp_path / "out", model=model)
    assert "look closer" not in adapted.summary
    fit = adapted.calibration.calibration
    gain = adapted.calibration.fitted["log_likelihood"]["gain"]
    if adapted.calibration.fitted["helps"]:
        assert gain["mean"] > 0
    else:
        assert fit == Calibration()
        assert adapted.summary.startswith("The calibration stays as it was")
    assert fit.power == pytest.approx(1, abs=0.25)
    assert abs(fit.center_weight) < 0.6


def test_where_the_fit_does_not_help_the_default_stays(viewers, tmp_path) -> None:
    """A model that knows nothing, and viewers who look anywhere: there is nothing to fit."""
    weights = tiny_weights(tmp_path / "own.onnx")
    rng = np.random.default_rng(1)
    noise = viewers(Calibration(floor=1.0), 12, fixations=4)
    card = cards.load(cards.path_of(weights))
    flat = {"calibration": "flat", "calibrations": {"flat": {"floor": 1.0}}}
    cards.write(cards.path_of(weights), {k: v for k, v in card.items() if k not in ("sharpness", "blur")} | flat)
    adapted = adapt(noise, tmp_path / "out", model=str(weights), folds=int(rng.integers(4, 5)))
    if not adapted.calibration.fitted["helps"]:
        assert adapted.calibration.calibration == Calibration(floor=1.0)
        assert wepsam.load(adapted.model).calibration.calibration == Calibration(floor=1.0)
    assert "LL (nat)" not in adapted.gains


def test_both_files_give_the_adapted_maps(viewers, tmp_path) -> None:
    weights = tiny_weights(tmp_path / "own.onnx")
    adapted = adapt(viewers(CENTERED), tmp_path / "out", model=str(weights))
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    by_model = wepsam.load(tmp_path / "out" / "adapted.onnx")
    by_file = wepsam.load(weights, calibration=tmp_path / "out" / "calibration.json")
    np.testing.assert_array_equal(by_model(picture), by_file(picture))
    assert np.abs(by_model(picture) - wepsam.load(weights)(picture)).max() > 0.01
    # The scores are those of maps like these.
    assert by_model.card["adapted from"] == str(weights)
    assert by_model.card["adapted to"] == "20 pictures of set"
    assert by_model.card["gains"] == adapted.gains
    assert by_model.calibration.name == "adapted"
    own = wepsam.load(tmp_path / "out" / "adapted.onnx", calibration="own")
    np.testing.assert_array_equal(own(picture), wepsam.load(weights)(picture))
    assert presets.read(tmp_path / "out" / "calibration.json").fitted == adapted.calibration.fitted
    assert is_drawn(tmp_path / "out" / "before-after.png")


def test_the_first_scores_are_those_of_the_model(viewers, tmp_path) -> None:
    weights, data = tiny_weights(tmp_path / "own.onnx"), viewers(CENTERED, 10)
    adapted = adapt(data, tmp_path / "out", model=str(weights))
    plain = wepsam.evaluate(str(weights), data, workers=1)
    for metric in plain.metrics:
        np.testing.assert_allclose(adapted.before.scores(metric), plain.scores(metric), rtol=1e-4, atol=1e-5)


def test_a_second_run_writes_the_same(viewers, tmp_path) -> None:
    weights, data = tiny_weights(tmp_path / "own.onnx"), viewers(CENTERED)
    adapt(data, tmp_path / "out", model=str(weights))
    first = files(tmp_path / "out")
    assert set(first) == {
        *("calibration.json", "adapted.onnx", "adapted.json", "before-after.png"),
        *("scores/before.csv", "scores/before.json", "scores/after.csv", "scores/after.json"),
    }
    adapt(data, tmp_path / "out", model=str(weights))
    assert files(tmp_path / "out") == first
    assert wepsam.compare(tmp_path / "out" / "scores")[0].rows.keys() == {"before", "after"}


@pytest.mark.parametrize("name", ["adapted.onnx", "adapted.json", "calibration.json", "scores/after.csv"])
def test_files_of_others_are_left_alone(viewers, model, tmp_path, name) -> None:
    foreign = tmp_path / "out" / name
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine")
    with pytest.raises(ValueError, match=r"was not written by wepsam adapt; choose another --out"):
        adapt(viewers(CENTERED, 10), tmp_path / "out", model=model)
    assert files(tmp_path / "out") == {name: b"mine"}


def test_an_adaptation_to_other_pictures_is_left_alone(viewers, model, tmp_path) -> None:
    adapt(viewers(CENTERED, 10), tmp_path / "out", model=model)
    first = files(tmp_path / "out")
    with pytest.raises(ValueError, match=r"has model adapted to set, here it is model and other; choose another --out"):
        adapt(viewers(CENTERED, 10, name="other"), tmp_path / "out", model=model)
    with pytest.raises(ValueError, match=r"choose another --out"):
        adapt(viewers(CENTERED, 10, name="third"), tmp_path / "out", model="gbvs")
    assert files(tmp_path / "out") == first


@pytest.mark.parametrize("by", ["fixations", "maps"])
def test_a_folder_with_fixations_or_maps(viewers, model, tmp_path, by, caplog) -> None:
    data = viewers(CENTERED)
    (tmp_path / "maps").mkdir()
    for sample in data:
        density = CENTERED(model(sample.stimulus()))
        gray = np.rint(255 * density / density.max()).astype(np.uint8)
        Image.fromarray(gray).save(tmp_path / "maps" / f"{sample.id}.png")
    where = {"fixations": tmp_path / "set.csv"} if by == "fixations" else {"maps": tmp_path / "maps"}
    adapted = adapt(tmp_path / "set", tmp_path / "out", **where, model=model)
    assert "set has only 20 pictures" in caplog.text
    assert {"LL (nat)", "CC"} <= set(adapted.gains)
    assert adapted.calibration.calibration.power == pytest.approx(0.6, abs=0.15)


def test_pictures_without_fixations_do_not_count(viewers, model, tmp_path, caplog) -> None:
    data = viewers(CENTERED, 11)
    blank = replace(data, samples=(replace(data[0], fixations=np.empty((0, 2))), *data.samples[1:]))
    adapted = adapt(blank, tmp_path / "out", model=model)
    assert adapted.calibration.fitted["pictures"] == 10
    assert "1 of 11 pictures of set have no fixations and are left out" in caplog.text


def test_what_cannot_be_adapted_is_refused_in_a_line(viewers, model, tmp_path) -> None:
    data, out = viewers(CENTERED, 10), tmp_path / "out"
    with pytest.raises(ValueError, match="has 9 pictures; adapting needs 10 or more"):
        adapt(data[:9], out, model=model)
    with pytest.raises(ValueError, match="folds is 1; cross-validation needs 2 or more"):
        adapt(data, out, model=model, folds=1)
    with pytest.raises(ValueError, match="set has its own fixations"):
        adapt(data, out, model=model, fixations=tmp_path / "set.csv")
    for where in ({}, {"fixations": "a.csv", "maps": "b"}):
        with pytest.raises(ValueError, match="expected a CSV of fixations"):
            adapt(tmp_path / "set", out, model=model, **where)
    with pytest.raises(ValueError, match="no model 'nothing'"):
        adapt(data, out, model="nothing")
    with pytest.raises(ValueError, match=r"set is a checkpoint, and a calibration needs an \.onnx file"):
        adapt(data, out, model=tmp_path / "set")
    with pytest.raises(ValueError, match="choose one of them"):
        adapt(data, out, model=model, readout=True, full=True)
    weights = wepsam.load(tiny_weights(tmp_path / "own.onnx"))
    weights.center_bias = False
    with pytest.raises(ValueError, match="needs center_bias=True"):
        adapt(data, out, model=weights)
    assert not out.exists()


WITHOUT_TORCH = """
import sys
from wepsam.cli import main
sys.argv[1:] = {arguments!r}
try:
    main()
finally:
    print(*sys.modules)
"""


def test_the_command_needs_no_torch_and_says_what_it_found(viewers, tmp_path) -> None:
    viewers(CENTERED, 12)
    weights = tiny_weights(tmp_path / "own.onnx")
    where = [str(tmp_path / "set"), "--fixations", str(tmp_path / "set.csv"), "--out", str(tmp_path / "out")]
    arguments = ["adapt", *where, "--model", str(weights)]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH.format(arguments=arguments)], capture_output=True, text=True
    )
    *printed, loaded = run.stdout.splitlines()
    assert run.returncode == 0, run.stderr
    assert not {"torch", "onnx", "matplotlib", "pyarrow"} & set(loaded.split())
    summary = json.loads((tmp_path / "out" / "calibration.json").read_text())["calibration"]["fitted"]["summary"]
    assert summary in printed
    assert printed[0].startswith("| | ")


def test_the_command_prints_json(viewers, tmp_path, wepsam_command) -> None:
    viewers(CENTERED, 12)
    weights = tiny_weights(tmp_path / "own.onnx")
    code, out, _ = wepsam_command(
        "adapt", tmp_path / "set", "--fixations", tmp_path / "set.csv", "--out", tmp_path / "out", "--model", weights,
        "--json",
    )  # fmt: skip
    answer = json.loads(out)
    assert code == 0
    assert answer["model"] == str(tmp_path / "out" / "adapted.onnx")
    assert answer["calibration"]["fitted"]["pictures"] == 12
    assert answer["after"]["scores"]["log_likelihood"]["mean"] > answer["before"]["scores"]["log_likelihood"]["mean"]
