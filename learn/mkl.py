"""Learn `mkl` from where people looked: python -m learn.mkl DATA

Writes bases/mkl.npz, and bases/mkl.json with the weights of the groups and the comparison with other machines. `learn`
says what DATA is; `learn.class_responses` comes first.

Pixels are sampled as for `judd`, from some pictures of each training part. Other pictures of it compare the machines.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from sklearn.ensemble import AdaBoostClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from learn import data
from learn.judd import sampled_places
from wepsam import maps, metrics
from wepsam.classical.judd import SIDE as JUDD_SIDE
from wepsam.classical.mkl import BLUR, GROUPS, SIDE, Kernel, decision, features, within
from wepsam.datasets import Sample
from wepsam.files import replacing, write_json
from wepsam.progress import track

PICTURES, OTHERS = 250, 25  # of each training part: to learn from, and for the comparison
LANDMARKS = 100  # of each group
C = 0.3  # of the support vector machines on kernels
ROUNDS, REST = 30, 1e-3  # of the alternation at most; the change of a weight at which it ends
STUMPS = 100  # of AdaBoost

Groups = Mapping[str, np.ndarray]  # by group, (N, d) features
Machine = Callable[[Groups], np.ndarray]  # -> (N,), the higher, the more it looks looked-at


def main() -> None:
    folder = data.folder(__doc__, "DATA")
    rng = np.random.default_rng(0)
    examples, others = [], []
    for name in data.FIXATIONS:
        samples = data.training_pictures(name, folder)
        order = rng.permutation(len(samples))
        examples += examples_of([samples[k] for k in order[:PICTURES]], rng)
        others += [samples[k] for k in order[PICTURES : PICTURES + OTHERS]]
    pixels = {group: np.concatenate([values[group] for values, _ in examples]) for group in examples[0][0]}
    positive = np.concatenate([sides for _, sides in examples])
    spaces = {group: KernelSpace(values) for group, values in pixels.items()}
    blocks = {group: space(pixels[group]) for group, space in spaces.items()}
    weights, parts = multiple_kernels(list(blocks.values()), positive)
    kernels = {group: spaces[group].kernel(part) for group, part in zip(blocks, parts, strict=True)}
    save(kernels)
    machines = {"MKL": partial(decision, kernels=kernels)} | rivals(pixels, positive)
    for name, groups in {"equal weights": list(blocks), **{f"{group} alone": [group] for group in blocks}}.items():
        parts = summed_kernels([blocks[group] for group in groups], positive)
        alike = {group: spaces[group].kernel(part) for group, part in zip(groups, parts, strict=True)}
        machines[name] = partial(decision, kernels=alike)
    card = {
        "name": "mkl",
        "summary": "Judd's features and class responses, a kernel on each group, weighed by multiple kernel learning.",
        "weights": {group: round(float(weight), 4) for group, weight in zip(blocks, weights, strict=True)},
        "pixels": len(positive),
        "pictures": {"learned from": len(examples), "compared on": len(others)},
        "on_other_training_pictures": mean_scores(machines, others),
        "data": "fixations: training parts of OSIE, DUT-OMRON, EyeCrowd, Scene; class responses: ImageNet",
        "limits": "free viewing of natural photographs for a few seconds",
        "terms": "MIT for these numbers; bases/class_responses.onnx is made from weights under Apache-2.0. The "
        "pictures have their owners' terms; none of them is part of these files.",
        "license": "MIT",
    }
    write_json(data.CONSTANTS / "mkl.json", card)
    print(json.dumps(card, indent=1))


def examples_of(samples: Sequence[Sample], rng: np.random.Generator) -> list[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Some pixels of each picture: by group, (20, d) features, and (20,) whether each is positive."""
    examples = []
    for sample in track(samples, "features"):
        places, positive = sampled_places(maps.enlarge(sample.density(), (JUDD_SIDE, JUDD_SIDE)), rng)
        rows, columns = np.divmod(places, JUDD_SIDE)
        at = rows // 2 * SIDE + columns // 2  # a pixel of `mkl` is 2x2 of Judd's
        examples.append(({group: values[at] for group, values in features(sample.stimulus()).items()}, positive))
    return examples


