"""The paper's network: three convolutions, two fully connected layers, a maxout, a 32x32 map.

Lahiri et al., "WEPSAM: Weakly Pre-Learnt Saliency Model", 2016. Its architecture comes from JuntingNet (Pan &
Giro-i-Nieto, 2015). Where the paper is silent (filters, padding, hidden width), the defaults follow JuntingNet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wepsam.networks import deployment
from wepsam.networks.base import DeployedSquare, Network, NetworkConfig
from wepsam.networks.deployment import Deployment
from wepsam.shapes import Shape

INPUT_SIZE = 128  # pixels, square
MAP_SIZE = 32


@dataclass(frozen=True)
class PaperConfig(NetworkConfig):
    """The five layers. The defaults are the paper's, or JuntingNet's where the paper is silent."""

    filters: tuple[int, int, int] = (32, 64, 64)
    padding: bool = False  # True: a convolution keeps the size; JuntingNet's do not
    hidden: int = 1024  # width between the two fully connected layers
    head: str = "paper"  # the place of the maxout: "paper" after the last layer, "juntingnet" between the two
    init: str = "paper"  # "paper": N(0, 0.01), biases 0.1; "he": N(0, 2 / fan-in), biases 0

    def input_shape(self, height: int, width: int) -> Shape:
        """A square, whatever the picture's size."""
        return INPUT_SIZE, INPUT_SIZE


class PaperNet(Network):
    """(B, 3, 128, 128) pixels in [0, 1] -> (B, 32, 32) map, linear (so it may dip below 0)."""

    title = "the paper's network"
    least_cc = 0.9999

    def __init__(self, config: PaperConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize.

        Args:
            config: the architecture.
            generator: source of the initial weights; None draws from torch's global generator.

        Raises:
            ValueError: unknown head or initialization.
        """
        super().__init__()
        self.config: PaperConfig = config
        stages: list[nn.Module] = []
        channels, side = 3, INPUT_SIZE
        for filters, kernel in zip(config.filters, (5, 3, 3), strict=True):
            pad = kernel // 2 if config.padding else 0
            # Pooled before the ReLU: the same values from a quarter of the work.
            stages += [nn.Conv2d(channels, filters, kernel, padding=pad), nn.MaxPool2d(2), nn.ReLU()]
            channels, side = filters, (side + 2 * pad - kernel + 1) // 2
        self.convolutions = nn.Sequential(*stages)
        features, out = channels * side * side, MAP_SIZE * MAP_SIZE
        if config.head == "paper":  # FC -> ReLU -> FC(2048) -> maxout over pairs
            head = [
                nn.Linear(features, config.hidden),
                nn.ReLU(),
                nn.Linear(config.hidden, 2 * out),
                Maxout(),
            ]
        elif config.head == "juntingnet":  # FC(2 hidden) -> maxout over pairs -> FC(1024)
            head = [nn.Linear(features, 2 * config.hidden), Maxout(), nn.Linear(config.hidden, out)]
        else:
            raise ValueError(f'heads are "paper" and "juntingnet", not {config.head!r}')
        # Before each wide layer; off until training sets its rate (TrainSettings.dropout).
        layers: list[nn.Module] = []
        for layer in head:
            layers += [nn.Dropout(0.0), layer] if isinstance(layer, nn.Linear) else [layer]
        self.head = nn.Sequential(*layers)
        initialize(self, config.init, generator)

    def forward(self, stimuli: Tensor, source: Tensor | None = None) -> Tensor:
        """The map; this network ignores `source`, the kind of fixations."""
        x = self.convolutions(stimuli - 0.5)  # (B, 64, 14, 14) with the defaults
        return self.head(x.flatten(1)).unflatten(1, (MAP_SIZE, MAP_SIZE))

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """Export as a network of squares; see `Network.deployment`."""
        return deployment.square(
            DeployedSquare(self, output), side=INPUT_SIZE, cells=MAP_SIZE, output=output, mirror=mirror,
            area=area, scales=scales,
        )  # fmt: skip


class Maxout(nn.Module):
    """(B, 2 n) -> (B, n), the larger of each pair of neighbors."""

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (-1, 2)).amax(dim=2)


def initialize(network: nn.Module, init: str, generator: torch.Generator | None = None) -> None:
    """Draw all weights anew.

    "paper" shrinks the signal about twentyfold per layer. Gradients almost vanish, and training stays on the plateau
    of the mean map for a long time (docs/explanation/log.md). "he" keeps the signal's size and learns at once.
    """
    if init not in ("paper", "he"):
        raise ValueError(f'initializations are "paper" and "he", not {init!r}')
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan_in = layer.weight[0].numel()
            std = 0.01 if init == "paper" else (2 / fan_in) ** 0.5
            nn.init.normal_(layer.weight, 0, std, generator=generator)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, 0.1 if init == "paper" else 0)
