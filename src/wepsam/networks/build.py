"""Which networks there are, and a network from its description on disk."""

from typing import Any

import torch

from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.mr_cnn import MrCnn, MrCnnConfig
from wepsam.networks.paper import PaperConfig, PaperNet

Config = PaperConfig | LiteConfig | MrCnnConfig
Network = PaperNet | LiteNet | MrCnn


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
            kind = PaperConfig if "head" in config else MrCnnConfig
            config = kind(**{**config, "filters": tuple(config["filters"])})
    if isinstance(config, LiteConfig):
        return LiteNet(config, generator)
    return MrCnn(config, generator) if isinstance(config, MrCnnConfig) else PaperNet(config, generator)
