"""How a network is exported: the module that takes people's pictures, and what its ONNX file and card say about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wepsam.shapes import Shape

DIM = torch.export.Dim
# How weights are stored, by the name of the choice, smallest file first: tensors of more than so many values as this
# type of number, the others as float32.
Storage = dict[str, tuple[tuple[str, int], ...]]
SQUARE_STORAGE: Storage = {"int8": (("int8", 100_000),), "float16": (("float16", 100_000),), "float32": ()}


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


def to_pixels(stimuli: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 in [0, 1]."""
    return stimuli.permute(0, 3, 1, 2).float() / 255
