"""The light network from checkpoint to map: pictures of any shape, the center bias, the qualities."""

import io
import json
import pickle

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from PIL import Image

import wepsam
from wepsam import maps, offline
from wepsam.cards import WeightsError, sha256
from wepsam.deploy.graph import fold
from wepsam.deploy.to_onnx import export
from wepsam.images import read_image, resize, save_image
from wepsam.networks.lite import DeployedLite, LiteConfig, LiteNet
from wepsam.shapes import input_shape
from wepsam.training.checkpoint import save_weights

AREA = 64 * 96


@pytest.fixture(scope="module")
def network():
    """Small, with random weights that make maps of some contrast, and a center bias that is not symmetric."""
    generator = torch.Generator().manual_seed(0)
    net = LiteNet(LiteConfig(width=8, blocks=1, sources=2, area=AREA), generator)
    net.calibrate(torch.rand(4, 3, 64, 96, generator=generator))
    with torch.no_grad():
        net.readout.weight.normal_(0, 0.1, generator=generator)
        net.center_bias.normal_(0, 1, generator=generator)
        net.source_bias.normal_(0, 1, generator=generator)
    return net.eval()


@pytest.fixture(scope="module")
def run(network, tmp_path_factory):
    """A run's folder, as training would have left it."""
    about = {
        "network": vars(network.config), "output": "log_density", "step": 1, "start": "random",
        "training": ["none", 0], "validation": ["none", 0], "validation_scores": {"loss": 0.5}, "settings": {},
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    save_weights(folder / "best.safetensors", network.state_dict(), about)
    return folder


@pytest.fixture(scope="module")
def file(run):
    return export(run, run / "own.onnx", storage="float32", calibration=wepsam.Calibration())


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def session(path):
    onnxruntime = offline.onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # else it warns of the center bias, which is an input and has a default
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shape", [(1, 64, 96), (3, 96, 64), (2, 32, 128), (1, 32, 32), (1, 160, 160)])
def test_the_file_is_torch_in_any_shape(network, file, shape):
    stimuli = noise(*shape)
    with torch.no_grad():
        expected = network.log_density(torch.from_numpy(stimuli).permute(0, 3, 1, 2) / 255).exp().numpy()
    (ours,) = session(file).run(None, {"stimuli": stimuli})
    assert ours.shape == (shape[0], shape[1] // 4, shape[2] // 4)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5 * expected.max())
    np.testing.assert_allclose(ours.sum((1, 2)), 1, rtol=1e-5)


def test_the_file_takes_another_center_bias(network, file):
    stimuli, other = noise(1, 64, 96), np.random.default_rng(1).normal(size=(16, 24)).astype(np.float32)
    pixels = torch.from_numpy(stimuli).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        expected = network.log_density(pixels, center_bias=torch.from_numpy(other)).exp().numpy()
    (ours,) = session(file).run(None, {"stimuli": stimuli, "center_bias": other[None, None]})
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5 * expected.max())


def test_nothing_constant_is_left_to_compute_and_nothing_to_pad(file):
    """Weights come scaled, and uneven padding is part of the convolution."""
    graph = onnx.load(file).graph
    constants = {c.name for c in graph.initializer} - {"center_bias"}
    assert not [n.name for n in graph.node if n.input and set(n.input) <= constants]
    assert not [n.name for n in graph.node if n.op_type in ("Pad", "BatchNormalization")]


def test_the_calibration_of_the_card_is_applied_to_the_density(file, tmp_path):
    card = json.loads(file.with_suffix(".json").read_text())
    card |= {"calibration": "here", "calibrations": {"here": {"power": 1.5}}}
    (tmp_path / "own.onnx").write_bytes(file.read_bytes())
    (tmp_path / "own.json").write_text(json.dumps(card))
    plain, sharp = (
        wepsam.load(tmp_path / "own.onnx", quality="fast", calibration=name).low_resolution(noise(64, 96))
        for name in ("none", None)
    )
    np.testing.assert_allclose(sharp, plain**1.5 / (plain**1.5).sum(), rtol=1e-6)
    assert sharp.std() > 1.2 * plain.std()


def test_the_file_tells_nothing_of_the_machine(file):
    content = file.read_bytes()
    assert b"stack_trace" not in content
    assert b".py" not in content


def test_fewer_bits_smaller_file_almost_the_same_maps(run, file, monkeypatch):
    monkeypatch.setattr(LiteNet, "least_cc", 0.95)  # with random weights more is lost than with learned ones
    monkeypatch.setattr("wepsam.deploy.to_onnx.to_onnx", lambda _: onnx.load(file))  # the same, without the seconds
    stimuli = noise(2, 64, 96)
    (expected,) = session(file).run(None, {"stimuli": stimuli})
    sizes = [file.stat().st_size]
    path = export(run, run / "small.onnx", storage="int8")
    (ours,) = session(path).run(None, {"stimuli": stimuli})
    sizes.append(path.stat().st_size)
    assert sizes[1] < 0.4 * sizes[0]
    assert 0.95 < np.corrcoef(ours.ravel(), expected.ravel())[0, 1] < 1
    kinds = {numpy_helper.to_array(w).dtype.name for w in onnx.load(path).graph.initializer}
    assert {"int8", "float16", "float32"} <= kinds
    assert json.loads(path.with_suffix(".json").read_text())["wide_layers"] == "int8"


def test_a_light_network_that_learned_maps_is_refused(run, network, tmp_path):
    about = json.loads((run / "best.json").read_text()) | {"output": "map"}
    save_weights(tmp_path / "best.safetensors", network.state_dict(), about)
    with pytest.raises(ValueError, match="trained to output a map"):
        export(tmp_path, tmp_path / "own.onnx")
    with pytest.raises(ValueError, match="no storage 'int4'"):
        export(run, tmp_path / "own.onnx", storage="int4")


def test_a_product_of_constants_is_folded():
    constants = [numpy_helper.from_array(np.float32([a]), name) for a, name in ((2, "a"), (3, "b"), (9, "unused"))]
    nodes = [onnx.helper.make_node("Mul", ["a", "b"], ["ab"]), onnx.helper.make_node("Mul", ["x", "ab"], ["y"])]
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:], constants))
    fold(model)
    assert [n.output[0] for n in model.graph.node] == ["y"]
    assert {c.name: numpy_helper.to_array(c).item() for c in model.graph.initializer} == {"ab": 6}


