"""Losses, in torch. Each agrees with the metric of its name (tests/test_training.py), which reports the numbers."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]
LOOKED_AT = 0.1  # of the largest value of a density: from there on, a place counts as one that people look at
FIXATED, NONFIXATED = 10, 20  # places a picture, to tell apart


def mse(output: Tensor, target: Tensor) -> Tensor:
    """The paper's loss: mean squared error per map pixel, against maps scaled to a largest value of 1.

    Args:
        output: (B, h, w) the network's map.
        target: (B, h, w) in [0, 1], each map's largest value 1.
    """
    return functional.mse_loss(output, target)


def kl(output: Tensor, target: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats of the predicted density, the softmax of the output, from the target's.

    Args:
        output: (B, h, w) logits of a density.
        target: (B, h, w) non-negative, any scale.
    """
    log_p = functional.log_softmax(output.flatten(1), dim=1)
    q = target.flatten(1)
    # A view of the picture in which nobody looked anywhere says nothing, and counts nothing.
    q = q / q.sum(dim=1, keepdim=True).clamp(min=1e-12)
    return functional.kl_div(log_p, q, reduction="batchmean")


def cc(output: Tensor, target: Tensor) -> Tensor:
    """1 - Pearson correlation of the predicted density, the softmax of the output, with the target."""
    p, q = functional.softmax(output.flatten(1), dim=1), target.flatten(1)
    return 1 - functional.cosine_similarity(p - p.mean(1, keepdim=True), q - q.mean(1, keepdim=True), eps=1e-12).mean()


def nss(output: Tensor, target: Tensor) -> Tensor:
    """Minus the normalized scanpath saliency of the predicted density, expected under the target's."""
    p, q = functional.softmax(output.flatten(1), dim=1), target.flatten(1)
    z = (p - p.mean(1, keepdim=True)) / p.std(1, keepdim=True).clamp(min=1e-12)
    return -(z * q).sum(1).div(q.sum(1).clamp(min=1e-12)).mean()


def kl_cc(output: Tensor, target: Tensor) -> Tensor:
    """The sum of both."""
    return kl(output, target) + cc(output, target)


def kl_cc_nss(output: Tensor, target: Tensor) -> Tensor:
    """All three, NSS with a tenth of the weight: it is not bounded, and would make maps too narrow."""
    return kl_cc(output, target) + 0.1 * nss(output, target)


def logistic(output: Tensor, target: Tensor) -> Tensor:
    """MR-CNN's loss: cross-entropy in nats of telling places where people looked from others, of which there are two.

    Of whole maps, what it is on average over the places that might be drawn: by the density where it is LOOKED_AT,
    evenly over the rest. Of places that were drawn, with 1 and 0 as targets, their mean.

    Args:
        output: logits, as many as the target has values.
        target: (B, h, w) in [0, 1], each map's largest value 1; or (B, n) drawn.
    """
    logits, target = output.reshape(target.shape).flatten(1), target.flatten(1)
    looked = target >= LOOKED_AT

    def mean(losses: Tensor, weights: Tensor) -> Tensor:
        return ((losses * weights).sum(1) / weights.sum(1).clamp(min=1e-12)).mean()

    fixated = mean(functional.softplus(-logits), target * looked)
    nonfixated = mean(functional.softplus(logits), (~looked).to(logits.dtype))
    return (FIXATED * fixated + NONFIXATED * nonfixated) / (FIXATED + NONFIXATED)


# name -> loss, and what the network's output is under it: "map" (linear) or "log_density" (logits of a softmax).
LOSSES: dict[str, tuple[Loss, str]] = {
    "mse": (mse, "map"),
    "kl": (kl, "log_density"),
    "cc": (cc, "log_density"),
    "nss": (nss, "log_density"),
    "kl_cc": (kl_cc, "log_density"),
    "kl_cc_nss": (kl_cc_nss, "log_density"),
    # Of the odds: if places are drawn by the density and evenly, the best answer's odds are the density.
    "logistic": (logistic, "log_density"),
}


def as_map(output: Tensor, kind: str) -> Tensor:
    """(B, h, w) non-negative maps from the network's output; a density sums to 1."""
    if kind == "map":
        return output.clamp(min=0)
    return torch.softmax(output.flatten(1), dim=1).view_as(output)
