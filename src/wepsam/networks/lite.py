"""The light network: an EfficientNet-lite encoder, a small decoder, a center bias of its own, a log density.

It applies weak pre-learning to a modern network, the successor that the paper's last section asks for. It has under
4 million parameters.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.calibration import Calibration
from wepsam.networks import deployment, encoder
from wepsam.networks.base import InAspect, Network, as_map
from wepsam.networks.deployment import ASPECT_STORAGE, DIM, Deployment
from wepsam.networks.encoder import Block, Conv, Encoder
from wepsam.shapes import AREA

BIAS_GRID = (6, 8)  # cells of the center bias, which is enlarged to the map
BLUR = 0.01  # share of the map's sides: the first guess of the blur of a kind of densities
SCALES = (1.0,)  # sizes of the input at quality "best" (docs/explanation/log.md)


@dataclass(frozen=True)
class LiteConfig(InAspect):
    """The light network's architecture and input size.

    Attributes:
        encoder: a name in encoder.ENCODERS.
        width: channels of the decoder.
        blocks: of the decoder at each of the three coarser scales.
        sources: how many kinds of fixations it learns from: each has a center bias, a sharpness and a blur of its own.
        area: of the input, in pixels; sides are multiples of 32, so it is approximate.
    """

    encoder: str = "lite0"
    width: int = 96
    blocks: int = 2
    sources: int = 1
    area: int = AREA


class LiteNet(Network):
    """(B, 3, H, W) pixels in [0, 1], sides multiples of 32 -> (B, H/4, W/4) logits of the density of fixations."""

    title = "the light network"
    adaptable = True
    storage = ASPECT_STORAGE

    def __init__(self, config: LiteConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random; see `load_imagenet` for the better start.

        Raises:
            ValueError: no such encoder.
        """
        super().__init__()
        self.config: LiteConfig = config
        width = config.width
        self.encoder = Encoder(config.encoder)
        self.laterals = nn.ModuleList(Conv(channels, width, clip=False) for channels in self.encoder.channels)
        # A summary of the whole picture, added to every place.
        first, last = nn.Linear(width, width), nn.Linear(width, width)
        self.context = nn.Sequential(first, nn.ReLU6(), last)
        self.refine = nn.ModuleList(
            nn.Sequential(*(Block(width, width, 5, 1, 2) for _ in range(config.blocks))) for _ in encoder.OUTPUTS[1:]
        )
        self.finest = Block(width, width, 3)
        self.readout = nn.Conv2d(width, 1, 1)
        self.center_bias = nn.Parameter(torch.zeros(1, 1, *BIAS_GRID))
        # How each kind of fixations differs from all: the effect of the display, the task and the blur.
        self.source_bias = nn.Parameter(torch.zeros(config.sources, 1, *BIAS_GRID))
        self.source_sharpness = nn.Parameter(torch.zeros(config.sources))
        self.source_blur = nn.Parameter(torch.zeros(config.sources))  # logarithm of its standard deviation / BLUR
        encoder.initialize(self, generator)
        with torch.no_grad():
            # At first the context adds nothing, and the map is flat.
            for layer, spread in ((first, width**-0.5), (last, 0.0), (self.readout, 0.01)):
                layer.weight.normal_(0, spread, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, stimuli: Tensor, source: Tensor | None = None, center_bias: Tensor | bool = True) -> Tensor:
        """Logits; their softmax is the density.

        Args:
            stimuli: (B, 3, H, W) pixels in [0, 1].
            source: (B,) integer, the kind of each picture's fixations; None: the mean of all kinds, without the blur of
                their densities.
            center_bias: whether to add the learned center bias; or (H/4, W/4) logits to add instead.
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
        logits = logits + _enlarge(grid, logits.shape[1:])[:, 0]
        if source is None or len(self.source_blur) == 1:
            return logits
        return _blurred(logits, BLUR * self.source_blur.exp()[source])

    def frozen(self, stages: int) -> Iterator[nn.Parameter]:
        """The encoder's stem and first stages; from 8 on, everything but the readout and the center bias."""
        if stages == 0:
            return
        decoder = (self.laterals, self.context, self.refine, self.finest) if self._all_frozen(stages) else ()
        for part in (self.encoder.stem, *self.encoder.stages[:stages], *decoder):
            yield from part.parameters()

    def pretrained(self, stages: int) -> set[nn.Parameter]:
        """The encoder; the readout, too, if everything before it is frozen."""
        readout = self.readout.parameters() if self._all_frozen(stages) else ()
        return {*self.encoder.parameters(), *readout}

    def load_imagenet(self, weights: str | os.PathLike[str] | None = None) -> None:
        """Put ImageNet's weights into the encoder; see `encoder.load_imagenet`."""
        encoder.load_imagenet(self.encoder, self.config.encoder, weights)

    def calibrate(self, stimuli: Tensor, *, whole: bool = True) -> None:
        """Fit the scales of a fresh start to a batch of pictures: all scales, or those of the decoder alone."""
        inside = set(self.encoder.modules())
        layers = [m for m in self.modules() if isinstance(m, Conv) and (whole or m not in inside)]
        encoder.calibrate(self, stimuli, layers)

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        """As every module; checkpoints of version 0.1 have no blur."""
        none = torch.full((self.config.sources,), -20.0)
        return super().load_state_dict({"source_blur": none, **state_dict}, *args, **options)

    def set_sources(self, sources: int) -> None:
        """Reset the biases and the sharpness of the kinds of fixations if their number changes."""
        if sources == self.config.sources:
            return
        self.config = replace(self.config, sources=sources)
        self.source_bias = nn.Parameter(torch.zeros(sources, 1, *BIAS_GRID))
        self.source_sharpness = nn.Parameter(torch.zeros(sources))
        self.source_blur = nn.Parameter(torch.zeros(sources))

    @property
    def has_idle_parameters(self) -> bool:
        """One kind of densities has a blur that nothing can be learned about."""
        return len(self.source_blur) == 1

    def own_calibration(self) -> Calibration:
        """The blur of the densities that it has learned from, of all kinds on average."""
        several = len(self.source_blur) > 1
        return Calibration(blur=BLUR * float(self.source_blur.detach().mean().exp())) if several else Calibration()

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """Export for pictures of any shape, with a center bias that people may replace; see `Network.deployment`."""
        if output != "log_density":
            raise ValueError(
                "the light network was trained to output a map, its file holds a density; train it with another loss"
            )
        plain = deployment.in_aspect(
            DeployedLite(self), output="sums to 1", mirror=mirror, area=self.config.area if area is None else area,
            scales=SCALES if scales is None else scales,
        )  # fmt: skip
        bias = {"center_bias": {2: DIM("bias_rows", min=1), 3: DIM("bias_columns", min=1)}}
        about = "; center_bias, if other than the learned: (1, 1, h, w) float32 logits"
        return replace(
            plain,
            example=plain.example | {"center_bias": torch.zeros(1, 1, *BIAS_GRID)},
            dynamic=plain.dynamic | bias,
            card=plain.card | {"input": plain.card["input"] + about},
            defaults={"center_bias": self.center_bias.detach()},
            doubles=True,  # the sides of the input are multiples of 32
        )

    def _all_frozen(self, stages: int) -> bool:
        return stages > len(self.encoder.stages)


