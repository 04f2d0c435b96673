"""VGG-19's convolutions up to conv5_4, for people who have its weights. No package contains them.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

import os
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from wepsam.files import foreign

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions between two poolings
CHANNELS, STRIDE = 512, 16  # of conv5_4
# Of the pixels in [0, 1] with which torchvision trains; the first weights, in Caffe, had BGR pixels less their mean.
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Vgg19(nn.Module):
    """(B, 3, H, W) pixels in [0, 1] -> [(B, 512, H/16, W/16)]: conv5_4 after its ReLU. Layers as torchvision's."""

    mean: Tensor
    spread: Tensor

    def __init__(self, generator: torch.Generator | None = None) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for block, (channels, count) in enumerate(BLOCKS):
            layers += [nn.MaxPool2d(2)] if block else []
            for _ in range(count):
                layer = nn.Conv2d(inputs, channels, 3, padding=1)
                nn.init.normal_(layer.weight, 0, (2 / (9 * inputs)) ** 0.5, generator=generator)
                layers += [layer, nn.ReLU()]
                inputs = channels
        self.features = nn.Sequential(*layers)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None], persistent=False)

    def forward(self, stimuli: Tensor) -> list[Tensor]:
        return [self.features((stimuli - self.mean) / self.spread)]


def load(encoder: Vgg19, path: str | os.PathLike[str]) -> None:
    """Load weights under torchvision's names (features.0.weight, features.0.bias, ...).

    Args:
        encoder: receives them.
        path: torchvision's .pth, of which only tensors are read and no code, or .safetensors. What else is in it, such
            as the classifier, is ignored.

    Raises:
        ValueError: the file cannot be read, or a tensor is missing, has another shape, or is not finite.
        OSError: there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no weights {path}: the file is missing; name a file with torchvision's vgg19")
    with foreign(path, "does not hold the weights of vgg19: {}; expected torchvision's file"):
        if path.suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        for name, own in encoder.state_dict().items():
            value = tensors.get(name)
            if not isinstance(value, Tensor):
                raise ValueError(f"it lacks {name}")
            if value.shape != own.shape or not value.isfinite().all():
                raise ValueError(f"its {name} is {tuple(value.shape)}, expected {tuple(own.shape)}, finite")
            own.copy_(value)
