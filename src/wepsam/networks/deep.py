"""VGG-16 and GoogLeNet with the paper's idea of an output: a map of low resolution, whose softmax is the density.

The paper's last section hopes that deeper networks profit more from weak pre-learning; the study `deeper` asks whether
they do. The output is ours: a linear readout of the last features, enlarged to a quarter of the picture's sides, and a
center bias. (The paper's fully connected layers see the whole picture; so do these networks' last features, and its
layers would have a hundred million weights on VGG-16's.)
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks import deployment, torchvision_files
from wepsam.networks.base import DeployedSquare, Network, NetworkConfig
from wepsam.networks.deployment import Deployment
from wepsam.networks.googlenet import GoogLeNet
from wepsam.networks.vgg import Vgg
from wepsam.shapes import CELL, SIDE_STEP, Shape

BACKBONES = ("vgg16", "googlenet")
BIAS_GRID = (8, 8)  # cells of the center bias, which is enlarged to the map


@dataclass(frozen=True)
class DeepConfig(NetworkConfig):
    """The layers before the output, and the size of the input.

    Attributes:
        backbone: one of BACKBONES.
        side: of the square input, in pixels, a multiple of 32. The paper: 128.
        percent: of the published channels, for a study on small machines. Published weights need 100.
    """

    backbone: str = "vgg16"
    side: int = 128
    percent: int = 100

    def input_shape(self, height: int, width: int) -> Shape:
        """A square, whatever the picture's size."""
        return self.side, self.side

    def with_input_of(self, other: Self) -> Self:
        """This description with the other one's side."""
        return replace(self, side=other.side)


class DeepNet(Network):
    """(B, 3, H, W) pixels in [0, 1] -> (B, H/4, W/4) logits of the density of fixations."""

    title = "a deep network"

    def __init__(self, config: DeepConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random; see `load_imagenet` for the backbone's weights.

        Raises:
            ValueError: no such backbone, or a side that does not fit.
        """
        super().__init__()
        if config.backbone not in BACKBONES:
            raise ValueError(f"no backbone {config.backbone!r}; choose one of {', '.join(BACKBONES)}")
        if config.side % SIDE_STEP:
            raise ValueError(f"side is {config.side}; expected a multiple of {SIDE_STEP}")
        self.config: DeepConfig = config
        vgg = config.backbone == "vgg16"
        self.encoder = Vgg("vgg16", config.percent, generator) if vgg else GoogLeNet(config.percent, generator)
        self.readout = nn.Conv2d(self.encoder.channels, 1, 1)
        nn.init.normal_(self.readout.weight, 0, 0.01, generator=generator)
        nn.init.zeros_(self.readout.bias)  # type: ignore[arg-type]
        self.center_bias = nn.Parameter(torch.zeros(1, 1, *BIAS_GRID))

    def forward(self, stimuli: Tensor, source: Tensor | None = None) -> Tensor:
        """The logits; this network ignores `source`, the kind of fixations."""
        cells = [side // CELL for side in stimuli.shape[2:]]
        logits, bias = (
            functional.interpolate(grid, size=cells, mode="bilinear", align_corners=False)
            for grid in (self.readout(self.encoder(stimuli)[-1]), self.center_bias)
        )
        return (logits + bias)[:, 0]

    def pretrained(self, stages: int) -> set[nn.Parameter]:
        """The layers before the readout."""
        return set(self.encoder.parameters())

    def load_imagenet(self, weights: str | os.PathLike[str] | None = None) -> None:
        """Put ImageNet's weights into the backbone, from torchvision's file; see `Network.load_imagenet`."""
        name = self.config.backbone
        if weights is None:
            raise ValueError(f"no package has the weights of {name}; start from a file with torchvision's: {name}.pth")
        torchvision_files.load(self.encoder, name, weights)

    def calibrate(self, stimuli: Tensor, *, whole: bool = True) -> None:
        """Fit GoogLeNet's batch normalization to the first pictures of a random start; VGG has none."""
        if whole and isinstance(self.encoder, GoogLeNet):
            self.encoder.calibrate(stimuli)

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """Export as a network of squares; see `Network.deployment`."""
        side = self.config.side
        return deployment.square(
            DeployedSquare(self, output), side=side, cells=side // CELL, output=output, mirror=mirror, area=area,
            scales=scales,
        )  # fmt: skip