class KernelSpace:
    """Features in which an approximate RBF kernel on one group's features is linear (Nystroem).

    They have mean 0 and a mean squared norm of 1, so that the weights of groups can be compared.
    """

    def __init__(self, values: np.ndarray) -> None:
        """Choose landmarks among (N, d) features, at random with a fixed seed."""
        self.means, self.deviations = values.mean(axis=0), values.std(axis=0)
        white = self._white(values)
        self._nystroem = Nystroem(gamma=1 / white.shape[1], n_components=LANDMARKS, random_state=0).fit(white)
        raw = self._nystroem.transform(within(white, self._nystroem.components_))
        self._middle = raw.mean(axis=0)
        self._size = float(((raw - self._middle) ** 2).sum(axis=1).mean() ** 0.5)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(N, d) features -> (N, LANDMARKS)."""
        inside = within(self._white(values), self._nystroem.components_)
        return (self._nystroem.transform(inside) - self._middle) / self._size

    def kernel(self, coefficients: np.ndarray) -> Kernel:
        """The sum of the features times (LANDMARKS,) coefficients, but for a constant."""
        weights = self._nystroem.normalization_.T @ coefficients / self._size
        return Kernel(self.means, self.deviations, self._nystroem.components_, weights)

    def _white(self, values: np.ndarray) -> np.ndarray:
        return (values - self.means) / self.deviations


def multiple_kernels(
    blocks: Sequence[np.ndarray], positive: np.ndarray, c: float = C, rounds: int = ROUNDS, rest: float = REST
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Learn the weights of groups of features, and a support vector machine on all of them.

    It minimizes (sum over the groups of |f_g|)² / 2 + c times the sum of squared hinge losses, where f_g are the
    coefficients of a group: the machine whose kernel is the sum of the groups' kernels times weights that add up to 1,
    with the best weights (Rakotomamonjy et al., "SimpleMKL", 2008). By turns (Xu et al., "Simple and Efficient Multiple
    Kernel Learning by Group Lasso", 2010):

        1. with fixed weights, a support vector machine on the features times the square root of their group's weight;
        2. the weight of a group becomes |f_g| divided by the sum of all |f_g|, which is best for these coefficients;
        3. again, until the weights rest.

    No turn raises the objective, which is convex, so this is the optimum.

    Args:
        blocks: (N, n_g) features of each group, of comparable size.
        positive: (N,) bool.
        c: how much an error counts; the smaller, the more groups have no weight.
        rounds: at most.
        rest: the largest change of a weight that ends it.

    Returns:
        (groups,) weights >= 0 that add up to 1, and the coefficients of each group.
    """
    weights = np.full(len(blocks), 1 / len(blocks))
    for _ in range(rounds):
        parts = summed_kernels(blocks, positive, c, weights)
        norms = np.array([np.linalg.norm(part) for part in parts])
        before, weights = weights, norms / norms.sum()
        if np.abs(weights - before).max() < rest:
            break
    return weights, parts


def summed_kernels(
    blocks: Sequence[np.ndarray], positive: np.ndarray, c: float = C, weights: np.ndarray | None = None
) -> list[np.ndarray]:
    """The coefficients of each group in a support vector machine on all features.

    Args:
        blocks: (N, n_g) features of each group.
        positive: (N,) bool.
        c: how much an error counts.
        weights: (groups,) of the groups' kernels; None: all alike, and they add up to 1.
    """
    roots = np.sqrt(np.full(len(blocks), 1 / len(blocks)) if weights is None else weights)
    scaled = np.concatenate([root * block for root, block in zip(roots, blocks, strict=True)], axis=1)
    found = LinearSVC(C=c, dual=False).fit(scaled, positive).coef_[0]  # the primal problem: no random numbers
    parts = np.split(found, np.cumsum([block.shape[1] for block in blocks])[:-1])
    return [root * part for root, part in zip(roots, parts, strict=True)]


def rivals(pixels: Groups, positive: np.ndarray) -> dict[str, Machine]:
    """What the authors compare with: the same features under one linear support vector machine, and under AdaBoost.

    And the linear machine without the class responses, which is Judd's model.
    """
    machines: dict[str, Machine] = {}
    for name, groups in {"linear SVM": list(pixels), "linear SVM, Judd's features": list(GROUPS)}.items():
        white = make_pipeline(StandardScaler(), LinearSVC(dual=False)).fit(together(pixels, groups), positive)
        machines[name] = lambda values, white=white, groups=groups: white.decision_function(together(values, groups))
    stumps = AdaBoostClassifier(n_estimators=STUMPS, random_state=0).fit(together(pixels, list(pixels)), positive)
    machines["AdaBoost"] = lambda values: stumps.decision_function(together(values, list(values)))
    return machines


def together(pixels: Groups, groups: Sequence[str]) -> np.ndarray:
    """(N, d) all features of some groups side by side."""
    return np.concatenate([pixels[group] for group in groups], axis=1)


def mean_scores(machines: Mapping[str, Machine], samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Mean AUC, CC and NSS of each machine's maps with the densities, both at 100x100."""
    rows = []
    for sample in track(samples, "comparison"):
        density, groups = maps.enlarge(sample.density(), (SIDE, SIDE)), features(sample.stimulus())
        made = {name: maps.blur(machine(groups).reshape(SIDE, SIDE), BLUR) for name, machine in machines.items()}
        rows.append({name: scores(maps.to_unit(values), density) for name, values in made.items()})
    return {
        name: {metric: round(float(np.mean([row[name][metric] for row in rows])), 4) for metric in rows[0][name]}
        for name in machines
    }


def scores(saliency_map: np.ndarray, density: np.ndarray) -> dict[str, float]:
    """AUC, CC and NSS of a map, expected for fixations drawn from the density."""
    return {
        "auc": metrics.auc_density(saliency_map, density),
        "cc": metrics.cc(saliency_map, density),
        "nss": metrics.nss_density(saliency_map, density),
    }


def save(kernels: Mapping[str, Kernel]) -> None:
    """Write bases/mkl.npz: arrays of numbers, GROUP/FIELD of each kernel."""
    arrays = {f"{group}/{name}": values for group, kernel in kernels.items() for name, values in vars(kernel).items()}
    with replacing(data.CONSTANTS / "mkl.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{name: values.astype(np.float64) for name, values in arrays.items()})


if __name__ == "__main__":
    main()
