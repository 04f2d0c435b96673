"""Networks from their descriptions."""

import json
from dataclasses import asdict

import pytest

from wepsam.networks.base import MAP_LOSSES, NetworkConfig
from wepsam.networks.build import NETWORKS, build
from wepsam.networks.cnn_vlm import CnnVlmConfig
from wepsam.networks.lite import LiteConfig
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training.losses import LOSSES

CONFIGS = [
    PaperConfig(filters=(4, 4, 4), hidden=8), LiteConfig(width=8, blocks=1), MrCnnConfig(filters=(4, 6, 8), hidden=10),
    CnnVlmConfig(components=6, hidden=10),
]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_a_network_from_what_its_checkpoint_says(config: NetworkConfig) -> None:
    network = build(json.loads(json.dumps(asdict(config))))
    assert type(network) is NETWORKS[type(config)]
    assert network.config == config


def test_each_loss_has_a_network_that_learns_by_it() -> None:
    assert {*MAP_LOSSES}.union(*(network.losses for network in NETWORKS.values())) == {*LOSSES}


def test_the_papers_network_has_no_imagenet_start() -> None:
    with pytest.raises(ValueError, match="the paper's network has no ImageNet start"):
        build(CONFIGS[0]).load_imagenet()
