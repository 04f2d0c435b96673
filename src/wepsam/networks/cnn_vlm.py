"""CNN-VLM: what a picture's features do not predict of their neighbors is salient. It learns from no fixations.

Kato & Harada, "Visual Language Modeling on CNN Image Representations", arXiv 1511.02872, 2015: a rival of the paper's
network in its Table 1. On MIT300 the authors' own network has AUC-Judd .79, SIM .43, EMD 4.55, AUC-Borji .79,
sAUC .71, CC .44, NSS 1.18, KL 1.06.

From the publication: the features are one layer of a network that learned ImageNet. Each channel is standardized, and
half as many principal components, not whitened, describe a place. Four LSTMs of two layers, with 256 units each, read
the places downward, upward, rightward and leftward, one column or row at a time. A linear readout of each predicts the
next place. The squared error, mean over the components, counts from 0 at the first place to 1 at the last (the first
ones have nothing before them), is summed over the four directions, and its root is the saliency. The map is enlarged
and blurred by a Gaussian of 3 % of each side, with zeros around it, and stretched to [0, 1]. The readers learn from
photographs that nobody looked at.

Ours: the features. The authors have conv5_4 of VGG-19, whose weights no package contains; we have EfficientNet-lite0's
at the same stride, 16, or at 32. It is the same method on other features, so the file is named `cnn_vlm-lite0`. People
who have VGG-19's weights train the publication's model with them (`--encoder vgg19 --weights FILE`). Also ours: the
photographs, AdamW with batches of pictures, the area of the input, a start of zeros before the first place,
principal components from 320 photographs, and the default calibration of the file, which squares and centers the map.

How far from the public scores: without that calibration, our lead over GBVS on OSIE differs from the authors' on MIT300
by about .03 AUC-Judd, .01 sAUC, .00 CC, .02 SIM, .08 NSS and .08 KL (docs/reference/classical.md has the table).
"""

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks import deployment, encoder, torchvision_files, vgg
from wepsam.networks.base import InAspect, Network
from wepsam.networks.deployment import ASPECT_STORAGE, Deployment
from wepsam.networks.encoder import Encoder
from wepsam.networks.onnx_lstm import OnnxLstm
from wepsam.networks.vgg import Vgg
from wepsam.shapes import AREA, CELL

STRIDES = (16, 32)  # pixels between the places that have features
LAYERS = 2
BLUR = 0.03  # share of each side: the standard deviation of the blur
# How a map is turned before its first axis is read: whether its sides are exchanged, and whether it is reversed.
DOWN, UP, RIGHT, LEFT = (False, False), (False, True), (True, False), (True, True)
DIRECTIONS = (DOWN, UP, RIGHT, LEFT)


@dataclass(frozen=True)
class CnnVlmConfig(InAspect):
    """The features, and the size of the readers. The defaults are those of the shipped file.

    Attributes:
        encoder: "lite0", "lite1", "lite2", or "vgg19", whose weights are not in a package.
        stride: of the features, in pixels: 16, or (not vgg19) 32.
        components: principal components that describe a place; 0: half as many as the features have channels.
        hidden: units of each layer of a reader.
        area: of the input, in pixels; sides are multiples of 32, so it is approximate.
    """

    encoder: str = "lite0"
    stride: int = 16
    components: int = 0
    hidden: int = 256
    area: int = AREA


