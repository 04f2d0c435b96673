"""Make the network of `class_responses`: python -m learn.class_responses DATA

Writes bases/class_responses.onnx. `learn` says what DATA is. The components are those of the class responses in some
training pictures; no fixation takes part. Takes a minute of one core.
"""

from collections.abc import Iterable

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from learn import data
from wepsam.classical.class_responses import AREA, FILE
from wepsam.datasets import Sample
from wepsam.deploy.graph import shrink, to_onnx
from wepsam.deploy.to_onnx import least_cc
from wepsam.files import write_bytes
from wepsam.images import resize
from wepsam.networks.deployment import ASPECT_STORAGE, DIM, Deployment, to_pixels
from wepsam.networks.encoder import Conv, Encoder, load_imagenet, published
from wepsam.progress import track
from wepsam.shapes import SIDE_STEP, input_shape

NAME = "lite0"
PICTURES = 50  # of each training part
COMPONENTS = 64
LEAST_CC = 0.995  # of a picture's components with those of the network in float32; `mkl` learns on the file's


class ClassNet(nn.Module):
    """(B, H, W, 3) uint8 RGB, sides multiples of 32 -> (B, outputs, H/32, W/32) float32: at first, class responses."""

    def __init__(self) -> None:
        """ImageNet's weights."""
        super().__init__()
        self.encoder = Encoder(NAME)
        weight, bias = (published(NAME)[f"_fc.{key}"] for key in ("weight", "bias"))
        self.head = Conv(self.encoder.channels[-1], weight.shape[1])
        load_imagenet(nn.Sequential(self.encoder, self.head), NAME)
        self.readout = nn.Conv2d(weight.shape[1], len(weight), 1)
        self.read(weight, bias)

    def read(self, weight: Tensor, bias: Tensor) -> None:
        """Replace the readout: (outputs, 1280) and (outputs,)."""
        self.readout.weight, self.readout.bias = nn.Parameter(weight[:, :, None, None]), nn.Parameter(bias)

    def forward(self, stimuli: Tensor) -> Tensor:
        return self.readout(self.head(self.encoder(to_pixels(stimuli))[-1]))


@torch.no_grad()
def main() -> None:
    folder = data.folder(__doc__, "DATA")
    rng = np.random.default_rng(0)
    samples = [one for name in data.FIXATIONS for one in data.some_training_pictures(name, folder, PICTURES, rng)]
    network = ClassNet().eval()
    pictures = (_seen(sample) for sample in track(samples, "classes"))
    means, axes, share = components(network(torch.from_numpy(one))[0].flatten(1).numpy() for one in pictures)
    weight, bias = network.readout.weight[:, :, 0, 0], network.readout.bias
    network.read(axes @ weight, axes @ (bias - means))
    model = graph(network)
    worst = least_cc(model, network, [_seen(sample) for sample in samples[::10]])
    if not worst >= LEAST_CC:
        raise ValueError(f"the file agrees with torch only by CC {worst:.5f}, expected {LEAST_CC} or more")
    write_bytes(FILE, model.SerializeToString())
    print(f"{COMPONENTS} components with {share:.1%} of the variance; least CC with torch {worst:.5f}")


def components(responses: Iterable[np.ndarray]) -> tuple[Tensor, Tensor, float]:
    """Principal components, not whitened.

    Args:
        responses: (classes, cells) of each picture.

    Returns:
        (classes,) means, (COMPONENTS, classes) axes of norm 1, and the share of the variance along them.
    """
    count, total, products = 0, np.zeros(1), np.zeros((1, 1))
    for columns in responses:
        columns = columns.astype(np.float64)
        count, total, products = count + columns.shape[1], total + columns.sum(axis=1), products + columns @ columns.T
    means = total / count
    variances, axes = np.linalg.eigh(products / count - np.outer(means, means))  # rising
    share = variances[-COMPONENTS:].sum() / variances.sum()
    main = np.ascontiguousarray(axes[:, : -COMPONENTS - 1 : -1].T)
    return torch.from_numpy(means).float(), torch.from_numpy(main).float(), float(share)


def graph(network: nn.Module) -> onnx.ModelProto:
    """The network as ONNX, its large weights in 8 bits, for stimuli of any number and shape."""
    rows, columns = (SIDE_STEP * DIM(name, min=1, max=1000) for name in ("rows", "columns"))
    deployment = Deployment(
        network,
        example={"stimuli": torch.zeros(2, 96, 128, 3, dtype=torch.uint8)},
        dynamic={"stimuli": {0: DIM("batch", min=1), 1: rows, 2: columns}},
        shape_of=input_shape,
        card={},
    )
    model = to_onnx(deployment, "class_responses")
    for kind, more_than in ASPECT_STORAGE["int8"]:
        shrink(model, kind, more_than)
    return model


def _seen(sample: Sample) -> np.ndarray:
    """A picture as the network sees it, (1, H, W, 3) uint8."""
    stimulus = sample.stimulus()
    return resize(stimulus, input_shape(stimulus.shape[0], stimulus.shape[1], AREA))[None]


if __name__ == "__main__":
    main()
