"""GBVS against the authors' toolbox, against an iterated chain, and its laws."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import ROOT
from wepsam.classical import gbvs
from wepsam.classical.gbvs import activation, features, graph_normalization
from wepsam.images import read_image, resize

GOLDEN = np.load(ROOT / "tests/golden/gbvs/public.npz")
NAMES = sorted({key.split(".")[0] for key in GOLDEN.files})
Named = tuple[str, np.ndarray]  # a public picture
FILES = {"hubble_deep_field": "hubble_deep_field.jpg", "rocket": "rocket.jpg", "immunohistochemistry": "ihc.png"}


def cc(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def picture(pictures: Path, request: pytest.FixtureRequest) -> Named:
    rgb = read_image(pictures / FILES.get(request.param, f"{request.param}.png"))
    if hashlib.sha256(rgb.tobytes()).hexdigest() != GOLDEN[f"{request.param}.sha256"]:
        pytest.skip(f"{request.param} decodes to other pixels here than when the golden map was made")
    return request.param, rgb


@pytest.mark.parametrize("picture", NAMES, indirect=True)
@pytest.mark.parametrize(
    ("size", "normalization", "key"),
    [(128, "power", "s128_exact"), (None, "power", "full_exact"), (128, "graph", "s128_graphnorm"),
     (None, "graph", "full_graphnorm")],
)  # fmt: skip
def test_is_the_toolbox_run_to_convergence(picture: Named, size: int | None, normalization: str, key: str) -> None:
    name, rgb = picture
    expected = GOLDEN[f"{name}.{key}"]
    for dtype in (np.float64, np.float32):
        ours = gbvs(rgb, size=size, normalization=normalization, full_size=False, dtype=dtype)
        assert ours.dtype == dtype
        assert np.abs(ours - expected).max() < 1e-3
        assert cc(ours, expected) > 0.99999


@pytest.mark.parametrize("picture", NAMES, indirect=True)
def test_the_toolbox_stops_a_little_early_by_default(picture: Named) -> None:
    name, rgb = picture
    ours, default = gbvs(rgb, size=128, full_size=False), GOLDEN[f"{name}.s128_default_tol"]
    assert cc(ours, default) > 0.999
    assert np.abs(ours - default).max() < 0.05


@pytest.mark.parametrize("folder", ["osie", "osie128"])
def test_is_the_toolbox_on_osie(shared: Path, folder: str) -> None:
    golden = sorted((shared / "golden/gbvs" / folder).glob("*.npz"))
    assert golden
    for path in golden:
        case = np.load(path)
        if "input_rgb" in case:
            rgb = case["input_rgb"]
        else:
            rgb = np.asarray(Image.open(io.BytesIO(case["input_jpeg_bytes"].tobytes())).convert("RGB"))
            if hashlib.sha256(rgb.tobytes()).hexdigest() != case["input_rgb_sha256"]:
                continue  # another JPEG decoder
        for dtype in (np.float64, np.float32):
            ours = gbvs(rgb, full_size=False, dtype=dtype)
            assert np.abs(ours - case["master_map_exact"]).max() < 0.003, path
            assert cc(ours, case["master_map_exact"]) > 0.99999, path
        graph = gbvs(rgb, full_size=False, normalization="graph")
        assert np.abs(graph - case["master_map_norm2_exact"]).max() < 0.003, path
        if "raw_features" not in case:
            continue
        ours, raw = features(rgb, np.float64), case["raw_features"]
        # Additive constants of the color axes are not ours to know: they cancel in |M_i - M_j|.
        off = (ours - ours.mean((1, 2), keepdims=True)) - (raw - raw.mean((1, 2), keepdims=True))
        assert (np.abs(off).max((1, 2)) / np.ptp(raw, axis=(1, 2))).max() < 1e-3, path
        assert np.abs(activation(raw) - case["act_exact"]).max() < 1e-9, path
        assert np.abs(graph_normalization(case["act_exact"]) - case["graphnorm_exact"]).max() < 1e-8, path


def test_activation_is_the_stationary_distribution_of_the_chain() -> None:
    """A chain built node by node and iterated until nothing moves."""
    values = np.random.default_rng(0).random((5, 7))
    h, w = values.shape
    sigma = 0.15 * (h + w) / 2
    at = [(r, c) for r in range(h) for c in range(w)]
    weights = np.array(
        [
            [
                abs(values[i] - values[j]) * np.exp(-((i[0] - j[0]) ** 2 + (i[1] - j[1]) ** 2) / (2 * sigma**2))
                for j in at
            ]
            for i in at
        ]
    )
    transition = weights / weights.sum(axis=1, keepdims=True)
    pi = np.full(h * w, 1 / (h * w))
    for _ in range(5000):
        pi = pi @ transition
    assert np.abs(activation(values[None]).ravel() - pi).max() < 1e-12


def test_graph_normalization_is_stationary_too() -> None:
    a = np.random.default_rng(1).random((6, 6))
    a /= a.sum()
    sigma = 0.06 * 6
    d2 = (np.arange(6)[:, None] - np.arange(6)) ** 2
    falloff = np.exp(-d2 / (2 * sigma**2))
    weights = np.einsum("ik,jl,kl->ijkl", falloff, falloff, a).reshape(36, 36)
    transition = weights / weights.sum(axis=1, keepdims=True)
    pi = np.full(36, 1 / 36)
    for _ in range(20000):
        pi = pi @ transition
    assert np.abs(graph_normalization(a).ravel() - pi).max() < 1e-8


def test_mirrors_with_its_picture(rng: np.random.Generator) -> None:
    rgb = resize(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8), (160, 192))
    for flip in (np.s_[:, ::-1], np.s_[::-1]):
        assert np.abs(gbvs(np.ascontiguousarray(rgb[flip])) - gbvs(rgb)[flip]).max() < 2e-3


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_uniform_picture_has_nothing_salient(level: int) -> None:
    saliency_map = gbvs(np.full((140, 200, 3), level, np.uint8))
    assert saliency_map.shape == (140, 200)
    assert not saliency_map.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (127, 129), (128, 128), (130, 1000), (333, 150)])
def test_any_size_gives_a_map_of_that_size(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    for size in (None, 128):
        saliency_map = gbvs(rgb, size=size)
        assert saliency_map.shape == shape
        assert saliency_map.dtype == np.float32
        assert np.isfinite(saliency_map).all()
        assert saliency_map.min() >= 0
        assert saliency_map.max() <= 1


def test_black_picture_with_one_bright_dot_is_salient_there() -> None:
    rgb = np.zeros((128, 128, 3), np.uint8)
    rgb[80:88, 40:48] = 255
    row, column = np.unravel_index(gbvs(rgb).argmax(), (128, 128))
    assert abs(row - 84) < 10
    assert abs(column - 44) < 10


@pytest.mark.parametrize("bad", [np.zeros((10, 10), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 5, 3), np.uint8)])
def test_says_what_it_takes(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8 RGB"):
        gbvs(bad)


def test_unknown_normalization(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="power"):
        gbvs(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8), normalization="none")
