"""Weights that people have under torchvision's names. No package contains them."""

import os
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from wepsam.files import foreign


@torch.no_grad()
def load(encoder: nn.Module, name: str, path: str | os.PathLike[str]) -> None:
    """Load weights into an encoder whose layers have torchvision's names (features.0.weight, ...).

    Args:
        encoder: receives them.
        name: of torchvision's network, for messages.
        path: torchvision's .pth, of which only tensors are read and no code, or .safetensors. What else is in it, such
            as the classifier, is ignored.

    Raises:
        ValueError: the file cannot be read, or a tensor is missing, has another shape, or is not finite.
        OSError: there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no weights {path}: the file is missing; name a file with torchvision's {name}")
    with foreign(path, f"does not hold the weights of {name}: {{}}; expected torchvision's file"):
        if path.suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        for key, own in encoder.state_dict().items():
            value = tensors.get(key)
            if key.endswith("num_batches_tracked"):  # says nothing about the features
                continue
            if not isinstance(value, Tensor):
                raise ValueError(f"it lacks {key}")
            if value.shape != own.shape or not value.isfinite().all():
                raise ValueError(f"its {key} is {tuple(value.shape)}, expected {tuple(own.shape)}, finite")
            own.copy_(value)
