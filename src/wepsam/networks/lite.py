"""The modern light network: an EfficientNet-lite encoder, a small decoder, a center bias of its own, a log density.

The recipe of weak pre-learning, in the successor that the paper's last section asks for. Under 4 million parameters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks.encoder import OUTPUTS, Block, Conv, Encoder, calibrate, initialize
from wepsam.shapes import AREA

BIAS_GRID = (6, 8)  # of the center bias, enlarged to the map


@dataclass(frozen=True)
class LiteConfig:
    """What the network looks like.

    Attributes:
        encoder: a name in encoder.ENCODERS.
        width: channels of the decoder.
        blocks: of the decoder at each of the three coarser scales.
        sources: how many kinds of fixations it learns from: each has a center bias and a sharpness of its own.
        area: pixels of the input, about.
    """

    encoder: str = "lite0"
    width: int = 96
    blocks: int = 2
    sources: int = 1
    area: int = AREA


class LiteNet(nn.Module):
    """(B, 3, H, W) pixels in [0, 1], sides multiples of 32 -> (B, H/4, W/4) logits of where people look."""

    def __init__(self, config: LiteConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random; see `encoder.load_imagenet` for the better start.

        Raises:
            ValueError: no such encoder.
        """
        super().__init__()
        self.config = config
        width = config.width
        self.encoder = Encoder(config.encoder)
        self.laterals = nn.ModuleList(Conv(channels, width, clip=False) for channels in self.encoder.channels)
        # What the whole picture is about, added to every place.
        first, last = nn.Linear(width, width), nn.Linear(width, width)
        self.context = nn.Sequential(first, nn.ReLU6(), last)
        self.refine = nn.ModuleList(
            nn.Sequential(*(Block(width, width, 5, 1, 2) for _ in range(config.blocks))) for _ in OUTPUTS[1:]
        )
        self.finest = Block(width, width, 3)
        self.readout = nn.Conv2d(width, 1, 1)
        self.center_bias = nn.Parameter(torch.zeros(1, 1, *BIAS_GRID))
        # How each kind of fixations differs from all: what the display, the task and the blur do, not the picture.
        self.source_bias = nn.Parameter(torch.zeros(config.sources, 1, *BIAS_GRID))
        self.source_sharpness = nn.Parameter(torch.zeros(config.sources))
        initialize(self, generator)
        with torch.no_grad():
            # The context starts as nothing, the map as flat.
            for layer, spread in ((first, width**-0.5), (last, 0.0), (self.readout, 0.01)):
                layer.weight.normal_(0, spread, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, stimuli: Tensor, source: Tensor | None = None, center_bias: Tensor | bool = True) -> Tensor:
        """Logits; their softmax is the density.

        Args:
            stimuli: (B, 3, H, W).
            source: (B,) integer, which kind of fixations each picture's are; None: the mean of all kinds.
            center_bias: whether to add the learnt one; or logits to add instead, (H/4, W/4).
        """
        fine, *coarser = (lateral(f) for lateral, f in zip(self.laterals, self.encoder(stimuli), strict=True))
        x = coarser[-1]
        x = x + self.context(x.mean((2, 3)))[:, :, None, None]
        for finer, refine in zip([*coarser[-2::-1], None], self.refine[::-1], strict=True):
            x = refine(x)
            if finer is not None:
                x = _enlarge(x, finer.shape[2:]) + finer
        x = self.finest(_enlarge(x, fine.shape[2:]) + fine)
        logits = self.readout(x)[:, 0].float()
        if source is not None:
            logits = logits * torch.exp(self.source_sharpness - self.source_sharpness.mean())[source, None, None]
        if isinstance(center_bias, Tensor):
            return logits + center_bias
        if not center_bias:
            return logits
        grid: Tensor = self.center_bias
        if source is not None:
            grid = grid + (self.source_bias - self.source_bias.mean(0))[source]
        return logits + _enlarge(grid, logits.shape[1:])[:, 0]

    def log_density(self, stimuli: Tensor, center_bias: Tensor | bool = True) -> Tensor:
        """(B, H/4, W/4) log probability of a fixation in each cell: the logsumexp over cells is 0."""
        logits = self(stimuli, center_bias=center_bias)
        return logits - logits.flatten(1).logsumexp(1)[:, None, None]

    def early(self, stages: int) -> Iterator[nn.Parameter]:
        """Parameters of the encoder's stem and first stages; beyond its last, 8, all but readout and center bias."""
        decoder = (self.laterals, self.context, self.refine, self.finest) if stages > len(self.encoder.stages) else ()
        for part in (self.encoder.stem, *self.encoder.stages[:stages], *decoder):
            yield from part.parameters()

    def calibrate(self, stimuli: Tensor, encoder: bool = True) -> None:
        """Set the scales of a random start by a batch of pictures: all, or those of the decoder alone."""
        inside = set(self.encoder.modules())
        calibrate(self, stimuli, [m for m in self.modules() if isinstance(m, Conv) and (encoder or m not in inside)])

    def learn_from(self, sources: int) -> None:
        """Start anew with what differs between kinds of fixations, for so many kinds."""
        self.config = replace(self.config, sources=sources)
        self.source_bias = nn.Parameter(torch.zeros(sources, 1, *BIAS_GRID))
        self.source_sharpness = nn.Parameter(torch.zeros(sources))


def _enlarge(x: Tensor, size: torch.Size) -> Tensor:
    return functional.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)