class CnnVlm(Network):
    """(B, 3, H, W) pixels in [0, 1], sides multiples of 32 -> (B, H/4, W/4) errors of prediction."""

    title = "CNN-VLM"
    losses = ("surprise",)
    zoom_room = 1.0
    calibration_batches = 10
    storage = ASPECT_STORAGE
    moments: Tensor
    axes: Tensor
    offsets: Tensor

    def __init__(self, config: CnnVlmConfig, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random; see `load_imagenet` for the encoder's weights.

        Raises:
            ValueError: no such encoder or stride, or more components than the features have channels.
        """
        super().__init__()
        self.encoder, channels = _encoder(config, generator)
        config = replace(config, components=config.components or channels // 2)
        self.config: CnnVlmConfig = config
        if not 0 < config.components <= channels:
            raise ValueError(
                f"components is {config.components}; {config.encoder} has {channels} channels at stride {config.stride}"
            )
        self.encoder.requires_grad_(False)
        # Sums over the places that `calibrate` has seen, of products of the channels and a 1.
        self.register_buffer("moments", torch.zeros(channels + 1, channels + 1).double(), persistent=False)
        # The standardized features' principal components, as one product; `calibrate` fits them.
        self.register_buffer("axes", torch.eye(config.components, channels))
        self.register_buffer("offsets", torch.zeros(config.components))
        self.readers = nn.ModuleList(Reader(config.components, config.hidden) for _ in DIRECTIONS)
        encoder.initialize(self, generator)
        for parameter in self.readers.parameters():
            nn.init.uniform_(parameter, -(config.hidden**-0.5), config.hidden**-0.5, generator=generator)

    def forward(self, stimuli: Tensor, source: Tensor | None = None) -> Tensor:
        """The errors, each place's repeated over its part of the map; the network ignores `source`."""
        errors = self.errors(self.features(stimuli))
        return functional.interpolate(errors[:, None], scale_factor=self.config.stride // CELL)[:, 0]

    @torch.no_grad()
    def features(self, stimuli: Tensor) -> Tensor:
        """(B, 3, H, W) pixels in [0, 1] -> (B, components, H/stride, W/stride) principal components."""
        return functional.conv2d(self.encoder(stimuli)[-1], self.axes[:, :, None, None], self.offsets)

    def errors(self, features: Tensor) -> Tensor:
        """(B, components, h, w) -> (B, h, w) weighted squared errors, the sum over the four directions."""
        return torch.stack([self.error(features, number) for number in range(len(DIRECTIONS))]).sum(0)

    def error(self, features: Tensor, number: int) -> Tensor:
        """(B, components, h, w) -> (B, h, w) weighted squared errors of one of DIRECTIONS."""
        exchanged, reverse = DIRECTIONS[number]
        turned = features.mT if exchanged else features
        turned = turned.flip(2) if reverse else turned
        count, size, length, lines = turned.shape
        sequence = turned.permute(2, 0, 3, 1).reshape(length, count * lines, size)
        wrong = (self.readers[number](sequence).float() - sequence).square().mean(2)
        places = torch.arange(length, device=wrong.device)
        ramp = places / places[-1].clamp(min=1)
        wrong = (ramp[:, None] * wrong).reshape(length, count, lines).transpose(0, 1)
        wrong = wrong.flip(1) if reverse else wrong
        return wrong.mT if exchanged else wrong

    def load_imagenet(self, weights: str | os.PathLike[str] | None = None) -> None:
        """Put ImageNet's weights into the encoder: a package's, or for vgg19 a file's; see `Network.load_imagenet`."""
        if isinstance(self.encoder, Encoder):
            encoder.load_imagenet(self.encoder, self.config.encoder, weights)
        elif weights is None:
            raise ValueError("no package has the weights of vgg19; name a file with torchvision's: --weights FILE")
        else:
            torchvision_files.load(self.encoder, "vgg19", weights)

    @torch.no_grad()
    def calibrate(self, stimuli: Tensor, *, whole: bool = True) -> None:
        """Fit the principal components to all pictures so far, and the scales of a random encoder to the first."""
        if whole and not self.moments[-1, -1] and isinstance(self.encoder, Encoder):
            layers = [m for m in self.encoder.modules() if isinstance(m, encoder.Conv)]
            encoder.calibrate(self.encoder, stimuli, layers)
        places = self.encoder(stimuli)[-1].permute(0, 2, 3, 1).flatten(0, 2).double()
        places = torch.cat([places, torch.ones_like(places[:, :1])], dim=1)
        self.moments += places.T @ places
        mean = self.moments[-1, :-1] / self.moments[-1, -1]
        covariance = self.moments[:-1, :-1] / self.moments[-1, -1] - mean[:, None] * mean
        spread = covariance.diagonal().clamp(min=1e-12).sqrt()
        _, axes = torch.linalg.eigh(covariance / (spread[:, None] * spread))  # of rising variance
        axes = axes.T.flip(0)[: self.config.components]
        # An axis has two signs: its largest number is above 0, whatever the machine.
        axes = axes * axes.gather(1, axes.abs().argmax(1, keepdim=True)).sign() / spread
        self.axes.copy_(axes)
        self.offsets.copy_(-axes @ mean)

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """Export for pictures of any shape; see `Network.deployment`. The publication sees one size, not mirrored."""
        return deployment.in_aspect(
            DeployedCnnVlm(self), output="at most 1", mirror=mirror, area=self.config.area if area is None else area,
            scales=(1.0,) if scales is None else scales,
        )  # fmt: skip


class Reader(nn.Module):
    """(T, N, size) sequences -> (T, N, size): what the places before each lead to expect there."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.lstm: nn.Module = nn.LSTM(size, hidden, LAYERS)
        self.readout = nn.Linear(hidden, size)

    def forward(self, sequences: Tensor) -> Tensor:
        before = torch.cat([torch.zeros_like(sequences[:1]), sequences[:-1]])
        expected: Tensor = self.readout(self.lstm(before)[0])
        return expected


class DeployedCnnVlm(nn.Module):
    """(B, H, W, 3) uint8 RGB, sides multiples of 32 -> (B, H/4, W/4) float32 saliency in [0, 1]."""

    def __init__(self, network: CnnVlm) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        readers: Any = self.network.readers
        for reader in readers:
            reader.lstm = OnnxLstm(reader.lstm)
        self.each = network.config.stride // CELL

    def forward(self, stimuli: Tensor) -> Tensor:
        features = self.network.features(deployment.to_pixels(stimuli))
        saliency = self.network.errors(features).sqrt()
        rows, columns = (blurring(cells, self.each) for cells in saliency.shape[1:])
        maps = rows @ saliency @ columns.T
        maps = maps - maps.amin((1, 2), keepdim=True)
        return maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-12)


def blurring(cells: int, each: int) -> Tensor:
    """(each * cells, cells) weights that enlarge a side and blur it by BLUR, with zeros beyond it.

    Each cell is `each` equal values long; the Gaussian is integrated over it, so it may be narrower than a cell.
    """
    centers = (torch.arange(each * cells) + 0.5) / each
    below = torch.special.erf((torch.arange(cells + 1) - centers[:, None]) / (2**0.5 * BLUR * cells))
    return (below[:, 1:] - below[:, :-1]) / 2


def _encoder(config: CnnVlmConfig, generator: torch.Generator | None) -> tuple[Encoder | Vgg, int]:
    """The encoder up to the stride, and the number of its channels there."""
    if config.stride not in STRIDES or (config.encoder == "vgg19" and config.stride != vgg.STRIDE):
        raise ValueError(f"stride is {config.stride}; choose 16, or 32 with an EfficientNet-lite")
    if config.encoder == "vgg19":
        deep = Vgg("vgg19", generator=generator)
        return deep, deep.channels
    net = Encoder(config.encoder)
    level = {4: 0, 8: 1, 16: 2, 32: 3}[config.stride]
    net.stages = net.stages[: encoder.OUTPUTS[level] + 1]
    return net, net.channels[level]
