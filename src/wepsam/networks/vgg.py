"""VGG's convolutions up to the last one, whose features have a sixteenth of the picture's size.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

import torch
from torch import Tensor, nn

STRIDE = 16  # pixels between the places that have features
# Of the pixels in [0, 1] with which torchvision trains; the first weights, in Caffe, had BGR pixels less their mean.
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Channels and convolutions between two poolings.
BLOCKS = {
    "vgg16": ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
    "vgg19": ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)),
}


class Vgg(nn.Module):
    """(B, 3, H, W) pixels in [0, 1] -> [(B, channels, H/16, W/16)], after the last ReLU. Layers as torchvision's.

    Attributes:
        channels: of the features; 512 as published.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, name: str = "vgg19", percent: int = 100, generator: torch.Generator | None = None) -> None:
        """Build and initialize at random, N(0, 2 / fan-in).

        Args:
            name: one of BLOCKS.
            percent: of the published channels.
            generator: source of the weights.
        """
        super().__init__()
        layers: list[nn.Module] = []
        self.channels = 3
        for block, (channels, count) in enumerate(BLOCKS[name]):
            layers += [nn.MaxPool2d(2)] if block else []
            for _ in range(count):
                width = max(1, channels * percent // 100)
                layer = nn.Conv2d(self.channels, width, 3, padding=1)
                nn.init.normal_(layer.weight, 0, (2 / (9 * self.channels)) ** 0.5, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
                layers += [layer, nn.ReLU()]
                self.channels = width
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None], persistent=False)
        self.features = nn.Sequential(*layers)

    def forward(self, stimuli: Tensor) -> list[Tensor]:
        return [self.features((stimuli - self.mean) / self.spread)]
