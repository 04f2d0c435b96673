"""MR-CNN: is this pixel one that people look at? A network asks it of the pixel's surroundings at three resolutions.

Liu, Han, Zhang, Wen & Liu, "Predicting Eye Fixations Using Convolutional Neural Networks", CVPR 2015: a rival of the
paper's network in its Table 1. On MIT300 the authors' own has AUC-Judd .79, SIM .48, EMD 3.71, AUC-Borji .75,
sAUC .69, CC .48, NSS 1.37, KL 1.08.

From the publication: the picture at 400, 250 and 150 pixels, squares whatever its aspect; of each the 42x42 patch
around the pixel; a stream each of 96 7x7, 160 3x3 and 288 3x3 filters without padding, ReLU and 2x2 maxima behind
each, and 512 hidden units; 512 more that see all three streams; logistic regression; dropout in the third convolution
and both hidden layers. A map is 50x50 answers, enlarged.

Ours: mid gray around the picture; the He start; the ReLU behind the maxima, the same values from a quarter of the work
(dropout is behind both). And a map is not 2500 patches but one pass of the same weights over the whole picture. At
400 pixels the grid's step is 8, just the stride of three 2x2 maxima, and the answer exactly the patches'. At 250 and
150 pixels its steps of 5 and 3 do not fall on it: there the third maxima are taken at every place, the hidden units are
computed at every fourth pixel, and between these interpolated.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDES = (400, 250, 150)  # pixels of the picture, a square, as each stream sees it
PATCH = 42  # pixels
GRID = 50  # answers a side
PAD = (17, 20, 20)  # pixels of gray around the whole picture; at 400, the first patch is around the first pixel asked
STRIDES = (8, 4, 4)  # pixels between the places where a whole picture's hidden units are computed
GRAY = 0.5


@dataclass(frozen=True)
class MrCnnConfig:
    """What the network looks like. The defaults are the publication's."""

    filters: tuple[int, int, int] = (96, 160, 288)
    hidden: int = 512


class MrCnn(nn.Module):
    """Logits of being looked at: of patches, from which it learns, or of whole pictures."""

    def __init__(self, config: MrCnnConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize, N(0, 2 / fan-in)."""
        super().__init__()
        self.config = config
        self.streams = nn.ModuleList(Stream(config, *where) for where in zip(SIDES, PAD, STRIDES, strict=True))
        self.joined = nn.Conv2d(len(SIDES) * config.hidden, config.hidden, 1)
        self.dropout = nn.Dropout(0.0)  # off until training sets a share (TrainSettings.dropout)
        self.readout = nn.Conv2d(config.hidden, 1, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                scale = 0.01 if layer is self.readout else (2 / layer.weight[0].numel()) ** 0.5
                nn.init.normal_(layer.weight, 0, scale, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, stimuli: Tensor, source: Tensor | None = None) -> Tensor:
        """(B, 3, 400, 400) pixels in [0, 1] -> (B, 100, 100), the grid enlarged; (N, 9, 42, 42) patches -> (N,).

        Whose fixations are asked for (`source`) makes no difference.
        """
        if stimuli.shape[1] == 3:
            # One at a time: the first layer's output takes 70 MB a picture.
            grids = torch.cat([self.grid(stimulus[None]) for stimulus in stimuli])
            return functional.interpolate(grids[:, None], scale_factor=2, mode="bilinear")[:, 0]
        patches = stimuli.split(3, dim=1)
        return self._answer([stream(x - GRAY) for stream, x in zip(self.streams, patches, strict=True)]).flatten()

    def grid(self, stimuli: Tensor) -> Tensor:
        """(B, 3, 400, 400) -> (B, 50, 50), as if patches around these places had been asked."""
        streams: Any = self.streams
        return self._answer([stream.grid(stimuli) for stream in streams])[:, 0]

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
        self.third, self.hidden = nn.Conv2d(second, third, 3), nn.Conv2d(third, config.hidden, 3)  # 3x3 are left
        self.dropout = nn.Dropout(0.0)
        self.pad, self.stride = pad, stride
        self.register_buffer("rows", shrinking(side), persistent=False)
        self.register_buffer("between", interpolation(side, pad, stride), persistent=False)

    def forward(self, x: Tensor, dilation: int = 1) -> Tensor:
        """Of a larger picture, those of the patches at every 8th pixel; with dilation 2, at every 4th."""
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


def shrinking(side: int) -> Tensor:
    """(side, 400) weights that make fewer rows of 400: R @ picture @ R.T is the picture, bilinear and antialiased.

    What resizing makes of the columns of the identity. As a constant it is the same here and in an exported file.
    """
    unit = torch.eye(SIDES[0])[None, None]
    return functional.interpolate(unit, size=(side, SIDES[0]), mode="bilinear", antialias=True)[0, 0]


def interpolation(side: int, pad: int, stride: int) -> Tensor:
    """(50, n) weights that interpolate what was found at every `stride`-th pixel to the grid."""
    places = torch.arange((side + 2 * pad - PATCH) // stride + 1)
    wanted = (starts((torch.arange(GRID) + 0.5) / GRID, side) + pad) / stride
    return (1 - (wanted[:, None] - places).abs()).clamp(min=0)


def starts(centers: Tensor, side: int) -> Tensor:
    """The first pixel, not rounded, of the patch around a place; places are shares of the picture's side."""
    return side * centers - PATCH / 2
