"""The light network: its encoder against the published one, its gradients against torch's, its density, its shapes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from wepsam.networks.build import build
from wepsam.networks.depthwise import depthwise
from wepsam.networks.encoder import Conv, Encoder, load_imagenet
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.shapes import AREA, LEAST_AREA, STRIDE, input_shape
from wepsam.training import stages
from wepsam.training.batches import Augmentation, Batches, Pairs, take
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.settings import SETTINGS, TrainSettings

GOLDEN = Path(__file__).parents[1] / "golden" / "encoder" / "lite0.json"
TINY = LiteConfig(width=8, blocks=1, area=64 * 64)
QUICK = TrainSettings(
    epochs=2, batch_size=4, loss="kl_cc", optimizer="adamw", learning_rate=(1e-3, 0), average=0.9, frozen=2,
    encoder_rate=0.1, augmentation=Augmentation(geometry=1, color=1),
)  # fmt: skip


def network(config: LiteConfig = TINY, seed: int = 0) -> LiteNet:
    made = build(config, torch.Generator().manual_seed(seed))
    assert isinstance(made, LiteNet)
    return made


def pairs(shape: tuple[int, int], count: int, source: int = 0) -> Pairs:
    rng = np.random.default_rng(count)
    stimuli = rng.integers(0, 256, (count, *shape, 3), dtype=np.uint8)
    targets = rng.integers(0, 256, (count, shape[0] // 4, shape[1] // 4), dtype=np.uint8)
    return Pairs(stimuli, targets, np.full(count, source), ("noise", "other noise"), shape)


def golden_picture() -> torch.Tensor:
    """(1, 3, 96, 128): stripes and rings of all sizes, by a formula."""
    r, c = torch.meshgrid(torch.arange(96.0), torch.arange(128.0), indexing="ij")
    return torch.stack([(r * c / 977) % 1, ((r + 2 * c) / 64) % 1, ((r - 48) ** 2 + (c - 64) ** 2) / 6400])[None]


# ---- the encoder


def test_the_imagenet_encoder_is_the_published_one() -> None:
    encoder = Encoder("lite0")
    load_imagenet(encoder, "lite0")
    with torch.no_grad():
        features = encoder(golden_picture())
    for (place, golden), found in zip(json.loads(GOLDEN.read_text())["features"].items(), features, strict=True):
        assert list(found[0].shape) == golden["shape"], place
        middle = found[0, :4, found.shape[2] // 2, found.shape[3] // 2]
        torch.testing.assert_close(found[0, :4, 0, 0], torch.tensor(golden["corner"]), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(middle, torch.tensor(golden["middle"]), atol=1e-4, rtol=1e-4)
        assert found.square().mean().item() == pytest.approx(golden["mean of squares"], rel=1e-4)


def test_an_encoder_that_is_not_installed_or_not_known_is_named() -> None:
    with pytest.raises(ImportError, match="pip install efficientnet-lite7-pytorch-model"):
        load_imagenet(Encoder(), "lite7")
    with pytest.raises(ValueError, match="lite7"):
        Encoder("lite7")


@pytest.mark.parametrize(("size", "stride", "padding"), [(3, 1, 1), (5, 1, 2), (3, 2, 0), (5, 2, 0)])
def test_depthwise_gradients_are_torchs(size: int, stride: int, padding: int) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 6, 11, 13, generator=generator).to(memory_format=torch.channels_last)
    weight, bias = torch.randn(6, 1, size, size, generator=generator), torch.randn(6, generator=generator)
    gradients = []
    for convolve in (depthwise, lambda *a: functional.conv2d(*a, groups=6)):
        leaves = [t.clone().requires_grad_() for t in (x, weight, bias)]
        output = convolve(*leaves, stride, padding)
        (output * output.detach().cos()).sum().backward()
        gradients.append([output, *(leaf.grad for leaf in leaves)])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-5)


def test_a_calibrated_start_keeps_the_signals_size() -> None:
    net = network()
    outputs: dict[Conv, torch.Tensor] = {}
    x = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    net.calibrate(x)
    for layer in net.modules():
        if isinstance(layer, Conv) and not layer.clip:
            layer.register_forward_hook(lambda layer, _, output: outputs.update({layer: output}))
    net(x)
    assert len(outputs) > 20
    for output in outputs.values():
        torch.testing.assert_close(output.std((0, 2, 3)), torch.ones(output.shape[1]), atol=1e-2, rtol=0)


# ---- the map


def test_a_light_network_is_light() -> None:
    assert sum(p.numel() for p in network(LiteConfig()).parameters()) < 4_000_000
    assert sum(p.numel() for p in network(LiteConfig(encoder="lite1", width=64)).parameters()) < 4_000_000


@pytest.mark.parametrize("shape", [(64, 64), (32, 96), (96, 32)])
def test_the_log_density_of_any_shape_sums_to_one(shape: tuple[int, int]) -> None:
    found = network().log_density(torch.rand(2, 3, *shape))
    assert found.shape == (2, shape[0] // 4, shape[1] // 4)
    torch.testing.assert_close(found.flatten(1).logsumexp(1), torch.zeros(2), atol=1e-5, rtol=0)


def test_the_center_bias_is_a_term_that_can_be_switched_off_or_replaced() -> None:
    net, x = network(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        net.center_bias.normal_(generator=torch.Generator().manual_seed(0))
        own, without = net(x), net(x, center_bias=False)
        torch.testing.assert_close(net(x, center_bias=own - without), own)
    assert (own - without).std() > 0.1


def test_without_a_source_the_answer_is_that_of_all_on_average() -> None:
    net, x = network(replace(TINY, sources=3)), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        net.source_bias.normal_(generator=torch.Generator().manual_seed(0))
        of_each = [net(x, torch.tensor([source])) for source in range(3)]
        torch.testing.assert_close(torch.stack(of_each).mean(0), net(x))
    assert (of_each[0] - of_each[1]).std() > 0.1


# ---- shapes


@pytest.mark.parametrize("aspect", np.geomspace(0.25, 4, 15))
@pytest.mark.parametrize("area", [LEAST_AREA, AREA])
def test_input_shapes_keep_the_aspect_and_the_area(aspect: float, area: int) -> None:
    height, width = input_shape(round(1000 / aspect**0.5), round(1000 * aspect**0.5), area)
    assert height % STRIDE == width % STRIDE == 0
    assert width / height == pytest.approx(aspect, rel=0.2)
    assert height * width == pytest.approx(area, rel=0.25)


def test_input_shapes_by_hand_and_at_the_extremes() -> None:
    assert input_shape(600, 800) == (288, 384)
    assert input_shape(3, 4) == input_shape(150, 200, LEAST_AREA) == (192, 256)  # small pictures stay smaller
    assert input_shape(600, 800, LEAST_AREA) == (192, 256)
    assert input_shape(1, 1, LEAST_AREA) == (224, 224)
    assert input_shape(1, 100_000) == tuple(reversed(input_shape(100_000, 1)))


# ---- training


def test_an_epoch_shows_pictures_of_all_shapes_once() -> None:
    data = [pairs((64, 64), 8), pairs((32, 96), 4)]
    for alike, first in zip(data, (0, 8), strict=True):
        alike.stimuli[:] = np.arange(first, first + len(alike))[:, None, None, None]
    batches = Batches(data, 4, Augmentation(mirror=False), seed=0)
    assert batches.per_epoch == 3
    for epoch in range(2):
        shown = [batches[3 * epoch + n] for n in range(3)]
        assert sorted(round(v * 255) for x, _, _ in shown for v in x[:, 0, 0, 0].tolist()) == list(range(12))
        assert {(tuple(x.shape[2:]), tuple(y.shape[1:])) for x, y, _ in shown} == {
            ((64, 64), (16, 16)),
            ((32, 96), (8, 24)),
        }


def test_a_shape_with_fewer_pictures_than_a_batch_is_not_left_out() -> None:
    batches = Batches([pairs((64, 64), 9), pairs((32, 96), 2)], 4, Augmentation(), seed=0)
    assert sorted(len(batches[n][0]) for n in range(batches.per_epoch)) == [2, 4, 4]


def test_take_counts_through_all_shapes() -> None:
    some = take([pairs((64, 64), 8), pairs((32, 96), 4), pairs((96, 32), 3)], np.array([9, 2, 7, 8]))
    assert [(p.input_shape, len(p)) for p in some] == [((64, 64), 2), ((32, 96), 2)]
    np.testing.assert_array_equal(some[1].stimuli, pairs((32, 96), 4).stimuli[[1, 0]])


def test_frozen_stages_stay_and_an_interrupted_training_goes_on_to_the_same_weights(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", 0)
    data = [pairs((64, 64), 8), pairs((32, 96), 4, source=1)]
    config = replace(TINY, sources=2)
    whole = train(network(config), data, data[:1], QUICK, tmp_path / "whole", "random")

    class Stop(Exception):
        pass

    def interrupted(self: Batches, number: int, plain=Batches.__getitem__):
        if number == 4:
            raise Stop
        return plain(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__getitem__", interrupted)
        with pytest.raises(Stop):
            train(network(config), data, data[:1], QUICK, tmp_path / "parts", "random")
    parts = train(network(config), data, data[:1], QUICK, tmp_path / "parts", "random")
    one, two = (load_weights(run.best)[0] for run in (whole, parts))
    start = dict(network(config).named_parameters())
    for (name, a), b in zip(one.named_parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b), name
        early = name.startswith(("encoder.stem", "encoder.stages.0", "encoder.stages.1."))
        assert torch.equal(a, start[name]) == early, name


def test_a_student_learns_photographs_along_with_the_fixations(tmp_path, monkeypatch) -> None:
    seen: dict = {}
    monkeypatch.setattr(stages, "train", lambda net, training, *_, **__: seen.update(net=net, training=training))
    monkeypatch.setattr(stages.batches, "from_datasets", lambda datasets, *_, **__: [pairs((64, 64), 8)])
    monkeypatch.setattr(stages.batches, "from_store", lambda *_, **__: ([pairs((64, 64), 40)], [pairs((64, 64), 2)]))
    stages.finetune(None, ["a", "b"], tmp_path, validation=["c"], weak="weak", network=TINY, settings=QUICK)
    assert [set(p.sources) for p in seen["training"]] == [{0}, {2}]
    assert seen["net"].config.sources == 3


def test_the_paper_network_has_no_imagenet_start(tmp_path) -> None:
    with pytest.raises(ValueError, match="--settings lite"):
        stages.begin("imagenet", None, SETTINGS["shipped"][0])
