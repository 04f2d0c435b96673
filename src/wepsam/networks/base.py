"""What every network can do: the questions that training and export ask of it, with the answers most networks give."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from wepsam import shapes
from wepsam.calibration import NEUTRAL, Calibration
from wepsam.networks import deployment
from wepsam.networks.deployment import SQUARE_STORAGE, Deployment, Storage
from wepsam.shapes import Shape

MAP_LOSSES = ("mse", "kl", "cc", "nss", "kl_cc", "kl_cc_nss")  # names in training.losses that compare whole maps


@dataclass(frozen=True)
class NetworkConfig:
    """The description of a network: everything but its weights. Each network has its own fields."""

    def input_shape(self, height: int, width: int) -> Shape:
        """In which shape the network sees a picture.

        Args:
            height: of the picture in pixels.
            width: of the picture in pixels.

        Returns:
            (height, width) of the input.

        Raises:
            NotImplementedError: always: each description has its own.
        """
        raise NotImplementedError

    def training_shape(self, height: int, width: int) -> Shape:
        """In which shape the network learns from a picture.

        Args:
            height: of the picture in pixels.
            width: of the picture in pixels.

        Returns:
            (height, width) of the input.
        """
        return self.input_shape(height, width)

    def with_input_of(self, other: Self) -> Self:
        """This description, with the input size of another one.

        Args:
            other: a description of the same kind of network.

        Returns:
            A description that the same weights fit.
        """
        return self


class InAspect(NetworkConfig):
    """The description of a network that sees a picture in about its own aspect."""

    area: (
        int  # of the input, in pixels; a field of each description that is made of this one, with a default of its own
    )

    def input_shape(self, height: int, width: int) -> Shape:
        """About the picture's aspect and this area; see `shapes.input_shape`."""
        return shapes.input_shape(height, width, self.area)

    def training_shape(self, height: int, width: int) -> Shape:
        """The input shape, but small pictures are not enlarged; see `shapes.training_shape`."""
        return shapes.training_shape(height, width, self.area)

    def with_input_of(self, other: Self) -> Self:
        """This description with the other one's area."""
        return replace(self, **{"area": other.area})


class Network(nn.Module):
    """A saliency network.

    Attributes:
        title: its name in messages.
        losses: names in `training.losses.LOSSES` of the losses by which it can learn.
        zoom_room: training pictures are kept larger than the network's input by this factor, so that augmentation can
            zoom in.
        calibration_batches: of 32 pictures, to which a fresh start is fitted.
        adaptable: whether `wepsam adapt` can tune it, and `deploy.from_onnx` can read it back from an exported file.
        storage: how an exported file may store weights; see `deployment.Storage`.
        least_cc: an exported file whose maps correlate less with torch's, on the worst picture, is refused. The light
            network's worst was .99989 with int8 weights, while CC with people, over 100 pictures, lost .0001
            (docs/explanation/log.md).
        config: what it looks like.
    """

    title: ClassVar[str]
    losses: ClassVar[Sequence[str]] = MAP_LOSSES
    zoom_room: ClassVar[float] = 1.25
    calibration_batches: ClassVar[int] = 1
    adaptable: ClassVar[bool] = False
    storage: ClassVar[Storage] = SQUARE_STORAGE
    least_cc: ClassVar[float] = 0.9995
    config: Any  # a NetworkConfig; each network narrows it

    def log_density(self, stimuli: Tensor, **options: Any) -> Tensor:
        """(B, H/4, W/4) log probability of a fixation in each cell; the logsumexp over the cells is 0.

        Args:
            stimuli: (B, 3, H, W) pixels in [0, 1].
            options: passed on to `forward`, such as the light network's `center_bias`.
        """
        logits = self(stimuli, **options)
        return logits - logits.flatten(1).logsumexp(1)[:, None, None]

    def examples(self, stimuli: Tensor, targets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """What the network learns from a batch of pictures: the input to `forward` and the target of the loss.

        Args:
            stimuli: (B, 3, H, W) pixels in [0, 1].
            targets: (B, H/4, W/4) maps with a largest value of 1.
            rng: the source of randomness; by default a network learns the pictures as they are and needs none.
        """
        return stimuli, targets

    def frozen(self, stages: int) -> Iterator[nn.Parameter]:
        """Parameters that stay fixed when `TrainSettings.frozen` is `stages`; by default none."""
        yield from ()

    def pretrained(self, stages: int) -> set[nn.Parameter]:
        """Parameters that learn at `TrainSettings.encoder_rate`, with so many stages frozen; by default none."""
        return set()

    def load_imagenet(self, weights: str | os.PathLike[str] | None = None) -> None:
        """Replace the random start of the encoder by weights learned on ImageNet.

        Args:
            weights: a file of them, for an encoder whose weights no package contains. None: those of the package.

        Raises:
            ValueError: the network has no ImageNet start, or the file does not hold the weights of its encoder.
            ImportError: the package with the weights is not installed.
        """
        raise ValueError(
            f"{self.title} has no ImageNet start; start it at random, or train the light network (--recipe lite)"
        )

    def calibrate(self, stimuli: Tensor, *, whole: bool = True) -> None:
        """Fit the scales of a fresh start to a batch of pictures; by default there are none.

        It is called for `calibration_batches` batches.

        Args:
            stimuli: (B, 3, H, W) pixels in [0, 1].
            whole: False leaves the scales of a pretrained encoder as they are.
        """

    @property
    def has_idle_parameters(self) -> bool:
        """Whether some parameters have no effect on the output, as the network is; by default none."""
        return False

    def set_sources(self, sources: int) -> None:
        """Make room for this number of kinds of fixations; by default a network treats all alike."""

    def own_calibration(self) -> Calibration:
        """What training has learned that prediction has to do to the density; by default nothing."""
        return NEUTRAL

    def deployment(
        self, output: str, *, mirror: bool = True, area: int | None = None, scales: Sequence[float] | None = None
    ) -> Deployment:
        """How the network is exported; see `deploy.to_onnx.export` for the arguments.

        Args:
            output: what training made of it: "map" or "log_density".
            mirror: whether the predictor averages over the picture and its mirror image.
            area: pixels of the input, for a network whose input follows the picture's aspect.
            scales: sizes of the input at quality "best", for such a network.

        Raises:
            ValueError: an argument that does not fit this network.
        """
        raise NotImplementedError


def as_map(output: Tensor, kind: str) -> Tensor:
    """(B, h, w) non-negative maps from a network's output.

    Args:
        output: (B, h, w) as the network returns it.
        kind: "map" clips a linear output at 0; "log_density" makes logits a density that sums to 1.
    """
    if kind == "map":
        return output.clamp(min=0)
    return torch.softmax(output.flatten(1), dim=1).view_as(output)


class DeployedSquare(nn.Module):
    """(B, side, side, 3) uint8 RGB -> (B, h, w) float32 map; a density if `output` is "log_density"."""

    def __init__(self, network: Network, output: str) -> None:
        super().__init__()
        self.network, self.output = network, output

    def forward(self, stimuli: Tensor) -> Tensor:
        return as_map(self.network(deployment.to_pixels(stimuli)), self.output)
