"""MR-CNN classifies each pixel as fixated or not, from the pixel's surroundings at three resolutions.

Liu, Han, Zhang, Wen & Liu, "Predicting Eye Fixations Using Convolutional Neural Networks", CVPR 2015: a rival of the
paper's network in its Table 1. On MIT300 the authors' own network has AUC-Judd .79, SIM .48, EMD 3.71, AUC-Borji .75,
sAUC .69, CC .48, NSS 1.37, KL 1.08.

From the publication: the picture is resized to squares of 400, 250 and 150 pixels, whatever its aspect. The 42x42
patch around the pixel is cut from each. Each patch goes through a stream of its own: 96 7x7, 160 3x3 and 288 3x3
filters without padding, a ReLU and 2x2 max pooling after each, and 512 hidden units. Another 512 units see all three
streams, and logistic regression follows. Dropout is in the third convolution and both hidden layers. A map has 50x50
answers and is enlarged.

Ours: mid gray around the picture; the He start; the ReLU after the pooling, which gives the same values for a quarter
of the work (dropout follows both). A map is not 2500 patches but one pass of the same weights over the whole picture.
At 400 pixels the grid's step is 8, which is the stride of three poolings, so the answers equal the patches'. At 250
and 150 pixels the grid's steps of 5 and 3 do not fall on that stride. There the third pooling has stride 1, the hidden
units are computed at every fourth pixel, and the values between are interpolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks import deployment, patches
from wepsam.networks.base import Network, NetworkConfig, as_map
from wepsam.networks.deployment import Deployment
from wepsam.networks.patches import GRAY, PATCH, SIDES
from wepsam.shapes import Shape

GRID = 50  # answers per side
PAD = (17, 20, 20)  # pixels of gray around the whole picture; at 400, the first patch is centered on the first answer
STRIDES = (8, 4, 4)  # pixels between the places where a whole picture's hidden units are computed


@dataclass(frozen=True)
class MrCnnConfig(NetworkConfig):
    """The size of the layers. The defaults are the publication's."""

    filters: tuple[int, int, int] = (96, 160, 288)
    hidden: int = 512

    def input_shape(self, height: int, width: int) -> Shape:
        """A square, whatever the picture's size."""
        return SIDES[0], SIDES[0]


class MrCnn(Network):
    """Logits of being fixated, of patches (from which it learns) or of whole pictures."""

    title = "MR-CNN"
    losses = ("logistic",)
    zoom_room = 1.0  # the pictures are large, and the recipe does not zoom in

    def __init__(self, config: MrCnnConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize, N(0, 2 / fan-in)."""
        super().__init__()
        self.config: MrCnnConfig = config
        self.streams = nn.ModuleList(Stream(config, *place) for place in zip(SIDES, PAD, STRIDES, strict=True))
        self.joined = nn.Conv2d(len(SIDES) * config.hidden, config.hidden, 1)
        self.dropout = nn.Dropout(0.0)  # off until training sets its rate (TrainSettings.dropout)
        self.readout = nn.Conv2d(config.hidden, 1, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                scale = 0.01 if layer is self.readout else (2 / layer.weight[0].numel()) ** 0.5
                nn.init.normal_(layer.weight, 0, scale, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, stimuli: Tensor, source: Tensor | None = None) -> Tensor:
        """(B, 3, 400, 400) pixels in [0, 1] -> (B, 100, 100), the grid enlarged; (N, 9, 42, 42) patches -> (N,).

        The network ignores `source`, the kind of fixations.
        """
        if stimuli.shape[1] == 3:
            # One at a time: the first layer's output takes 70 MB per picture.
            grids = torch.cat([self.grid(stimulus[None]) for stimulus in stimuli])
            return functional.interpolate(grids[:, None], scale_factor=2, mode="bilinear")[:, 0]
        parts = stimuli.split(3, dim=1)
        return self._answer([stream(x - GRAY) for stream, x in zip(self.streams, parts, strict=True)]).flatten()

    def grid(self, stimuli: Tensor) -> Tensor:
        """(B, 3, 400, 400) -> (B, 50, 50), the answers for the patches around these places."""
        streams: Any = self.streams
        return self._answer([stream.grid(stimuli) for stream in streams])[:, 0]

    def examples(self, stimuli: Tensor, targets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """(30 B, 9, 42, 42) patches in [0, 1], and (B, 30) labels: 1 at fixated places, 0 at others."""
        centers, labels = patches.draw(targets.numpy(), rng)
        return patches.cut(stimuli, torch.from_numpy(centers)), torch.from_numpy(labels)

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """Export as a network of squares; see `Network.deployment`."""
        return deployment.square(
            DeployedMrCnn(self), side=SIDES[0], cells=GRID, output="log_density", mirror=mirror,
            area=area, scales=scales,
        )  # fmt: skip

    def _answer(self, hidden: list[Tensor]) -> Tensor:
        return self.readout(self.dropout(functional.relu(self.joined(torch.cat(hidden, dim=1)))))


class Stream(nn.Module):
    """(N, 3, 42, 42) patches, less gray -> (N, 512, 1, 1) hidden units."""

    rows: Tensor
    between: Tensor

    def __init__(self, config: MrCnnConfig, side: int, pad: int, stride: int) -> None:
        super().__init__()
        first, second, third = config.filters
        self.first, self.second = nn.Conv2d(3, first, 7), nn.Conv2d(first, second, 3)
        self.third, self.hidden = nn.Conv2d(second, third, 3), nn.Conv2d(third, config.hidden, 3)  # of 3x3 places
        self.dropout = nn.Dropout(0.0)
        self.pad, self.stride = pad, stride
        self.register_buffer("rows", patches.shrinking(side), persistent=False)
        self.register_buffer("between", interpolation(side, pad, stride), persistent=False)

    def forward(self, x: Tensor, dilation: int = 1) -> Tensor:
        """The hidden units; of a larger picture, those of the patches at every 8th pixel (at every 4th: dilation 2)."""
        x = functional.relu(functional.max_pool2d(self.first(4 * x), 2))  # by 4, for a spread of about 1
        x = functional.relu(functional.max_pool2d(self.second(x), 2))
        x = self.dropout(functional.relu(functional.max_pool2d(self.third(x), 2, stride=2 // dilation)))
        x = functional.conv2d(x, self.hidden.weight, self.hidden.bias, dilation=dilation)
        return self.dropout(functional.relu(x))

    def grid(self, stimuli: Tensor) -> Tensor:
        """(B, 3, 400, 400) -> (B, 512, 50, 50)."""
        x = self.rows @ stimuli @ self.rows.T if len(self.rows) < SIDES[0] else stimuli
        x = self(functional.pad(x - GRAY, [self.pad] * 4), dilation=STRIDES[0] // self.stride)
        return self.between @ x @ self.between.T if self.stride < STRIDES[0] else x


class DeployedMrCnn(nn.Module):
    """(B, 400, 400, 3) uint8 RGB -> (B, 50, 50) float32 density: the odds of being fixated over their sum."""

    def __init__(self, network: MrCnn) -> None:
        super().__init__()
        self.network = network

    def forward(self, stimuli: Tensor) -> Tensor:
        return as_map(self.network.grid(deployment.to_pixels(stimuli)), "log_density")


def interpolation(side: int, pad: int, stride: int) -> Tensor:
    """(50, n) weights that interpolate the values at every `stride`-th pixel to the grid."""
    places = torch.arange((side + 2 * pad - PATCH) // stride + 1)
    positions = (patches.starts((torch.arange(GRID) + 0.5) / GRID, side) + pad) / stride
    return (1 - (positions[:, None] - places).abs()).clamp(min=0)
