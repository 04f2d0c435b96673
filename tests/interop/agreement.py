"""The metrics of wepsam beside those of pysaliency, picture by picture; makes the tables of docs/how-to/interop.md.

.venv-interop/bin/python tests/interop/agreement.py --osie ../shared/data/osie --into docs/how-to/interop.md
"""

import argparse
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import metrics
from wepsam.classical import CenterBias
from wepsam.datasets import FixationDataset, Sample, osie
from wepsam.evaluation.comparison import TITLES
from wepsam.interop.pysaliency import log_density_model, saliency_map_model, to_pysaliency
from wepsam.markdown import insert, table

Predict = Callable[[np.ndarray], np.ndarray]
Scores = dict[str, np.ndarray]  # metric -> (pictures,)

MIT_EPS = 2.2204e-16  # as pysaliency's MIT_KLDiv has it, with five digits


class Comparison:
    """A dataset and a predictor, both here and in pysaliency."""

    def __init__(self, dataset: FixationDataset, predictor: Predict) -> None:
        self.dataset = dataset
        bias = CenterBias(dataset)
        self.saliency_maps = [np.asarray(predictor(s.stimulus()), dtype=np.float64) for s in dataset]
        self.densities = [sample.density() for sample in dataset]
        self.baselines = [bias.without(sample).astype(np.float64) for sample in dataset]

        self.stimuli, self.fixations = to_pysaliency(dataset, cached=True)
        self.model = saliency_map_model(self._known(self.saliency_maps), caching=False)
        self.truth = saliency_map_model(self._known(self.densities), caching=False)
        self.log_density = log_density_model(self._known(self.saliency_maps), caching=False)
        self.log_baseline = log_density_model(self._known(self.baselines), floor=0, caching=False)

    def _known(self, values: list[np.ndarray]) -> Predict:
        """A predictor that remembers: pysaliency asks with nothing but the pixels."""
        by_pixels = {hash(s.stimulus().tobytes()): v for s, v in zip(self.dataset, values, strict=True)}
        return lambda stimulus: by_pixels[hash(stimulus.tobytes())]

    def others(self, place: int) -> np.ndarray:
        """(M, 2) fixations of all other pictures, scaled to this one's size."""
        height, width = self.dataset[place].size
        scaled = [
            sample.fixations * [width / sample.size[1], height / sample.size[0]]
            for other, sample in enumerate(self.dataset)
            if other != place and sample.fixations is not None
        ]
        return np.concatenate(scaled)

    def per_picture(self, values: np.ndarray) -> np.ndarray:
        """Means over the fixations of each picture, of pysaliency's values for each fixation."""
        return np.array([values[self.fixations.n == place].mean() for place in range(len(self.dataset))])


def theirs(c: Comparison) -> Scores:
    """pysaliency's scores; of the two divergences that it has, the board's."""
    return {
        "auc_judd": np.array(c.model.AUC_per_image(c.stimuli, c.fixations)),
        "auc_shuffled": np.array(c.model.AUC_per_image(c.stimuli, c.fixations, nonfixations="shuffled")),
        "nss": c.per_picture(c.model.NSSs(c.stimuli, c.fixations)),
        "cc": c.model.CCs(c.stimuli, c.truth),
        "sim": c.model.SIMs(c.stimuli, c.truth),
        "kl_div": board_kl(c),
        "info_gain": c.per_picture(c.log_density.information_gains(c.stimuli, c.fixations, c.log_baseline)),
    }


def board_kl(c: Comparison, model: Any = None, truth: Any = None, *, board: bool = True) -> np.ndarray:
    """KL with the regularization of pysaliency's MIT_KLDiv, the board's; or with that of its methods by default."""
    options = {"minimum_value": 0, "log_regularization": MIT_EPS, "quotient_regularization": MIT_EPS} if board else {}
    with np.errstate(divide="ignore"):  # the logarithm of an empirical density of 0
        return np.array((model or c.model).image_based_kl_divergences(c.stimuli, truth or c.truth, **options))


def ours(c: Comparison, protocol: str = "tuebingen") -> Scores:
    """The same from `wepsam.metrics`."""
    rows = [_ours(c, place, {"protocol": protocol}) for place in range(len(c.dataset))]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _ours(c: Comparison, place: int, protocol: Mapping[str, Any]) -> dict[str, float]:
    saliency_map, density, fixations = c.saliency_maps[place], c.densities[place], c.dataset[place].fixations
    probability = np.exp(c.log_density.log_density(c.stimuli[place]))  # the prediction with the model's floor
    return {
        "auc_judd": metrics.auc_judd(saliency_map, fixations, **protocol),
        "auc_shuffled": metrics.auc_shuffled(saliency_map, fixations, c.others(place), **protocol),
        "nss": metrics.nss(saliency_map, fixations, **protocol),
        "cc": metrics.cc(saliency_map, density),
        "sim": metrics.sim(saliency_map, density, **protocol),
        "kl_div": metrics.kl_div(saliency_map, density),
        "info_gain": metrics.info_gain(probability, fixations, c.baselines[place], **protocol),
    }


# ---- tables


def agreement(columns: Mapping[str, Comparison]) -> str:
    """A row for each metric: its mean on either side and the largest difference on any picture, for each predictor."""
    head = [title for name in columns for title in (f"{name}: mean here", "there", "largest difference")]
    scores = [(ours(c), theirs(c)) for c in columns.values()]
    rows = []
    for name in scores[0][0]:
        pairs = [(mine[name], other[name]) for mine, other in scores]
        cells = [(f"{mine.mean():.6f}", f"{other.mean():.6f}", _largest(mine, other)) for mine, other in pairs]
        rows.append([TITLES[name], *(cell for three in cells for cell in three)])
    return table(["metric", *head], rows)


