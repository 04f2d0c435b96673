"""GoogLeNet's nine inception modules, whose features have a sixteenth of the picture's size.

Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, with batch normalization as in torchvision, whose 5x5
branches are 3x3. Ours: the pooling before the last two modules is left out, so that the features are as fine as VGG's;
and the statistics of the batch normalization are fixed, as in the light network: those of a file, or of the first
pictures that a random start sees.
"""

from typing import Self

import torch
from torch import Tensor, nn

STRIDE = 16  # pixels between the places that have features
# Channels of the branches: 1x1; 1x1 and 3x3; 1x1 and the second 3x3; the 1x1 after the pooling.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
POOLED = ("3b",)  # modules after which the features are halved


class GoogLeNet(nn.Module):
    """(B, 3, H, W) pixels in [0, 1] -> [(B, channels, H/16, W/16)]. Layers as torchvision's.

    Attributes:
        channels: of the features; 1024 as published.
    """

    def __init__(self, percent: int = 100, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random, N(0, 2 / fan-in).

        Args:
            percent: of the published channels.
            generator: source of the weights.
        """
        super().__init__()

        def width(channels: int) -> int:
            return max(1, channels * percent // 100)

        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv1 = Unit(3, width(64), 7, stride=2)
        self.conv2 = Unit(width(64), width(64), 1)
        self.conv3 = Unit(width(64), width(192), 3)
        self.channels = width(192)
        for name, branches in INCEPTIONS.items():
            module = Inception(self.channels, *map(width, branches))
            self.add_module(f"inception{name}", module)
            self.channels = module.channels
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0, (2 / layer.weight[0].numel()) ** 0.5, generator=generator)

    def forward(self, stimuli: Tensor) -> list[Tensor]:
        # The range of torchvision's published weights, other than that of its other networks.
        x = self.pool(self.conv1(2 * stimuli - 1))
        x = self.pool(self.conv3(self.conv2(x)))
        for name in INCEPTIONS:
            x = self.get_submodule(f"inception{name}")(x)
            x = self.pool(x) if name in POOLED else x
        return [x]

    @torch.no_grad()
    def calibrate(self, stimuli: Tensor) -> None:
        """Take the statistics of the batch normalization from (B, 3, H, W) pictures in [0, 1]."""
        norms = [m for m in self.modules() if isinstance(m, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
            nn.Module.train(norm)
        self(stimuli)
        for norm in norms:
            norm.eval()


class Unit(nn.Module):
    """Convolution, batch normalization with fixed statistics, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3).eval()

    def train(self, mode: bool = True) -> Self:
        """The statistics stay fixed."""
        super().train(mode)
        self.bn.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches with receptive fields of several sizes, next to each other.

    Attributes:
        channels: of all branches together.
    """

    def __init__(self, inputs: int, one: int, three_in: int, three: int, five_in: int, five: int, pooled: int) -> None:
        super().__init__()
        self.branch1 = Unit(inputs, one, 1)
        self.branch2 = nn.Sequential(Unit(inputs, three_in, 1), Unit(three_in, three, 3))
        self.branch3 = nn.Sequential(Unit(inputs, five_in, 1), Unit(five_in, five, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), Unit(inputs, pooled, 1))
        self.channels = one + three + five + pooled

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in (self.branch1, self.branch2, self.branch3, self.branch4)], dim=1)
