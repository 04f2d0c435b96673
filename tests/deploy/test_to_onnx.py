"""From a checkpoint to a file that predicts without torch, and what the predictor promises."""

import json

import numpy as np
import pytest
import torch

import wepsam
from helpers import save_run
from wepsam import Calibration, maps
from wepsam.cards import WeightsError
from wepsam.deploy.to_onnx import export
from wepsam.images import resize
from wepsam.networks.base import DeployedSquare
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.prediction.predictor import Predictor


def checkpoint(folder, output, **config):
    """A run's folder with a small network of random weights."""
    network = PaperNet(PaperConfig(filters=(8, 8, 8), init="he", **config), torch.Generator().manual_seed(0))
    save_run(folder, network, output)
    return network.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    network = checkpoint(folder, "log_density", hidden=256)
    return network, export(
        folder,
        folder / "own.onnx",
        storage="float16",
        mirror=False,
        calibration=Calibration(blur=1 / 32),
        card={"terms": "none"},
    )


@pytest.fixture
def stimuli():
    return np.random.default_rng(3).integers(0, 256, (5, 128, 128, 3), dtype=np.uint8)


@pytest.mark.parametrize("head", ["paper", "juntingnet"])
@pytest.mark.parametrize("output", ["map", "log_density"])
@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_onnx_is_torch(tmp_path, stimuli, head, output, storage):
    network = checkpoint(tmp_path, output, head=head, hidden=256)
    model = Predictor(export(tmp_path, tmp_path / "own.onnx", storage=storage, mirror=False))
    with torch.no_grad():
        expected = DeployedSquare(network, output)(torch.from_numpy(stimuli)).numpy()
    ours = np.stack([model.low_resolution(stimulus) for stimulus in stimuli])
    expected = expected / expected.sum(axis=(1, 2), keepdims=True)
    assert np.abs(ours - expected).max() < (1e-4 if storage == "float32" else 1e-2) * expected.max()


def test_fewer_bits_smaller_file(tmp_path):
    checkpoint(tmp_path, "map", hidden=512)
    sizes = [export(tmp_path, tmp_path / f"{w}.onnx", storage=w).stat().st_size for w in ("float32", "float16")]
    assert sizes[1] < 0.55 * sizes[0]


def test_a_probe_without_pictures_is_refused(tmp_path):
    checkpoint(tmp_path, "map", hidden=32)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no pictures to probe with in .*empty"):
        export(tmp_path, tmp_path / "own.onnx", probe=[tmp_path / "empty"])


def test_a_file_too_far_from_torch_is_refused(tmp_path, monkeypatch):
    checkpoint(tmp_path, "map", hidden=256)
    monkeypatch.setattr(PaperNet, "least_cc", 1.1)
    with pytest.raises(ValueError, match="agrees with torch only"):
        export(tmp_path, tmp_path / "own.onnx")
    assert not (tmp_path / "own.onnx").exists()