def differences(c: Comparison, cut: Comparison) -> str:
    """A row for each choice that changes a number: its largest effect on any picture, or on the mean of all.

    Args:
        c: with maps > 0.
        cut: with maps that are 0 at many pixels.
    """
    from pysaliency import FixationMap
    from pysaliency.saliency_map_models import LambdaSaliencyMapModel

    mit, board = ours(c, "mit"), theirs(c)
    judd = c.model.AUC_per_image(c.stimuli, c.fixations, nonfixations="unfixated", thresholds="fixations")
    single = LambdaSaliencyMapModel([c.model], fn=lambda saliency_maps: saliency_maps[0].astype(np.float32))
    mirrored = FixationMap(c.stimuli, c.fixations, kernel_size=c.dataset.sigma)
    its_density = "density from `FixationMap(kernel_size=sigma)` there: mirrored at the border, cut at 4 sigma"
    rows = [
        ("auc_judd", "`mit` here: a fixated pixel counts once and is no negative", mit["auc_judd"]),
        ("auc_shuffled", "`mit` here: a pixel counts once, thresholds at every tenth", mit["auc_shuffled"]),
        ("nss", "`mit` here: a pixel counts once, standard deviation with n - 1", mit["nss"]),
        ("sim", "`mit` here: both maps min-max first", mit["sim"]),
        ("info_gain", "`mit` here: a pixel counts once, both maps min-max first", mit["info_gain"]),
        ("kl_div", "`KLDivs` as it comes there: 1e-20 added to both maps, nothing else", board_kl(c, board=False)),
        ("sim", "float32 maps there", single.SIMs(c.stimuli, c.truth)),
        ("kl_div", "float32 maps there", board_kl(c, single)),
        ("cc", its_density, c.model.CCs(c.stimuli, mirrored)),
        ("sim", its_density, c.model.SIMs(c.stimuli, mirrored)),
        ("kl_div", its_density, board_kl(c, truth=mirrored)),
    ]
    lines = [(TITLES[name], what, _largest(values, board[name])) for name, what, values in rows]
    what = "`AUC_Judd(jitter=False)` there, `mit` here: a fixated pixel counts once"
    lines.insert(1, (TITLES["auc_judd"], what, _largest(mit["auc_judd"], np.array(judd))))
    zeros, kl = "maps that are 0 at half of the pixels", TITLES["kl_div"]
    what = f"{zeros}: eps is 2.2204e-16 there, 2.220446e-16 here"
    lines.append((kl, what, _largest(ours(cut)["kl_div"], board_kl(cut))))
    what = f"{zeros}, `KLDivs` as it comes there"
    lines.append((kl, what, _largest(board_kl(cut, board=False), board_kl(cut))))
    for name, metric in (("auc_judd", metrics.auc_judd), ("nss", metrics.nss)):
        shifted = [metric(m, _beside(s), protocol="tuebingen") for m, s in zip(c.saliency_maps, c.dataset, strict=True)]
        what = "fixations as `get_OSIE` reads them there: 1 pixel further right and down, as MATLAB counts"
        lines.append((TITLES[name], what, _largest(np.array(shifted), board[name])))
    what = "mean of the dataset: over fixations there, over pictures here"
    fixations = np.bincount(c.fixations.n)
    for name in ("auc_judd", "nss", "info_gain"):
        by_fixation = np.average(board[name], weights=fixations)
        lines.append((TITLES[name], what, _largest(by_fixation, board[name].mean())))
    return table(["metric", "what differs", "largest difference"], lines)


def _beside(sample: Sample) -> np.ndarray:
    """(N, 2) fixations a pixel further right and down, without those that leave the picture."""
    assert sample.fixations is not None
    shifted = sample.fixations + 1
    return np.asarray(shifted[(shifted < sample.size[::-1]).all(axis=1)])


def _largest(one: Any, other: Any) -> str:
    return f"{np.abs(one - other).max():.1e}"


def cut(values: np.ndarray) -> np.ndarray:
    """The upper half of a map in 16 levels, the rest 0: ties everywhere, and places where nobody should look."""
    above = np.maximum(values - np.median(values), 0)
    return np.asarray(np.ceil(above / above.max() * 16))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osie", type=Path, default=Path("../shared/data/osie"), help="folder of OSIE")
    parser.add_argument("--pictures", type=int, default=100, help="how many validation pictures, from the first")
    parser.add_argument("--into", type=Path, help="Markdown file with places for both tables; else they are printed")
    options = parser.parse_args()
    model, dataset = wepsam.load(), osie(options.osie).split("validation")[: options.pictures]
    columns = {"float maps": Comparison(dataset, model), "16 levels": Comparison(dataset, lambda s: cut(model(s)))}
    plain, levels = columns.values()
    about = f"{len(dataset)} OSIE pictures, {len(plain.fixations):,} fixations, maps of {model.name}"
    about += f"; pysaliency {version('pysaliency')}, NumPy {version('numpy')}."
    for name, rows in {"agreement": agreement(columns), "differences": differences(plain, levels)}.items():
        text = f"{rows}\n\n{about}"
        if options.into:
            insert(options.into, name, text)
        else:
            print(f"{text}\n")


if __name__ == "__main__":
    main()