class DeployedLite(nn.Module):
    """(B, H, W, 3) uint8 RGB, sides multiples of 32, and a center bias -> (B, H/4, W/4) float32 density.

    The center bias, (1, 1, h, w) logits of any size, is enlarged to the map. In the file it is the learned one unless
    people feed another.
    """

    def __init__(self, network: LiteNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, stimuli: Tensor, center_bias: Tensor | None = None) -> Tensor:
        logits = self.network(deployment.to_pixels(stimuli), center_bias=False)
        bias = self.network.center_bias if center_bias is None else center_bias
        return as_map(logits + _enlarge(bias, logits.shape[1:])[:, 0], "log_density")


def _enlarge(x: Tensor, size: torch.Size) -> Tensor:
    return functional.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def _blurred(logits: Tensor, sigma: Tensor) -> Tensor:
    """The logits of a density (B, h, w) that is blurred by a Gaussian of (B,) sigma, a share of the map's sides."""
    height, width = logits.shape[1:]
    density = torch.softmax(logits.flatten(1), 1).view_as(logits)
    side = (height * width) ** 0.5
    vertical, horizontal = (_gaussian(cells, sigma * side) for cells in (height, width))
    return (vertical @ density @ horizontal.mT).clamp(min=1e-12).log()


def _gaussian(cells: int, sigma: Tensor) -> Tensor:
    """(B, cells, cells) weights of a Gaussian around each cell; the columns sum to 1, so that no mass is lost."""
    places = torch.arange(cells, device=sigma.device, dtype=sigma.dtype)
    weights = torch.exp(-0.5 * ((places[:, None] - places) / sigma[:, None, None]) ** 2)
    return weights / weights.sum(1, keepdim=True)
