"""MKL's groups of features and its decision, against slow, obvious versions; what the shipped files hold."""

from pathlib import Path

import numpy as np
import pytest

from helpers import Paint
from wepsam.classical import CLASSICAL, FITTED, LEARNED_FROM, CenterBias, judd, mkl
from wepsam.classical.class_responses import class_responses
from wepsam.classical.judd import FEATURES
from wepsam.classical.judd import features as judd_features
from wepsam.classical.mkl import CHUNK, CLASSES, FILE, GROUPS, SIDE, Kernel, decision, features, learned, read
from wepsam.datasets import read_dataset
from wepsam.metrics import auc_judd, cc, nss


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


# ---- the groups


def test_each_feature_of_judd_is_in_one_group(paint: Paint) -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(FEATURES)
    picture = paint(4, 120, 160)
    groups = features(picture)
    assert {group: values.shape[1] for group, values in groups.items()} == {
        **{group: len(names) for group, names in GROUPS.items()},
        CLASSES: len(class_responses(picture)),
    }
    at = {name: full.reshape(SIDE, 2, SIDE, 2) for name, full in zip(FEATURES, judd_features(picture), strict=True)}
    row, column = 31, 77
    for group, name in (("center", "distance to center"), ("color", "blue"), ("itti", "itti color")):
        value = groups[group][row * SIDE + column, GROUPS[group].index(name)]
        assert value == pytest.approx(at[name][row, :, column].mean(), rel=1e-5), name


def test_a_mirrored_picture_has_the_mirrored_features_left_to_right(paint: Paint) -> None:
    """All but Itti's channels, whose peaks are counted anew (test_laws.py)."""
    picture = paint(4, 120, 160)
    image = features(np.ascontiguousarray(picture[:, ::-1]))
    for group, values in features(picture).items():
        if group != "itti":
            expected = values.reshape(SIDE, SIDE, -1)[:, ::-1]
            np.testing.assert_allclose(image[group].reshape(SIDE, SIDE, -1), expected, atol=4e-3, err_msg=group)


def test_a_picture_of_one_color_has_no_class(paint: Paint) -> None:
    groups = features(np.full((40, 60, 3), (200, 30, 77), np.uint8))
    assert not groups[CLASSES].any()
    assert features(paint(4))[CLASSES].any()


# ---- the decision


def test_the_decision_is_the_sum_of_kernels_by_hand(rng: np.random.Generator) -> None:
    kernels = {
        name: Kernel(rng.normal(size=d), rng.uniform(1, 2, d), rng.normal(size=(5, d)), rng.normal(size=5))
        for name, d in (("one", 1), ("three", 3))
    }
    groups = {name: rng.normal(size=(CHUNK + 7, kernel.means.size)) for name, kernel in kernels.items()}
    answers = decision(groups, kernels)
    assert answers.shape == (CHUNK + 7,)
    for pixel in (0, CHUNK - 1, CHUNK, CHUNK + 6):
        total = 0.0
        for name, kernel in kernels.items():
            x = (groups[name][pixel] - kernel.means) / kernel.deviations
            x = np.clip(x, kernel.landmarks.min(axis=0), kernel.landmarks.max(axis=0))
            for landmark, weight in zip(kernel.landmarks, kernel.weights, strict=True):
                total += weight * np.exp(-((x - landmark) ** 2).mean())
        assert answers[pixel] == pytest.approx(total)


# ---- the shipped files


def test_it_is_listed_as_fitted_to_the_training_parts() -> None:
    assert CLASSICAL["mkl"] is mkl
    assert "mkl" in FITTED
    assert LEARNED_FROM["mkl"] == dict.fromkeys(("osie", "dut_omron", "eyecrowd", "scene"), "train")


def test_the_learned_file_holds_numbers_and_no_pickle() -> None:
    with np.load(FILE, allow_pickle=False) as arrays:  # raises if an array needs one
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
    assert list(learned()) == [*GROUPS, CLASSES]
    assert FILE.stat().st_size < 200_000


def test_a_learned_file_with_a_pickle_is_refused(tmp_path: Path) -> None:
    arrays = {
        f"{group}/{field}": values for group, kernel in learned().items() for field, values in vars(kernel).items()
    }
    np.savez(tmp_path / "good.npz", **arrays)
    assert list(read(tmp_path / "good.npz")) == list(learned())
    arrays["itti/weights"] = np.array([{"any": "object"}], object)
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="pickle"):
        read(tmp_path / "bad.npz")


def test_the_shipped_model_beats_judd_and_the_center_bias_where_it_has_not_learned(shared: Path) -> None:
    osie = read_dataset("osie", shared / "data/osie")
    bias = CenterBias(osie.split("train")[::10])
    rows = []
    for sample in list(osie.split("validation"))[4::8]:
        stimulus = sample.stimulus()
        made = (model(stimulus) for model in (mkl, judd, bias))
        rows.append([(auc_judd(m, sample.fixations), cc(m, sample.density()), nss(m, sample.fixations)) for m in made])
    assert len(rows) == 12
    ours, judds, center = np.mean(rows, axis=0)
    assert (ours > judds).all()
    assert (ours > center).all()
