"""Start weights: fresh ones, and those of runs, checkpoints and files."""

from pathlib import Path

import pytest
import torch

from helpers import noise_pairs, save_run
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings
from wepsam.training.starts import begin, choose, load, prepare

TINY = LiteConfig(width=8, blocks=1, area=64 * 64)


def test_a_random_start_depends_on_the_seed_alone() -> None:
    one, same, other = (begin("random", TINY, seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert not all(torch.equal(one[k], other[k]) for k in one)


def test_the_imagenet_start_replaces_the_encoder_alone() -> None:
    network, origin = begin("imagenet", TINY, 0)
    plain = begin("random", TINY, 0)[0].state_dict()
    assert origin == "imagenet"
    changes = {
        name.split(".")[0] for name, value in network.state_dict().items() if not torch.equal(value, plain[name])
    }
    assert changes == {"encoder"}
    with pytest.raises(ValueError, match="MR-CNN has no ImageNet start"):
        begin("imagenet", MrCnnConfig(filters=(4, 6, 8), hidden=10), 0)


def test_a_shipped_model_is_a_start_by_name() -> None:
    network, origin = choose("wepsam-lite", RECIPES["lite"], {"area": 192 * 256}, seed=0)
    assert origin == "wepsam-lite"
    assert network.config == LiteConfig(area=192 * 256)


@pytest.mark.parametrize("name", ["wepsam-paper", "mr_cnn", "cnn_vlm-lite0"])
def test_shipped_models_that_cannot_be_read_back_are_named(name: str) -> None:
    with pytest.raises(ValueError, match="only the light network can be read back"):
        load(name)


def test_a_start_of_another_kind_is_refused(tmp_path: Path) -> None:
    save_run(tmp_path, LiteNet(TINY))
    with pytest.raises(
        ValueError, match="holds the light network, the recipe trains MR-CNN; choose recipe lite or another start"
    ):
        begin(tmp_path, MrCnnConfig(), 0)
    network, origin = begin(tmp_path / "best.safetensors", LiteConfig(width=96), 0)
    assert (network.config.width, network.config.area) == (8, LiteConfig().area)
    assert origin == "none, step 1"


def test_a_fresh_start_is_calibrated_and_another_is_not() -> None:
    settings, pairs = TrainSettings(), [noise_pairs((64, 64), 8)]
    for start, whole in (("random", True), ("imagenet", False)):
        network, _ = begin(start, TINY, 0)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        prepare(network, start, pairs, settings, sources=2)
        after = network.state_dict()
        changes = {
            name.split(".")[0]
            for name in after
            if not name.startswith("source") and not torch.equal(after[name], before[name])
        }
        assert "laterals" in changes
        assert ("encoder" in changes) == whole
        assert network.config.sources == 2
    network, _ = begin("random", PaperConfig(filters=(4, 4, 4), hidden=8, init="he"), 0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    prepare(network, "random", [noise_pairs((128, 128), 4)], settings)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
