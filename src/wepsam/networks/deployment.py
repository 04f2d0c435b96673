"""How a network is exported: the module that takes people's pictures, and what its ONNX file and card say about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from wepsam.shapes import SIDE_STEP, Shape, input_shape

DIM = torch.export.Dim
# How weights are stored, by the name of the choice, smallest file first: tensors of more than so many values as this
# type of number, the others as float32.
Storage = dict[str, tuple[tuple[str, int], ...]]
SQUARE_STORAGE: Storage = {"int8": (("int8", 100_000),), "float16": (("float16", 100_000),), "float32": ()}
# Of networks with an EfficientNet-lite. The few values of its depthwise convolutions and of the first one would lose
# the most: the CC with the network itself was .9996 with them as int8, .99997 without.
ASPECT_STORAGE: Storage = {
    "int8": (("int8", 20_000), ("float16", 2_000)), "float16": (("float16", 2_000),), "float32": (),
}  # fmt: skip


@dataclass(frozen=True)
class Deployment:
    """A network ready for export.

    Attributes:
        module: takes the inputs of `example` in their order, pixels as (B, H, W, 3) uint8 RGB, and returns
            (B, h, w) float32 maps.
        example: an input tensor by name; the export traces the module with it.
        dynamic: the dimensions of each input that may vary, by their index.
        shape_of: (height, width) of a picture -> (height, width) of the input.
        card: what the card says about the input and the output.
        defaults: values of the inputs that people need not feed.
        doubles: whether every enlargement of features doubles the sides.
    """

    module: nn.Module
    example: dict[str, Tensor]
    dynamic: dict[str, dict[int, Any]]
    shape_of: Callable[[int, int], Shape]
    card: dict[str, Any]
    defaults: dict[str, Tensor] = field(default_factory=dict)
    doubles: bool = False


def square(
    module: nn.Module, *, side: int, cells: int, output: str, mirror: bool, area: int | None = None,
    scales: Sequence[float] | None = None,
) -> Deployment:  # fmt: skip
    """The deployment of a network that sees every picture as a square.

    Args:
        module: (B, side, side, 3) uint8 -> (B, cells, cells) float32.
        side: of the input, in pixels.
        cells: of a side of the map.
        output: "map" or "log_density".
        mirror: whether the predictor averages over the picture and its mirror image.
        area: refused unless None.
        scales: refused unless None.

    Raises:
        ValueError: an area or scales, which a square does not have.
    """
    if area is not None or scales is not None:
        raise ValueError(f"area and scales apply only to the light network; this one sees {side}x{side} pixels")
    density = ", sums to 1" if output == "log_density" else ""
    return Deployment(
        module,
        example={"stimuli": torch.zeros(2, side, side, 3, dtype=torch.uint8)},
        dynamic={"stimuli": {0: DIM("batch", min=1)}},
        shape_of=lambda height, width: (side, side),
        card={
            "input": f"stimuli: (B, {side}, {side}, 3) uint8 RGB, the whole picture resized (bicubic, antialiased)",
            "output": f"saliency_maps: (B, {cells}, {cells}) float32 >= 0{density}",
            "input_size": side,
            "mirror": mirror,
        },
    )


def in_aspect(
    module: nn.Module, *, output: str, mirror: bool, area: int, scales: Sequence[float]
) -> Deployment:  # fmt: skip
    """The deployment of a network that sees every picture in about its own aspect.

    Args:
        module: (B, H, W, 3) uint8, sides multiples of 32 -> (B, H/4, W/4) float32.
        output: what the card says of the values.
        mirror: whether the predictor averages over the picture and its mirror image, at quality "best".
        area: of the input, in pixels, about.
        scales: the sizes at quality "best", as factors of the sides at that area.

    Raises:
        ValueError: an area too small, or no scales above 0.
    """
    if not scales or min(scales) <= 0 or area < SIDE_STEP**2:
        raise ValueError(f"area={area}: expected at least {SIDE_STEP**2} pixels; scales={scales}: above 0")
    rows, columns = (SIDE_STEP * DIM(name, min=1, max=1000) for name in ("rows", "columns"))
    return Deployment(
        module,
        example={"stimuli": torch.zeros(2, 192, 256, 3, dtype=torch.uint8)},
        dynamic={"stimuli": {0: DIM("batch", min=1), 1: rows, 2: columns}},
        shape_of=partial(input_shape, area=area),
        card={
            "input": "stimuli: (B, H, W, 3) uint8 RGB, H and W multiples of stride, H W about input_area: the whole "
            "picture resized (bicubic, antialiased)",
            "output": f"saliency_maps: (B, H/4, W/4) float32 >= 0, {output}",
            "input_area": area,
            "stride": SIDE_STEP,
            "views": {"fast": {"scales": [1.0], "mirror": False}, "best": {"scales": [*scales], "mirror": mirror}},
        },
    )


def to_pixels(stimuli: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 in [0, 1]."""
    return stimuli.permute(0, 3, 1, 2).float() / 255