def test_deployed_without_a_bias_has_the_learned_one(network):
    stimuli = torch.from_numpy(noise(1, 64, 96))
    with torch.no_grad():
        deployed = DeployedLite(network)
        torch.testing.assert_close(deployed(stimuli), deployed(stimuli, network.center_bias))
        assert (deployed(stimuli) - deployed(stimuli, 0 * network.center_bias)).abs().max() > 1e-4


# ---- the predictor


def by_hand(path, stimulus, shapes, mirror):
    """Densities of the views, (H, W) each, from the file itself."""
    views = []
    for shape in shapes:
        small = resize(stimulus, shape)[None]
        (view,) = session(path).run(None, {"stimuli": small})
        if mirror:
            (other,) = session(path).run(None, {"stimuli": np.ascontiguousarray(small[:, :, ::-1])})
            view = (view + other[:, :, ::-1]) / 2
        views.append(view[0])
    return views


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (10, 5000), (5000, 10), (97, 401), (600, 800), (64, 96)])
def test_any_picture_gets_a_map_and_a_log_density(file, shape):
    model, stimulus = wepsam.load(file, quality="fast"), noise(*shape)
    saliency_map, log_density = model(stimulus), model.log_density(stimulus)
    assert saliency_map.shape == log_density.shape == shape
    assert saliency_map.dtype == np.float32
    assert saliency_map.min() >= 0
    assert saliency_map.max() == 1
    assert log_density.dtype == np.float64
    assert np.isfinite(log_density).all()
    assert np.exp(log_density).sum() == pytest.approx(1, abs=1e-9)


def test_fast_is_one_view_at_the_area_of_the_card(file):
    stimulus = noise(120, 180)
    (expected,) = by_hand(file, stimulus, [input_shape(120, 180, AREA)], mirror=False)
    np.testing.assert_allclose(wepsam.load(file, quality="fast").low_resolution(stimulus), expected, rtol=1e-5)


