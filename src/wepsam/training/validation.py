"""What a network answers for validation pictures, and how good the answers are."""

from collections.abc import Sequence

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from wepsam import metrics
from wepsam.networks.base import Network, as_map
from wepsam.training import batches
from wepsam.training.losses import LOSSES


def validate(fabric: Fabric, network: Network, validation: Sequence[batches.Pairs], loss: str) -> dict[str, float]:
    """Loss, CC and NSS of the network's own maps. NSS is against densities; see `metrics.nss_density`."""
    loss_of, kind = LOSSES[loss]
    losses, pairs = 0.0, list[tuple[np.ndarray, np.ndarray]]()
    for group in validation:
        output, target = outputs(fabric, network, group)
        losses += loss_of(output, target).item() * len(group)
        pairs += zip(as_map(output, kind).numpy(), target.numpy(), strict=True)
    return {
        "loss": losses / len(pairs),
        "cc": float(np.nanmean([metrics.cc(p, t) for p, t in pairs])),
        "nss": float(np.nanmean([metrics.nss_density(p, t) for p, t in pairs])),
    }


@torch.no_grad()
def outputs(fabric: Fabric, network: Network, pairs: batches.Pairs, size: int = 64) -> tuple[Tensor, Tensor]:
    """The network's outputs and the targets, (N, H/4, W/4) each, on the CPU, computed `size` pictures at a time."""
    network.eval()
    answers, targets = [], []
    for start in range(0, len(pairs), size):
        stimuli, target = batches.to_network(*batches.tensors(pairs, slice(start, start + size)), pairs.input_shape)
        with fabric.autocast():
            answer = network(fabric.to_device(stimuli).contiguous(memory_format=torch.channels_last))
        answers.append(answer.float().cpu())
        targets.append(target)
    network.train()
    return torch.cat(answers), torch.cat(targets)
