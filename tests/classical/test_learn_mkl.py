"""How MKL is learned: the weights of the groups against an independent solution, the kernels' features, the script."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.kernel_approximation import Nystroem

from learn import data, mkl
from learn.mkl import KernelSpace, multiple_kernels, summed_kernels
from wepsam.classical.mkl import CARD, CLASSES, GROUPS, SIDE, features, learned, read
from wepsam.datasets import read_dataset

BLOCKS = list[np.ndarray]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def planted(rng: np.random.Generator, *, second: float) -> tuple[BLOCKS, np.ndarray]:
    """Four groups of four features; the second decides, the third a little, the others not at all."""
    blocks = [rng.normal(size=(400, 4)) for _ in range(4)]
    scores = blocks[1] @ [1, -1, 0.5, 0] + second * blocks[2] @ [0, 0, 1, 1]
    return blocks, scores + rng.normal(0, 0.5, 400) > 0


def solved(blocks: BLOCKS, positive: np.ndarray, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and coefficients from the objective itself, by a general optimizer; no weights take part in it."""
    together, signs = np.concatenate(blocks, axis=1), np.where(positive, 1, -1)

    def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
        found, bias = values[:-1].reshape(len(blocks), -1), values[-1]
        norms = np.sqrt((found**2).sum(axis=1) + 1e-12)
        short = np.maximum(0, 1 - signs * (together @ found.ravel() + bias))
        slope = norms.sum() * (found / norms[:, None]).ravel() - 2 * c * together.T @ (signs * short)
        loss = norms.sum() ** 2 / 2 + bias**2 / 2 + c * (short**2).sum()
        return loss, np.append(slope, bias - 2 * c * (signs * short).sum())

    start = np.append(np.full(together.shape[1], 0.01), 0)
    result = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-14})
    norms = np.linalg.norm(result.x[:-1].reshape(len(blocks), -1), axis=1)
    return norms / norms.sum(), result.x[:-1]


@pytest.mark.parametrize("c", [0.01, 0.1])
def test_the_weights_are_those_of_an_independent_solution(rng: np.random.Generator, c: float) -> None:
    blocks, positive = planted(rng, second=0.5)
    weights, parts = multiple_kernels(blocks, positive, c, rounds=100, rest=1e-5)
    expected, coefficients = solved(blocks, positive, c)
    np.testing.assert_allclose(weights, expected, atol=2e-3)
    np.testing.assert_allclose(np.concatenate(parts), coefficients, atol=0.01 * np.abs(coefficients).max())
    assert weights[1] > weights[2] > 5 * max(weights[0], weights[3])


def test_only_an_informative_group_gets_weight(rng: np.random.Generator) -> None:
    blocks, positive = planted(rng, second=0)
    weights, parts = multiple_kernels(blocks, positive, 0.005)
    assert weights[1] > 0.99
    assert weights.sum() == pytest.approx(1)
    assert np.linalg.norm(parts[1]) > 50 * max(np.linalg.norm(parts[k]) for k in (0, 2, 3))
    alike = summed_kernels(blocks, positive, 0.005)  # with equal weights, all groups take part
    assert all(np.linalg.norm(alike[k]) > 10 * np.linalg.norm(parts[k]) for k in (0, 2, 3))


def test_a_group_that_is_there_twice_shares_its_weight(rng: np.random.Generator) -> None:
    blocks, positive = planted(rng, second=0)
    weights, _ = multiple_kernels([blocks[0], blocks[1], blocks[1]], positive, 0.005)
    assert weights[1] == pytest.approx(weights[2], abs=1e-6)
    assert weights[1] + weights[2] > 0.99


def test_kernel_spaces_have_comparable_sizes_and_the_kernels_of_the_model(rng: np.random.Generator) -> None:
    values = rng.normal(3, [1.0, 20.0], (2000, 2))
    space = KernelSpace(values)
    mapped = space(values)
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-9)
    assert (mapped**2).sum(axis=1).mean() == pytest.approx(1)
    coefficients = rng.normal(size=mapped.shape[1])
    kernel = space.kernel(coefficients)
    np.testing.assert_allclose(np.ptp(kernel(values) - mapped @ coefficients), 0, atol=1e-3)  # a constant apart
    # And it is that of scikit-learn: products of the mapped features are the kernel's values.
    white = (values - values.mean(axis=0)) / values.std(axis=0)
    raw = Nystroem(gamma=0.5, n_components=mkl.LANDMARKS, random_state=0).fit_transform(white)[:50]
    squares = ((white[:50, None] - white[None, :50]) ** 2).sum(axis=2)
    np.testing.assert_allclose(raw @ raw.T, np.exp(-squares / 2), atol=0.02)


def test_pixels_carry_their_features(
    own_dataset: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = read_dataset("csv", own_dataset).samples[:2]
    corner = 30 * 200 + 41  # of Judd's 200x200
    monkeypatch.setattr(mkl, "sampled_places", lambda density, rng: (np.array([corner]), np.array([True])))
    _, (pixels, positive) = mkl.examples_of(samples, rng)
    assert positive.tolist() == [True]
    for group, values in features(samples[1].stimulus()).items():
        np.testing.assert_array_equal(pixels[group], values[[15 * SIDE + 20]], err_msg=group)


def test_the_script_learns_and_compares(
    own_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bases").mkdir()
    (tmp_path / "csv").symlink_to(own_dataset)
    monkeypatch.setattr(data, "CONSTANTS", tmp_path / "bases")
    monkeypatch.setattr(data, "FIXATIONS", ("csv",))
    for name, value in {"PICTURES": 8, "OTHERS": 3, "LANDMARKS": 20, "STUMPS": 3, "ROUNDS": 2}.items():
        monkeypatch.setattr(mkl, name, value)
    monkeypatch.setattr("sys.argv", ["learn.mkl", str(tmp_path)])
    mkl.main()
    card = json.loads((tmp_path / "bases/mkl.json").read_text())
    assert set(card["weights"]) == {*GROUPS, CLASSES}
    assert sum(card["weights"].values()) == pytest.approx(1, abs=1e-3)
    assert {"MKL", "equal weights", "linear SVM", "AdaBoost", "center alone"} < set(card["on_other_training_pictures"])
    trained = len(data.training_pictures("csv", tmp_path))  # validation pictures take no part
    assert 8 < trained < 12
    assert card["pictures"] == {"learned from": 8, "compared on": trained - 8}
    kernels = read(tmp_path / "bases/mkl.npz")
    assert all(len(kernel.landmarks) == 20 for kernel in kernels.values())
    assert '"weights"' in capsys.readouterr().out


def test_the_shipped_card_is_that_of_the_shipped_kernels() -> None:
    card = json.loads(CARD.read_text())
    assert list(card["weights"]) == list(learned())
    assert card["pictures"] == {"learned from": 4 * mkl.PICTURES, "compared on": 4 * mkl.OTHERS}
    assert all(len(kernel.landmarks) == mkl.LANDMARKS for kernel in learned().values())
