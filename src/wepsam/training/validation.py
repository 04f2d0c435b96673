"""What a network answers for validation pictures, and how good the answers are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from wepsam import metrics
from wepsam.networks.base import Network, as_map
from wepsam.training import batches
from wepsam.training.devices import ALONE, Team
from wepsam.training.losses import LOSSES


def in_numbers_of(training: Sequence[batches.AnyPairs], validation: Sequence[batches.Pairs]) -> list[batches.Pairs]:
    """The validation pairs, their sources numbered as in training, where all of them are learned from.

    Otherwise each is -1: a kind of fixations of which the network knows nothing.
    """
    known = {_dataset(name): number for number, name in enumerate(training[0].names)}
    names = [_dataset(name) for name in validation[0].names]
    numbers = np.array([known.get(name, -1) for name in names])
    if (numbers < 0).any():
        numbers[:] = -1
    return [replace(group, sources=numbers[group.sources]) for group in validation]


def validate(
    fabric: Fabric, network: Network, validation: Sequence[batches.Pairs], loss: str, team: Team = ALONE
) -> dict[str, float]:
    """Loss, CC and NSS of the network's own maps: the mean over the datasets, each of which counts once.

    NSS is against densities; see `metrics.nss_density`. The processes of a team divide the pictures; each gets the
    scores of all.

    Args:
        fabric: of the device.
        network: to be asked, for each picture, about the kind of fixations that it has.
        validation: see `in_numbers_of`.
        loss: a name in `losses.LOSSES`.
        team: the processes.
    """
    loss_of, kind = LOSSES[loss]
    rows, sources = [], [group.sources for group in validation]
    for whole in validation:
        table, share = np.zeros((len(whole), 3)), team.share(len(whole))
        rows.append(table)
        group = whole.take(share)
        if not len(group):
            continue
        output, target = outputs(fabric, network, group, group.sources)
        maps = zip(as_map(output, kind).numpy(), target.numpy(), strict=True)
        scores = [(metrics.cc(p, t), metrics.nss_density(p, t)) for p, t in maps]
        table[share] = np.column_stack([loss_of(output, target).numpy(), np.reshape(scores, (-1, 2))])
    own, source = torch.from_numpy(np.concatenate(rows)), np.concatenate(sources)
    table = team.sum(fabric, own.to(fabric.device) if team.size > 1 else own).cpu().numpy()
    means = np.nanmean([np.nanmean(table[source == s], axis=0) for s in np.unique(source)], axis=0)
    return dict(zip(("loss", "cc", "nss"), map(float, means), strict=True))


@torch.no_grad()
def outputs(
    fabric: Fabric, network: Network, pairs: batches.Pairs, sources: np.ndarray | None = None, size: int = 64
) -> tuple[Tensor, Tensor]:
    """The network's outputs and the targets, (N, H/4, W/4) each, on the CPU.

    Args:
        fabric: of the device.
        network: to ask.
        pairs: of one shape.
        sources: (N,) the kind of fixations about which the network is asked; None, or below 0: their mean.
        size: pictures at a time.
    """
    network.eval()
    answers, targets = [], []
    for start in range(0, len(pairs), size):
        rows = slice(start, start + size)
        stimuli, target = batches.to_network(*batches.tensors(pairs, rows), pairs.input_shape)
        kinds = None if sources is None or (sources[rows] < 0).any() else torch.from_numpy(sources[rows])
        kinds = None if kinds is None else fabric.to_device(kinds)
        with fabric.autocast():
            answer = network(fabric.to_device(stimuli).contiguous(memory_format=torch.channels_last), kinds)
        answers.append(answer.float().cpu())
        targets.append(target)
    network.train()
    return torch.cat(answers), torch.cat(targets)


def _dataset(name: str) -> str:
    """The dataset of a source's name, which also says how many pictures."""
    return name.rpartition(":")[0]
