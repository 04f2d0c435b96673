"""Which networks there are, and a network from its description on disk."""

from typing import Any

import torch

from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.paper import PaperConfig, PaperNet

Config = PaperConfig | LiteConfig
Network = PaperNet | LiteNet


def build(config: Config | dict[str, Any], generator: torch.Generator | None = None) -> Network:
    """A network with random weights.

    Args:
        config: which, and what it looks like; or that as a checkpoint has it.
        generator: source of the weights; None draws from torch's global one.

    Raises:
        TypeError: a dictionary that describes none.
        ValueError: an unknown choice.
    """
    if isinstance(config, dict):
        if "encoder" in config:
            config = LiteConfig(**config)
        else:
            config = PaperConfig(**{**config, "filters": tuple(config["filters"])})
    return LiteNet(config, generator) if isinstance(config, LiteConfig) else PaperNet(config, generator)
