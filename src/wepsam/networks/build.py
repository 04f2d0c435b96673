"""Build a network from its description."""

from typing import Any

import torch

from wepsam.networks.base import Network, NetworkConfig
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.mr_cnn import MrCnn, MrCnnConfig
from wepsam.networks.paper import PaperConfig, PaperNet

NETWORKS: dict[type[NetworkConfig], type[Network]] = {
    PaperConfig: PaperNet,
    LiteConfig: LiteNet,
    MrCnnConfig: MrCnn,
}


def build(config: NetworkConfig | dict[str, Any], generator: torch.Generator | None = None) -> Network:
    """Build a network with random weights.

    Args:
        config: the description, or the dictionary of it that a checkpoint or a card holds.
        generator: source of the weights; None draws from torch's global generator.

    Raises:
        TypeError: the dictionary describes no network.
        ValueError: an unknown choice.
    """
    if isinstance(config, dict):
        config = _config(config)
    network: Any = NETWORKS[type(config)]
    return network(config, generator)


def _config(fields: dict[str, Any]) -> NetworkConfig:
    if "encoder" in fields:
        return LiteConfig(**fields)
    kind = PaperConfig if "head" in fields else MrCnnConfig
    return kind(**{**fields, "filters": tuple(fields["filters"])})  # a tuple is a list in JSON