def test_best_is_the_mean_of_the_views_that_the_card_names(file, run):
    card = json.loads(file.with_suffix(".json").read_text())
    card["views"]["best"] = {"scales": [2, 1], "mirror": True}
    other = run / "views.onnx"
    other.write_bytes(file.read_bytes())
    other.with_suffix(".json").write_text(json.dumps(card))
    stimulus = noise(120, 180)
    small, large = by_hand(file, stimulus, [input_shape(120, 180, a) for a in (AREA, 4 * AREA)], mirror=True)
    enlarged = maps.to_density(maps.enlarge(small, large.shape))
    expected = (enlarged + large) / 2
    ours = wepsam.load(other, quality="best").low_resolution(stimulus)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)
    fast = maps.enlarge(wepsam.load(other, quality="fast").low_resolution(stimulus), ours.shape)
    assert np.corrcoef(fast.ravel(), ours.ravel())[0, 1] < 0.99


def test_best_gives_a_mirrored_picture_the_mirrored_map(file):
    model, stimulus = wepsam.load(file, quality="best"), noise(120, 180)
    straight, mirrored = model.low_resolution(stimulus), model.low_resolution(stimulus[:, ::-1])
    np.testing.assert_allclose(straight, mirrored[:, ::-1], rtol=1e-3)


def test_the_center_bias_left_out_replaced_and_as_learned(network, file):
    stimulus = resize(noise(120, 180), (64, 96))
    pixels = torch.from_numpy(stimulus).permute(2, 0, 1)[None] / 255
    other = np.random.default_rng(1).normal(size=(16, 24))

    def expected(center_bias):
        with torch.no_grad():
            return network.log_density(pixels, center_bias=center_bias)[0].exp().numpy()

    for given, theirs in ((True, True), (False, False), (other, torch.from_numpy(other).float())):
        ours = wepsam.load(file, center_bias=given, quality="fast").low_resolution(stimulus)
        np.testing.assert_allclose(ours, expected(theirs), rtol=1e-3)
    assert np.abs(expected(True) - expected(False)).max() > 0.1 * expected(True).max()


def test_what_cannot_be_is_one_line(file):
    with pytest.raises(ValueError, match="quality is best or fast, not 'slow'"):
        wepsam.load(file, quality="slow")
    for wrong in (np.zeros(3), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="finite logits"):
            wepsam.load(file, center_bias=wrong, quality="fast")
    with pytest.raises(ValueError, match="no center bias of its own"):
        wepsam.load("wepsam-paper", center_bias=False, quality="fast")


@pytest.mark.parametrize(
    "change", [{"stride": 16}, {"views": {}}, {"views": None}, {"input_area": "large"}, {"blur": None}]
)
def test_a_corrupt_card_is_one_line(file, tmp_path, change):
    card = json.loads(file.with_suffix(".json").read_text()) | change
    other = tmp_path / "own.onnx"
    other.write_bytes(file.read_bytes())
    other.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match=r"own\.json is not a card of weights") as told:
        wepsam.load(other, quality="best")
    assert "\n" not in str(told.value)


def test_no_file_for_this_runtime_is_one_line(file, tmp_path):
    other = tmp_path / "own.onnx"
    other.write_bytes(b"no graph")
    card = json.loads(file.with_suffix(".json").read_text()) | {"sha256": sha256(other)}
    other.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match="cannot be opened"):
        wepsam.load(other, quality="fast")


def test_it_travels_to_another_process_with_its_choices(file):
    model = wepsam.load(file, threads=1, quality="best", center_bias=np.eye(3))
    stimulus = noise(50, 70)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(stimulus), model(stimulus))


def test_the_log_density_is_that_of_the_network_enlarged(file):
    stimulus = noise(64, 96)
    model = wepsam.load(file, quality="fast")
    log = maps.enlarge(np.log(model.low_resolution(stimulus)), (64, 96)).astype(np.float64)
    np.testing.assert_allclose(model.log_density(stimulus), log - np.log(np.exp(log).sum()), atol=1e-6)


