"""The metrics of `wepsam.metrics` for a training loop: torchmetrics' update, compute and reset.

    nss = wepsam.torch_metrics.NSS()
    for batch in loader:
        nss.update(network(batch["picture"]), batch["fixations"])
    nss.compute()  # the mean over the pictures, over all processes of a distributed run

Each score is computed by the numpy function of the same name, in float64 on the CPU, so it equals what
`wepsam evaluate` reports for the same map. None of the metrics has a gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wepsam import extras
from wepsam.metrics import PROTOCOLS
from wepsam.metrics._inputs import is_mit

try:
    import torch
    from torch import Tensor
    from torchmetrics import Metric
except ModuleNotFoundError as error:
    raise extras.missing(error, "wepsam.torch_metrics") from None

__all__ = ["CC", "KL", "NSS", "SIM", "AUCJudd", "InformationGain"]

Maps = Tensor | Sequence[Tensor | np.ndarray]
"""(B, H, W), (B, 1, H, W), or B maps (H, W) of any sizes."""
Fixations = Tensor | Sequence[Tensor | np.ndarray]
"""Of each picture (N, 2) points, as (x, y) pixels of its map."""


class _MeanOverPictures(Metric):
    """The mean of one metric over all pictures; pictures for which it is undefined (NaN) are left out."""

    is_differentiable = False
    full_state_update = False
    _metric: str  # its name in `PROTOCOLS`
    total: Tensor
    count: Tensor

    def __init__(self, protocol: str = "mit", **options: Any) -> None:
        """Begin without pictures.

        Args:
            protocol: "mit" or "tuebingen", see `wepsam.metrics`.
            options: as any torchmetrics metric takes them, such as `sync_on_compute`.

        Raises:
            ValueError: there is no such protocol.
        """
        is_mit(protocol)
        super().__init__(**options)
        self.protocol = protocol
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]  # torchmetrics reads it as an attribute
        """Whether a higher score means a better prediction."""
        return PROTOCOLS[self.protocol][self._metric].higher_is_better

    def compute(self) -> Tensor:
        """The mean over the pictures so far, a float64 scalar; NaN without pictures."""
        return self.total / self.count

    def _add(self, saliency_maps: Maps, *truths: Maps | Fixations) -> None:
        metric, predictions = PROTOCOLS[self.protocol][self._metric], _maps(saliency_maps)
        columns = []
        for need, truth in zip(metric.needs, truths, strict=True):
            columns.append([_array(one) for one in truth] if need == "fixations" else _maps(truth))
            if len(columns[-1]) != len(predictions):
                raise ValueError(
                    f"{len(predictions)} saliency maps came with the {need} of {len(columns[-1])} pictures"
                )
        scores = np.array([metric.function(*one) for one in zip(predictions, *columns, strict=True)], np.float64)
        known = scores[~np.isnan(scores)]
        self.total += float(known.sum())
        self.count += len(known)


class _AtFixations(_MeanOverPictures):
    def update(self, saliency_maps: Maps, fixations: Fixations) -> None:
        """Score a batch.

        Args:
            saliency_maps: (B, H, W) or (B, 1, H, W), or B maps (H, W) of any sizes.
            fixations: of each of the B pictures (N, 2) points as (x, y) pixels of its map; N may be 0.

        Raises:
            ValueError: as the function in `wepsam.metrics`; or the numbers of pictures differ.
        """
        self._add(saliency_maps, fixations)


class _OfDensities(_MeanOverPictures):
    def update(self, saliency_maps: Maps, densities: Maps) -> None:
        """Score a batch.

        Args:
            saliency_maps: (B, H, W) or (B, 1, H, W), or B maps (H, W) of any sizes.
            densities: of the fixations, in the same form and of the same sizes.

        Raises:
            ValueError: as the function in `wepsam.metrics`; or the numbers of pictures differ.
        """
        self._add(saliency_maps, densities)


class NSS(_AtFixations):
    """Normalized scanpath saliency: `wepsam.metrics.nss`."""

    _metric = "nss"


class AUCJudd(_AtFixations):
    """Area under the ROC curve against the pixels of the picture: `wepsam.metrics.auc_judd`."""

    _metric = "auc_judd"


class CC(_OfDensities):
    """Linear correlation with the density: `wepsam.metrics.cc`."""

    _metric = "cc"


class SIM(_OfDensities):
    """Similarity to the density: `wepsam.metrics.sim`."""

    _metric = "sim"


class KL(_OfDensities):
    """Divergence of the density from the map, in nats, lower is better: `wepsam.metrics.kl_div`."""

    _metric = "kl_div"


class InformationGain(_MeanOverPictures):
    """Information gain over a baseline, in bits per fixation: `wepsam.metrics.info_gain`."""

    _metric = "info_gain"

    def update(self, saliency_maps: Maps, fixations: Fixations, baselines: Maps) -> None:
        """Score a batch.

        Args:
            saliency_maps: (B, H, W) or (B, 1, H, W), or B maps (H, W) of any sizes.
            fixations: of each of the B pictures (N, 2) points as (x, y) pixels of its map; N may be 0.
            baselines: the maps to beat, usually the center bias, in the form and sizes of the saliency maps.

        Raises:
            ValueError: as the function in `wepsam.metrics`; or the numbers of pictures differ.
        """
        self._add(saliency_maps, fixations, baselines)


def _maps(batch: Maps) -> list[np.ndarray]:
    """The (H, W) maps of a batch."""
    if isinstance(batch, Tensor | np.ndarray):
        if batch.ndim == 4 and batch.shape[1] == 1:
            batch = batch[:, 0]
        if batch.ndim != 3:
            raise ValueError(
                f"a batch of maps has the shape {tuple(batch.shape)}, expected (B, H, W) or (B, 1, H, W); "
                "for one map, [map]"
            )
    return [_array(one) for one in batch]


def _array(values: Tensor | np.ndarray | Iterable[Any]) -> np.ndarray:
    """Float64 on the CPU: numpy knows no bfloat16."""
    if isinstance(values, Tensor):
        return values.detach().to("cpu", torch.float64).numpy()
    return np.asarray(values)
