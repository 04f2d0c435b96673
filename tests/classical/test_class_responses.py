"""Class responses: the network that they are from, their components, the file."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from scipy.spatial.distance import pdist

from helpers import Paint
from learn import class_responses as learner
from learn.class_responses import COMPONENTS, ClassNet, components
from wepsam.classical.class_responses import AREA, FILE, class_responses
from wepsam.images import read_image, resize
from wepsam.prediction import onnx_file
from wepsam.shapes import input_shape

CATS = {281, 282, 283, 284, 285}  # ImageNet's tabby, tiger cat, Persian, Siamese and Egyptian cat


@torch.no_grad()
def responses_of_all_classes(picture: np.ndarray) -> np.ndarray:
    """(1000, h, w) by torch, the mean of a picture's and of its mirror image's, as `class_responses` has it."""
    seen = resize(picture, input_shape(*picture.shape[:2], AREA))
    one, other = ClassNet().eval()(torch.from_numpy(np.stack([seen, seen[:, ::-1]]))).numpy()
    return (one + other[:, :, ::-1]) / 2


def test_the_network_names_a_cat(pictures: Path) -> None:
    classes = responses_of_all_classes(read_image(pictures / "chelsea.png")).mean(axis=(1, 2))
    assert classes.argmax() in CATS


def test_the_file_keeps_what_tells_the_places_of_a_picture_apart(paint: Paint) -> None:
    picture = paint(4, 120, 160)
    ours, all_classes = class_responses(picture), responses_of_all_classes(picture)
    assert ours.dtype == np.float32
    assert ours.shape == (COMPONENTS, *all_classes.shape[1:])
    apart = [pdist(values.reshape(len(values), -1).T) for values in (ours, all_classes)]
    assert np.corrcoef(*apart)[0, 1] > 0.8
    assert (apart[0] < 1.05 * apart[1]).all()  # a projection; 8 bits are not quite one


def test_the_mirror_image_has_the_mirrored_responses(paint: Paint) -> None:
    picture = paint(4, 120, 160)
    image = class_responses(np.ascontiguousarray(picture[:, ::-1]))
    np.testing.assert_allclose(image[:, :, ::-1], class_responses(picture), atol=1e-3)


def test_components_are_those_of_all_cells_of_all_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: two directions of large variance among six, and a mean."""
    monkeypatch.setattr(learner, "COMPONENTS", 2)
    rng = np.random.default_rng(3)
    directions = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    mean = np.arange(6.0)
    pictures = [
        (mean[:, None] + directions @ (np.diag([9, 5, 1, 1, 0.5, 0]) @ rng.normal(size=(6, n)))).astype(np.float32)
        for n in (3000, 500, 1500)
    ]
    means, axes, share = components(pictures)
    np.testing.assert_allclose(means, mean, atol=0.5)
    np.testing.assert_allclose(np.abs(axes.numpy() @ directions[:, :2]), np.eye(2), atol=0.03)
    assert share == pytest.approx(106 / 108.25, abs=5e-3)


def test_the_file_is_self_contained_and_small() -> None:
    data = FILE.read_bytes()
    assert len(data) < 4_000_000
    onnx_file.check(data)
    assert [output.name for output in onnx.load_from_string(data).graph.output] == ["class_responses"]