def test_a_jpeg_is_decoded_small_and_looks_the_same_to_the_network(file, tmp_path, monkeypatch):
    path = tmp_path / "large.jpg"
    save_image(path, resize(noise(90, 120), (1800, 2400)))
    model = wepsam.load(file, quality="fast")
    decoded = []
    monkeypatch.setattr(model, "low_resolution", lambda picture: decoded.append(picture) or np.ones((16, 24)))
    assert model(path).shape == (1800, 2400)
    model(read_image(path))
    small, whole = decoded
    assert small.shape == (450, 600, 3)
    fed = [resize(picture, (64, 96)).astype(int) for picture in (small, whole)]
    assert np.abs(fed[0] - fed[1]).max() <= 3


# ---- many pictures


def test_many_gives_the_maps_in_order(file):
    stimuli = [noise(40 + k, 60, seed=k) for k in range(9)]
    model = wepsam.load(file, quality="fast")
    for workers in (1, 3, -1):
        for stimulus, saliency_map in zip(stimuli, model.many(stimuli, workers=workers), strict=True):
            np.testing.assert_array_equal(saliency_map, model(stimulus))


def test_many_reads_paths_and_travels_with_its_choices(file, tmp_path):
    save_image(tmp_path / "a.png", noise(50, 70))
    model = wepsam.load(file, quality="fast", center_bias=False)
    (saliency_map,) = model.many([tmp_path / "a.png"], workers=2)
    np.testing.assert_array_equal(saliency_map, model(noise(50, 70)))


def test_many_takes_pictures_only_as_they_are_needed(file):
    taken = []

    def pictures():
        for k in range(1000):
            taken.append(k)
            yield noise(8, 8)

    model = wepsam.load(file, quality="fast", threads=1)
    answers = model.many(pictures(), workers=2)
    assert not taken
    for _ in range(3):
        next(answers)
    assert len(taken) <= 3 + 2 * 2
    answers.close()
    assert len(taken) <= 3 + 2 * 2


@pytest.mark.parametrize("workers", [1, 2])
def test_many_raises_or_returns_the_error_of_a_picture(file, workers):
    pictures = [noise(8, 8), b"no picture", noise(8, 8)]
    model = wepsam.load(file, quality="fast", threads=1)
    first, error, last = model.many(pictures, workers=workers, return_errors=True)
    assert first.shape == last.shape == (8, 8)
    assert isinstance(error, wepsam.ImageError)
    answers = model.many(pictures, workers=workers)
    assert next(answers).shape == (8, 8)
    with pytest.raises(wepsam.ImageError, match="no picture"):
        next(answers)
    with pytest.raises(wepsam.ImageError, match="more than 63 pixels"):
        next(model.many([png(8, 8)], workers=workers, max_pixels=63))


def png(height, width):
    buffer = io.BytesIO()
    Image.fromarray(noise(height, width)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("workers", [0, -2])
def test_many_needs_workers(file, workers):
    with pytest.raises(ValueError, match="expected -1"):
        wepsam.load(file).many([], workers=workers)


# ---- providers


def test_providers_are_those_that_are_installed(file):
    stimulus = noise(50, 70)
    expected = wepsam.load(file)(stimulus)
    for providers in ("CPUExecutionProvider", ["CPUExecutionProvider"]):
        model = wepsam.load(file, providers=providers)
        np.testing.assert_array_equal(model(stimulus), expected)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(stimulus), expected)
    with pytest.raises(ValueError, match=r"no provider MoonExecutionProvider: this ONNX Runtime has .*CPU") as error:
        wepsam.load(file, providers=["MoonExecutionProvider", "CPUExecutionProvider"])
    assert "\n" not in str(error.value)


def test_other_settings_share_the_session() -> None:
    model = wepsam.load(threads=1)
    fast = model.with_settings("fast", "none")
    assert fast._session is model._session
    assert (fast.quality, fast.calibration.name, model.quality) == ("fast", "none", "best")
    picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    np.testing.assert_array_equal(fast(picture), wepsam.load(threads=1, quality="fast", calibration="none")(picture))
    np.testing.assert_array_equal(fast.with_settings("best", "typical")(picture), model(picture))
    with pytest.raises(ValueError, match="quality is best or fast, not 'great'"):
        model.with_settings("great")
