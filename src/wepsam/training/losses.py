"""Losses of each picture, in torch. Each agrees with the metric of its name, which reports the numbers (a test compares
them)."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from wepsam.networks.patches import FIXATED_COUNT, FIXATED_LEVEL, NONFIXATED_COUNT

Loss = Callable[[Tensor, Tensor], Tensor]


def mse(output: Tensor, target: Tensor) -> Tensor:
    """The paper's loss: mean squared error per map pixel, against maps scaled to a largest value of 1.

    Args:
        output: (B, h, w) the network's map.
        target: (B, h, w) in [0, 1], each map's largest value 1.

    Returns:
        (B,) the loss of each picture.
    """
    return functional.mse_loss(output, target, reduction="none").flatten(1).mean(1)


def kl(output: Tensor, target: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats of the predicted density, the softmax of the output, from the target's.

    Args:
        output: (B, h, w) logits of a density.
        target: (B, h, w) non-negative, any scale.

    Returns:
        (B,) the loss of each picture.
    """
    log_p = functional.log_softmax(output.flatten(1), dim=1)
    q = target.flatten(1)
    # A view of the picture without any fixations contributes nothing.
    q = q / q.sum(dim=1, keepdim=True).clamp(min=1e-12)
    return functional.kl_div(log_p, q, reduction="none").sum(1)


def cc(output: Tensor, target: Tensor) -> Tensor:
    """1 - Pearson correlation of the predicted density, the softmax of the output, with the target. As in `kl`."""
    p, q = functional.softmax(output.flatten(1), dim=1), target.flatten(1)
    return 1 - functional.cosine_similarity(p - p.mean(1, keepdim=True), q - q.mean(1, keepdim=True), eps=1e-12)


def nss(output: Tensor, target: Tensor) -> Tensor:
    """Minus the NSS of the predicted density, expected for fixations drawn from the target. As in `kl`."""
    p, q = functional.softmax(output.flatten(1), dim=1), target.flatten(1)
    z = (p - p.mean(1, keepdim=True)) / p.std(1, keepdim=True).clamp(min=1e-12)
    return -(z * q).sum(1).div(q.sum(1).clamp(min=1e-12))


def kl_cc(output: Tensor, target: Tensor) -> Tensor:
    """The sum of `kl` and `cc`."""
    return kl(output, target) + cc(output, target)


def kl_cc_nss(output: Tensor, target: Tensor) -> Tensor:
    """`kl_cc` plus a tenth of `nss`, which is not bounded and would otherwise make maps too narrow."""
    return kl_cc(output, target) + 0.1 * nss(output, target)


def logistic(output: Tensor, target: Tensor) -> Tensor:
    """MR-CNN's loss: cross-entropy in nats of classifying places as fixated or not.

    For places that were drawn it is their mean. For whole maps it is the expected value over the places that
    `patches.draw` may choose: by the density where it reaches FIXATED_LEVEL, uniformly over the rest.

    Args:
        output: logits, as many as the target has values.
        target: (B, h, w) maps in [0, 1] with a largest value of 1; or (B, n) labels of drawn places, 1 and 0.

    Returns:
        (B,) the loss of each picture.
    """
    logits, target = output.reshape(target.shape).flatten(1), target.flatten(1)
    fixated = target >= FIXATED_LEVEL

    def mean(losses: Tensor, weights: Tensor) -> Tensor:
        return (losses * weights).sum(1) / weights.sum(1).clamp(min=1e-12)

    positive = mean(functional.softplus(-logits), target * fixated)
    negative = mean(functional.softplus(logits), (~fixated).to(logits.dtype))
    return (FIXATED_COUNT * positive + NONFIXATED_COUNT * negative) / (FIXATED_COUNT + NONFIXATED_COUNT)


def surprise(output: Tensor, target: Tensor) -> Tensor:
    """CNN-VLM's loss: the mean of its output, its own errors of prediction. The target, where people look, is ignored.

    Args:
        output: (B, h, w) errors.
        target: ignored.

    Returns:
        (B,) the loss of each picture.
    """
    return output.flatten(1).mean(1)


# name -> the loss, and the kind of output it gives a network: "map" (linear) or "log_density" (logits of a softmax).
LOSSES: dict[str, tuple[Loss, str]] = {
    "mse": (mse, "map"),
    "kl": (kl, "log_density"),
    "cc": (cc, "log_density"),
    "nss": (nss, "log_density"),
    "kl_cc": (kl_cc, "log_density"),
    "kl_cc_nss": (kl_cc_nss, "log_density"),
    # Its logits are those of the odds: with such places, the odds of the best answer are proportional to the density.
    "logistic": (logistic, "log_density"),
    "surprise": (surprise, "map"),
}
