"""Build a network from its description."""

from dataclasses import asdict
from typing import Any

import torch

from wepsam.card_fields import MAX_AREA
from wepsam.networks.base import Network, NetworkConfig
from wepsam.networks.cnn_vlm import CnnVlm, CnnVlmConfig
from wepsam.networks.deep import DeepConfig, DeepNet
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.mr_cnn import MrCnn, MrCnnConfig
from wepsam.networks.paper import PaperConfig, PaperNet

NETWORKS: dict[type[NetworkConfig], type[Network]] = {
    PaperConfig: PaperNet,
    LiteConfig: LiteNet,
    MrCnnConfig: MrCnn,
    CnnVlmConfig: CnnVlm,
    DeepConfig: DeepNet,
}
# The field by which the description of a network in a file is known: the first of these that it has.
KINDS: dict[str, type[NetworkConfig]] = {
    "components": CnnVlmConfig, "backbone": DeepConfig, "encoder": LiteConfig, "head": PaperConfig,
    "filters": MrCnnConfig,
}  # fmt: skip
# The largest numbers of a network that a file describes: it takes at most 1 GB.
MOST = {
    "area": MAX_AREA, "blocks": 32, "sources": 1000, "width": 1024, "filters": 1024, "hidden": 1 << 16, "stride": 32,
    "components": 1024, "side": 1024, "percent": 200,
}  # fmt: skip
# Of hidden units with the last filters, or with one another; the paper's network has 64 x 1024.
MOST_CONNECTIONS = 1 << 20


def build(config: NetworkConfig | dict[str, Any], generator: torch.Generator | None = None) -> Network:
    """Build a network with random weights.

    Args:
        config: the description, or the dictionary of it that a checkpoint or a card holds.
        generator: source of the weights; None draws from torch's global generator.

    Raises:
        ValueError: an unknown choice; or the dictionary describes no network, or one beyond the limits above.
    """
    described: NetworkConfig = config if isinstance(config, NetworkConfig) else _config(config)
    network: Any = NETWORKS[type(described)]
    return network(described, generator)


def _config(fields: Any) -> Any:
    """The description in a file's dictionary: the fields of one kind of network, each of the type of its default."""
    if not isinstance(fields, dict) or not (marks := [mark for mark in KINDS if mark in fields]):
        raise ValueError("there is no description of a network; expected its encoder, backbone or filters")
    kind: Any = KINDS[marks[0]]
    defaults = asdict(kind())
    if unknown := sorted(map(repr, set(fields) - set(defaults))):
        raise ValueError(f"no network has {', '.join(unknown)[:80]}")
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}  # a tuple is a list in JSON
    for name, value in given.items():
        if not _fits(value, defaults[name], MOST.get(name, 0)):
            raise ValueError(f"the network's {name} cannot be {repr(value)[:40]}; its default is {defaults[name]!r}")
    config = kind(**given)
    hidden = getattr(config, "hidden", 0)
    if (connections := hidden * (config.filters[-1] if "filters" in defaults else hidden)) > MOST_CONNECTIONS:
        raise ValueError(f"the network has {connections:,} connections, expected at most {MOST_CONNECTIONS:,}")
    return config


def _fits(value: Any, default: Any, most: int) -> bool:
    """Whether a value has the type of the default and is, as a number, from 1 to `most`."""
    if isinstance(default, tuple):
        return (
            isinstance(value, tuple)
            and len(value) == len(default)
            and all(_fits(one, other, most) for one, other in zip(value, default, strict=True))
        )
    return type(value) is type(default) and (type(value) is not int or 1 <= value <= most)