def test_a_checkpoint_is_not_overwritten_and_the_name_is_one_that_load_takes(tmp_path):
    checkpoint(tmp_path, "map", hidden=64)
    for name, message in (("best.onnx", "would replace the checkpoint's best.json"), ("own", "does not end in .onnx"),
                          ("own.json", "does not end in .onnx")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            export(tmp_path, tmp_path / name)
    with pytest.raises(ValueError, match="has no calibration 'gone'"):
        export(tmp_path, tmp_path / "own.onnx", calibration="gone")


def test_by_default_the_smallest_file_that_is_good_enough(tmp_path, monkeypatch):
    checkpoint(tmp_path, "map", hidden=256)
    asked = []
    monkeypatch.setattr("wepsam.deploy.to_onnx.shrink", lambda model, storage, more_than: asked.append(storage))
    answers = iter([0.9998, 0.99999])
    monkeypatch.setattr("wepsam.deploy.to_onnx.least_cc", lambda *_: next(answers))
    export(tmp_path, tmp_path / "own.onnx")
    assert asked == ["int8", "float16"]


def test_what_does_not_fit_the_network_is_refused(tmp_path):
    checkpoint(tmp_path / "paper", "map", hidden=64)
    for change in ({"area": 128 * 128}, {"scales": (1.0,)}):
        with pytest.raises(ValueError, match="apply only to the light network; this one sees 128x128 pixels"):
            export(tmp_path / "paper", tmp_path / "own.onnx", **change)
    with pytest.raises(ValueError, match="no storage 'int4' of weights; choose one of int8, float16, float32"):
        export(tmp_path / "paper", tmp_path / "own.onnx", storage="int4")
    lite = LiteNet(LiteConfig(width=8, blocks=1))
    for change in ({"area": 100}, {"scales": ()}, {"scales": (0.0, 1.0)}):
        with pytest.raises(ValueError, match="expected at least 1024 pixels"):
            export(save_run(tmp_path / "lite", lite), tmp_path / "own.onnx", **change)
    with pytest.raises(ValueError, match="trained to output a map"):
        export(save_run(tmp_path / "lite", lite, "map"), tmp_path / "own.onnx")


def test_the_card(exported):
    _, path = exported
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["bytes"] == path.stat().st_size < 40e6
    assert card["terms"] == "none"
    assert card["least_cc_with_torch"] > 0.9999


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (300, 2), (128, 128), (97, 401)])
def test_a_map_at_the_pictures_size(exported, shape):
    model = wepsam.load(exported[1])
    stimulus = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    saliency_map = model(stimulus)
    assert saliency_map.shape == shape
    assert saliency_map.dtype == np.float32
    assert saliency_map.min() >= 0
    assert saliency_map.max() == 1


def test_the_blur_of_the_card(exported, stimuli):
    network, path = exported
    with torch.no_grad():
        raw = DeployedSquare(network, "log_density")(torch.from_numpy(stimuli[:1])).numpy()[0]
    expected = maps.blur(raw, 1.0)
    np.testing.assert_allclose(Predictor(path).low_resolution(stimuli[0]), expected / expected.sum(), rtol=1e-2)


def test_mirror_images_get_mirrored_maps(tmp_path, stimuli):
    checkpoint(tmp_path, "log_density", hidden=256)
    model = wepsam.load(export(tmp_path, tmp_path / "own.onnx", mirror=True, storage="float16"))
    straight, mirrored = model.low_resolution(stimuli[0]), model.low_resolution(stimuli[0, :, ::-1])
    np.testing.assert_allclose(straight, mirrored[:, ::-1], rtol=1e-4)


def test_the_map_is_enlarged_bilinearly(exported, stimuli):
    model = wepsam.load(exported[1])
    saliency_map = model(resize(stimuli[0], (128, 128)))
    expected = maps.enlarge(model.low_resolution(stimuli[0]), (128, 128))
    np.testing.assert_allclose(saliency_map, expected / expected.max(), rtol=1e-5)


def test_damaged_and_missing_weights_are_one_line(exported, tmp_path):
    _, path = exported
    broken = tmp_path / "own.onnx"
    with pytest.raises(WeightsError, match=r"own\.json is missing"):
        wepsam.load(broken)
    broken.with_suffix(".json").write_bytes(path.with_suffix(".json").read_bytes())
    with pytest.raises(WeightsError, match=r"own\.onnx is missing"):
        wepsam.load(broken)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    with pytest.raises(WeightsError, match="SHA-256"):
        wepsam.load(broken)
    broken.with_suffix(".json").write_text("[]")
    with pytest.raises(WeightsError, match="not a card"):
        wepsam.load(broken)
    with pytest.raises(WeightsError, match=r"shipped are .*wepsam-paper"):
        wepsam.load("deepgaze")


def test_shipped_weights():
    """They are there after installing, they are those of their card, and they look where a person would."""
    cards = wepsam.models()
    assert "wepsam-paper" in cards
    for name, card in cards.items():
        assert wepsam.load(name).card == card
        assert card["bytes"] < 40e6
        assert {"summary", "data", "terms", "sha256"} <= set(card)
    stimulus = np.full((240, 320, 3), 110, np.uint8)
    stimulus[60:110, 200:250] = (230, 30, 30)
    saliency_map = wepsam.load()(stimulus)
    row, column = np.unravel_index(saliency_map.argmax(), saliency_map.shape)
    assert abs(row - 85) < 50
    assert abs(column - 225) < 50
