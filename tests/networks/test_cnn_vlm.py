"""CNN-VLM: what its readers see, what is salient to them, its encoders, its file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import wepsam
from helpers import Paint, Write, save_run
from wepsam import metrics
from wepsam.classical import center_gaussian
from wepsam.datasets import open_dataset
from wepsam.deploy.to_onnx import export
from wepsam.networks import vgg
from wepsam.networks.build import build
from wepsam.networks.cnn_vlm import BLUR, DIRECTIONS, CnnVlm, CnnVlmConfig, DeployedCnnVlm, blurring
from wepsam.training.batches import Pairs
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.recipes import RECIPES
from wepsam.training.stages import pretrain
from wepsam.training.starts import begin, prepare

TINY = CnnVlmConfig(components=6, hidden=10, area=64 * 96)
QUICK = replace(RECIPES["cnn_vlm"].pretrain, precision="32-true", warmup=0)


def network(config: CnnVlmConfig = TINY, seed: int = 0) -> CnnVlm:
    net = build(config, torch.Generator().manual_seed(seed))
    assert isinstance(net, CnnVlm)
    net.calibrate(pixels(8, 64, 96))
    return net.eval()


def pixels(count: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def textures(count: int, seed: int = 0, patch: int = 16, size: int = 128) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Stripes across whole pictures, and one patch of checks in each: (N, size, size, 3) uint8, and its (row, column)
    in units of 16 pixels. Without a patch (0) they are stripes alone."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    pictures, places = [], []
    for _ in range(count):
        row, column = (int(n) for n in rng.integers(2, size // 16 - 3, 2))
        stripes = 200.0 * ((y // 4) % 2)
        odd = (abs(y - 16 * row - 16) < patch) & (abs(x - 16 * column - 16) < patch)
        picture = np.where(odd, 200.0 * (((x // 8) + (y // 8)) % 2), stripes)
        pictures.append(np.repeat(picture[..., None], 3, axis=2) + rng.integers(0, 20, (size, size, 1)))
        places.append((row, column))
    return np.array(pictures).astype(np.uint8), places


@pytest.fixture(scope="module")
def reader_of_textures(tmp_path_factory: pytest.TempPathFactory) -> CnnVlm:
    """A small network that has learned stripes, with a checked patch somewhere."""
    data = textures(32)[0]
    ignored = np.eye(32, dtype=np.uint8)[None].repeat(32, axis=0)
    pairs = Pairs(data, ignored, np.zeros(32, int), ("textures",), (128, 128))
    settings = replace(QUICK, epochs=20, batch_size=8, learning_rate=(1e-2, 0), validate_every=10)
    config = CnnVlmConfig(components=16, hidden=32)
    net, origin = begin("imagenet", config, 0)
    prepare(net, "imagenet", [pairs], settings)
    run = train(net, [pairs], [pairs.take(slice(0, 4))], settings, tmp_path_factory.mktemp("run"), origin)
    learned = load_weights(run.best)[0]
    assert isinstance(learned, CnnVlm)
    return learned.eval()


def test_the_layers_are_the_publications() -> None:
    """Four readers of two layers with 256 units, on the features of the 16 x 16 pixels that VGG-19's conv5_4 has."""
    net = build(CnnVlmConfig())
    lstms = [(m.num_layers, m.hidden_size) for m in net.modules() if isinstance(m, torch.nn.LSTM)]
    assert lstms == 4 * [(2, 256)]
    assert net.features(pixels(1, 64, 96)).shape == (1, 112 // 2, 4, 6)
    assert build(CnnVlmConfig(stride=32)).features(pixels(1, 64, 96)).shape == (1, 320 // 2, 2, 3)


def test_the_features_are_principal_components() -> None:
    """Uncorrelated, centered, of falling variance; of standardized channels, which together have variance 1 each."""
    net = build(replace(TINY, components=112), torch.Generator().manual_seed(0))
    assert isinstance(net, CnnVlm)
    with torch.no_grad():
        for seed in (1, 2):  # several batches count as one
            net.calibrate(pixels(6, 96, 64, seed), whole=False)
        batches = [net.features(pixels(6, 96, 64, seed)) for seed in (1, 2)]
    places = torch.cat(batches).double().permute(0, 2, 3, 1).flatten(0, 2)
    variances = places.var(0, correction=0)
    np.testing.assert_allclose(places.mean(0), 0, atol=1e-3)
    assert (variances.diff() <= 1e-3).all()
    assert variances.sum().item() == pytest.approx(112, rel=1e-3)
    correlations = torch.corrcoef(places[:, :20].T)
    np.testing.assert_allclose(correlations, np.eye(20), atol=1e-3)


@pytest.mark.parametrize("number", range(4), ids=["down", "up", "right", "left"])
def test_a_reader_sees_only_what_is_behind_it(number: int) -> None:
    """After a change of one place, the prediction is another only beyond it, and only in its column or row."""
    net, features = network(), torch.randn(1, 6, 5, 7, generator=torch.Generator().manual_seed(1))
    row, column = 2, 3
    changed = features.clone()
    changed[0, :, row, column] += 3
    with torch.no_grad():
        before, after = net.error(features, number)[0], net.error(changed, number)[0]
    moved = (before - after).abs() > 1e-7
    vertical, backward = not DIRECTIONS[number][0], DIRECTIONS[number][1]
    along = moved[:, column] if vertical else moved[row]
    place = row if vertical else column
    assert moved.sum() == along.sum()  # nothing beside its line
    seen = slice(0, place + 1) if backward else slice(place, None)
    unseen = slice(place + 1, None) if backward else slice(0, place)
    assert along[place]  # its own error
    assert not along[unseen].any()
    assert along[seen].sum() >= (place if backward else len(along) - place - 1)  # those that see it; the end counts 0


def test_the_first_place_counts_nothing_and_the_last_one_fully() -> None:
    net = network()
    features = torch.randn(2, 6, 4, 5, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        down, up = net.error(features, 0), net.error(features, 1)
        sequence = features.permute(2, 0, 3, 1).reshape(4, 10, 6)
        wrong = (net.readers[0](sequence) - sequence).square().mean(2).reshape(4, 2, 5).transpose(0, 1)
    np.testing.assert_allclose(down, wrong * torch.tensor([0, 1 / 3, 2 / 3, 1])[:, None], rtol=1e-4)
    assert (up[:, -1] == 0).all()
    assert (up[:, 0] > 0).all()


def test_what_the_neighbors_predict_is_not_salient(reader_of_textures: CnnVlm) -> None:
    """Plain stripes, as it has read them, leave little error; the same places in a random order leave much."""
    with torch.no_grad():
        features, odd = (
            reader_of_textures.features(torch.from_numpy(textures(1, 1, patch)[0]).permute(0, 3, 1, 2).float() / 255)
            for patch in (0, 16)
        )
        turn = torch.randperm(64, generator=torch.Generator().manual_seed(0))
        shuffled = odd.flatten(2)[:, :, turn].view_as(odd)
        plain, mixed = (reader_of_textures.errors(f).mean() for f in (features, shuffled))
    assert plain < mixed / 3, (plain, mixed)


def test_an_odd_patch_in_a_texture_stands_out(reader_of_textures: CnnVlm) -> None:
    pictures, places = textures(6, seed=1)
    with torch.no_grad():
        maps = DeployedCnnVlm(reader_of_textures)(torch.from_numpy(pictures)).numpy()
    for saliency_map, (row, column) in zip(maps, places, strict=True):
        inside = saliency_map[4 * row : 4 * row + 8, 4 * column : 4 * column + 8]
        assert inside.max() == saliency_map.max()
        assert inside.mean() > 2 * saliency_map.mean()


def test_the_blur_is_the_gaussian_of_the_enlarged_map() -> None:
    """On a fine grid, with zeros beyond the border: the middle keeps all, the border half."""
    weights = blurring(200, 4).double().numpy()
    assert weights[400].sum() == pytest.approx(1, abs=1e-6)
    assert weights[0].sum() == pytest.approx(0.5, abs=0.01)
    places = (np.arange(200) - 99.5) * weights[399:401].mean(0)
    assert (places * (np.arange(200) - 99.5)).sum() ** 0.5 == pytest.approx(BLUR * 200, rel=0.01)


def test_people_are_not_asked(tmp_path: Path) -> None:
    """Maps in the weak labels change nothing of what it learns."""
    learned = []
    for number in range(2):
        maps = np.random.default_rng(number).integers(0, 256, (6, 16, 24), dtype=np.uint8)
        stimuli = np.random.default_rng(0).integers(0, 256, (6, 64, 96, 3), dtype=np.uint8)
        pairs = Pairs(stimuli, maps, np.zeros(6, int), ("noise",), (64, 96))
        settings = replace(QUICK, epochs=2, batch_size=3)
        learned.append(load_weights(train(network(), [pairs], [pairs], settings, tmp_path / f"{number}", "-").best)[0])
    for one, other in zip(*(net.state_dict().values() for net in learned), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("stride", [16, 32])
def test_the_file_is_the_network(tmp_path: Path, paint: Paint, stride: int) -> None:
    net = network(replace(TINY, stride=stride, area=192 * 256))
    save_run(tmp_path, net, output="map")
    model = wepsam.load(export(tmp_path, tmp_path / "own.onnx", storage="float32"), quality="fast")
    for height, width in ((192, 256), (256, 192), (96, 416), (32, 64)):  # any shape, in batches of any size
        stimuli = np.stack([paint(seed, height, width) for seed in (3, 4)])
        with torch.no_grad():
            maps = DeployedCnnVlm(net)(torch.from_numpy(stimuli)).numpy()
        assert maps.shape == (2, height // 4, width // 4)
        assert maps.max() == 1
        np.testing.assert_allclose(model._run(stimuli), maps, atol=1e-3)
    assert model(paint(5, 300, 450)).shape == (300, 450)
    card = json.loads((tmp_path / "own.json").read_text())
    assert card["network"]["stride"] == stride
    assert card["learned_from"] == {}


def test_from_photographs_to_a_map(tmp_path: Path, paint: Paint, write: Write) -> None:
    for seed in range(6):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed, 96, 128))
    wepsam.label(tmp_path / "photos", tmp_path / "weak", teacher="center-gaussian", workers=1, keep_aspect=True)
    small = {"components": 6, "hidden": 10}
    run = pretrain(tmp_path / "weak", tmp_path / "run", recipe="cnn_vlm", network=small, keep=1.0)
    model = wepsam.load(export(run.best, tmp_path / "own.onnx"))
    assert model(paint(9, 90, 120)).shape == (90, 120)


# ---- VGG-19


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torchvision's names and shapes with random weights, and a classifier."""
    generator = torch.Generator().manual_seed(3)
    tensors, inputs, index = {}, 3, 0
    for channels, count in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        for _ in range(count):
            spread = (2 / (9 * inputs)) ** 0.5
            tensors[f"features.{index}.weight"] = spread * torch.randn(channels, inputs, 3, 3, generator=generator)
            tensors[f"features.{index}.bias"] = 0.1 * torch.randn(channels, generator=generator)
            inputs, index = channels, index + 2
        index += 1  # the pooling
    tensors["classifier.6.bias"] = torch.zeros(1000)
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(tensors, path)
    save_file(tensors, path.with_suffix(".safetensors"))
    return path


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_vgg19_from_torchvisions_file(vgg_file: Path, suffix: str) -> None:
    """conv5_4 is torchvision's layer 34; its features are those of the layers one by one."""
    net, origin = begin("imagenet", CnnVlmConfig(encoder="vgg19"), 0, vgg_file.with_suffix(suffix))
    assert net.config.components == 256
    assert origin == f"imagenet, vgg19{suffix}"
    tensors, x = torch.load(vgg_file, weights_only=True), pixels(1, 32, 64)
    with torch.no_grad():
        features = net.encoder(x)[-1]
        y = (x - torch.tensor(vgg.MEAN)[:, None, None]) / torch.tensor(vgg.SPREAD)[:, None, None]
        for index in range(36):
            if index in (4, 9, 18, 27):
                y = torch.nn.functional.max_pool2d(y, 2)
            elif f"features.{index}.weight" in tensors:
                weight, bias = (tensors[f"features.{index}.{name}"] for name in ("weight", "bias"))
                y = torch.relu(torch.nn.functional.conv2d(y, weight, bias, padding=1))
    assert features.shape == (1, 512, 2, 4)
    np.testing.assert_allclose(features, y, rtol=1e-4, atol=1e-4)


def test_files_that_are_not_vgg19(vgg_file: Path, tmp_path: Path) -> None:
    tensors = torch.load(vgg_file, weights_only=True)
    other = tmp_path / "other.pth"
    config = CnnVlmConfig(encoder="vgg19")
    for change, message in (
        ({"features.34.weight": torch.zeros(512, 512, 1, 1)}, "features.34.weight is .*expected"),
        ({"features.0.bias": torch.full((64,), torch.nan)}, "features.0.bias is .*finite"),
        ({"features.2.bias": None}, "it lacks features.2.bias"),
    ):
        torch.save(tensors | change, other)
        with pytest.raises(ValueError, match=message) as caught:
            begin("imagenet", config, 0, other)
        assert "\n" not in str(caught.value)
        assert str(other) in str(caught.value)
    torch.save(Path("code"), other)  # a pickle that names a class
    with pytest.raises(ValueError, match="does not hold the weights of vgg19"):
        begin("imagenet", config, 0, other)
    with pytest.raises(OSError, match="the file is missing"):
        begin("imagenet", config, 0, tmp_path / "none.pth")
    with pytest.raises(ValueError, match="name a file with torchvision's"):
        begin("imagenet", config, 0)
    with pytest.raises(ValueError, match="come from its package"):
        begin("imagenet", TINY, 0, vgg_file)
    with pytest.raises(ValueError, match="for the start imagenet, not random"):
        begin("random", config, 0, vgg_file)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"stride": 8}, "stride is 8; choose 16, or 32"), ({"encoder": "vgg19", "stride": 32}, "stride is 32"),
     ({"components": 113}, "lite0 has 112 channels at stride 16"), ({"encoder": "vgg16"}, "no encoder 'vgg16'")],
)  # fmt: skip
def test_encoders_that_do_not_exist(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(replace(TINY, **change))


def test_the_shipped_one_beats_the_center(shared: Path) -> None:
    data = open_dataset(f"osie={shared / 'data' / 'osie'}").split("validation")
    model = wepsam.load("cnn_vlm-lite0", threads=1)
    assert model.card["learned_from"] == {}
    scores = []
    for sample in data[::34]:
        stimulus = sample.stimulus()
        scores.append([metrics.nss(m, sample.fixations) for m in (model(stimulus), center_gaussian(stimulus))])
    ours, floor = np.mean(scores, axis=0)
    assert ours > floor + 0.1
