"""Submissions: written as the boards take them, and each mistake found."""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Write
from wepsam.classical import center_gaussian
from wepsam.evaluation import submit
from wepsam.evaluation.submission import check, read_stimuli


@pytest.fixture
def unseen(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """As CAT2000 has them, in folders by category where names repeat, one of another size."""
    for id, shape in (("Action/001.jpg", (20, 30)), ("Art/001.jpg", (24, 18)), ("Art/Output/001.jpg", (20, 30))):
        write(tmp_path / "test" / id, paint(1, *shape))
    return tmp_path / "test"


@pytest.fixture
def coco(tmp_path: Path, paint: Paint, write: Write) -> Path:
    for number in (42, 1000):
        write(tmp_path / "coco" / f"COCO_test2014_{number:012d}.jpg", paint(number, 48, 64))
    return tmp_path / "coco"


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_pngs_are_divided_not_stretched(unseen: Path, tmp_path: Path) -> None:
    submit(center_gaussian, unseen, tmp_path / "out", benchmark="cat2000")
    assert names(tmp_path / "out") == ["Action/001.png", "Art/001.png"]
    with Image.open(tmp_path / "out" / "Art" / "001.png") as picture:
        assert (picture.mode, picture.size) == ("L", (18, 24))
        values = np.asarray(picture)
    expected = center_gaussian(np.zeros((24, 18, 3), np.uint8))
    np.testing.assert_allclose(values / 255, expected / expected.max(), atol=0.5 / 255 + 1e-6)
    assert values.min() > 0
    assert check(tmp_path / "out", unseen, "cat2000") == []


def test_npy_keeps_the_values_and_log_densities_sum_to_1(unseen: Path, tmp_path: Path) -> None:
    def half(stimulus: np.ndarray) -> np.ndarray:  # nothing on the left
        return np.where(np.arange(stimulus.shape[1]) < 9, 0, center_gaussian(stimulus))

    submit(half, unseen, tmp_path / "npy", benchmark="mit300", form="npy")
    submit(half, unseen, tmp_path / "log", benchmark="mit300", form="log-density")
    plain, log = (np.load(tmp_path / kind / "Art" / "001.npy") for kind in ("npy", "log"))
    np.testing.assert_array_equal(plain, half(np.zeros((24, 18, 3))).astype(np.float32))
    assert np.isfinite(log).all()
    assert np.exp(log.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(np.exp(log), plain / plain.sum(), atol=1e-5)
    for kind in ("npy", "log"):
        assert check(tmp_path / kind, unseen, "mit300") == []


def test_salicon_json(coco: Path, tmp_path: Path) -> None:
    (path,) = submit(center_gaussian, coco, tmp_path / "out", benchmark="salicon")
    entries = json.loads(path.read_text())
    assert [entry["image_id"] for entry in entries] == [42, 1000]
    with Image.open(io.BytesIO(base64.b64decode(entries[0]["saliency_map"]))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (64, 48))
    assert check(tmp_path / "out", coco, "salicon") == []
    submit(center_gaussian, coco, tmp_path / "pngs", benchmark="salicon", form="png")
    assert check(tmp_path / "pngs", coco, "salicon") == []


def test_maps_of_another_tool_become_a_submission(unseen: Path, tmp_path: Path) -> None:
    for id, shape in (("Action", (20, 30)), ("Art", (24, 18))):
        (tmp_path / "theirs" / id).mkdir(parents=True)
        np.save(tmp_path / "theirs" / id / "001.npy", np.full(shape, 3.0))
    submit(tmp_path / "theirs", unseen, tmp_path / "out", benchmark="cat2000", form="npy")
    assert np.load(tmp_path / "out" / "Art" / "001.npy").max() == 3


def test_each_mistake_is_a_line(unseen: Path, tmp_path: Path, write: Write) -> None:
    out = tmp_path / "out"
    submit(center_gaussian, unseen, out, benchmark="mit300", form="log-density")
    good = np.load(out / "Art" / "001.npy")
    np.save(out / "Art" / "001.npy", good + 0.01)
    (line,) = check(out, unseen, "mit300")
    assert line.endswith("has negative values, but as a log-density its logsumexp is 0.01, expected 0")
    np.save(out / "Art" / "001.npy", good + 0.0005)
    assert check(out, unseen, "mit300") == []
    np.save(out / "Art" / "001.npy", np.exp(good))
    assert check(out, unseen, "mit300") == ["1 log-densities (Action/001, ...) beside 1 maps (Art/001, ...)"]
    np.save(out / "Art" / "001.npy", good.T)
    (out / "Action" / "001.npy").unlink()
    write(out / "Action" / "002.png", np.zeros((20, 30), np.uint8))
    assert check(out, unseen, "mit300") == [
        "Action/002.png: no stimulus has this name",
        f"{out}/Art/001.npy is 24x18, its stimulus 18x24",
        "Action/001.jpg: no map",
    ]
    (out / "Action" / "002.png").rename(out / "Action" / "001.png")
    np.save(out / "Action" / "001.npy", np.ones((20, 30)))
    (out / "Art" / "001.npy").unlink()
    Image.fromarray(np.ones((24, 18), np.uint16)).save(out / "Art" / "001.png")
    assert check(out, unseen, "mit300") == [
        "Action/001.npy, Action/001.png: more than one file for one stimulus",
        f"{out}/Art/001.png has more than 8 bit",
    ]
    (out / "Action" / "001.npy").unlink()
    (out / "Art" / "001.png").write_bytes(b"no picture")
    (line,) = check(out, unseen, "mit300")
    assert "001.png cannot be read" in line


def test_mistakes_in_a_json(coco: Path, tmp_path: Path) -> None:
    (path,) = submit(center_gaussian, coco, tmp_path / "out", benchmark="salicon")
    first, second = json.loads(path.read_text())

    def wrong(*entries: object) -> list[str]:
        path.write_text(json.dumps(entries))
        return check(path.parent, coco, "salicon")

    assert wrong(first, first, second) == ["image_id 42: twice"]
    assert wrong(first, second, second | {"image_id": 7}) == ["image_id 7: no stimulus has this name"]
    assert wrong(first) == ["COCO_test2014_000000001000.jpg: no map"]
    assert wrong(first, second | {"saliency_map": "AAAA"}) == ["image_id 1000: saliency_map is not a PNG in base64"]
    small = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(small, "PNG")
    text = base64.b64encode(small.getvalue()).decode()
    assert wrong(first, second | {"saliency_map": text}) == ["image_id 1000: 4x4, its stimulus 64x48"]
    (line,) = wrong("nothing")
    assert "is not a list of {image_id, saliency_map}" in line


def test_what_cannot_be_submitted(unseen: Path, tmp_path: Path, write: Write) -> None:
    with pytest.raises(ValueError, match="benchmarks are mit300, cat2000, salicon, not 'mit'"):
        submit(center_gaussian, unseen, tmp_path / "out", benchmark="mit")
    with pytest.raises(ValueError, match="salicon takes json, png, not 'npy'"):
        submit(center_gaussian, unseen, tmp_path / "out", benchmark="salicon", form="npy")
    with pytest.raises(ValueError, match="is not empty"):
        submit(center_gaussian, unseen, unseen, benchmark="mit300")
    with pytest.raises(ValueError, match="expected"):
        submit(lambda stimulus: np.ones((2, 2)), unseen, tmp_path / "out", benchmark="mit300")
    write(unseen / "Art" / "001.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match=r"has both 001.jpg and 001.png"):
        read_stimuli(unseen)


def test_a_model_by_name_packed_and_checked(unseen: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = tmp_path / "mine"
    *maps, archive = submit("center-gaussian", str(unseen), str(out), benchmark="cat2000", zip=True)
    assert maps == [out / "Action" / "001.png", out / "Art" / "001.png"]
    assert archive == tmp_path / "mine.zip"
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == ["Action/001.png", "Art/001.png"]
    (out / "Art" / "001.png").unlink()
    assert check(str(out), str(unseen), "cat2000") == ["Art/001.jpg: no map"]
    assert caplog.messages == [f"{unseen} has 2 pictures, cat2000 has 2000"]
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        check(tmp_path / "nowhere", unseen, "cat2000")


@pytest.mark.parametrize("reference", ["one-observer", "center-bias"])
def test_references_cannot_be_submitted(unseen: Path, tmp_path: Path, reference: str) -> None:
    with pytest.raises(ValueError, match=f"{reference} needs fixations, and those of test pictures are not published"):
        submit(reference, unseen, tmp_path / "new", benchmark="mit300")
    assert not (tmp_path / "new").exists()


def test_answers_that_are_none_are_lines(tmp_path: Path, write: Write) -> None:
    """A PNG of gigabytes, another format, bytes, infinite numbers, deep nesting, a pipe."""
    name = "COCO_test2014_000000000042"
    write(tmp_path / "stimuli" / f"{name}.png", np.zeros((8, 9, 3), np.uint8))
    out = tmp_path / "out"
    out.mkdir()
    sample = {"image_id": 42}
    large, gif = (io.BytesIO() for _ in range(2))
    Image.new("L", (12_000, 12_000)).save(large, "PNG")
    Image.new("L", (9, 8)).save(gif, "GIF")
    for content in (large.getvalue(), gif.getvalue(), b"x", b""):
        entry = sample | {"saliency_map": base64.b64encode(content).decode()}
        (out / "results.json").write_text(json.dumps([entry]))
        lines = check(out, tmp_path / "stimuli", "salicon")
        assert lines[0].startswith("image_id 42: ")
        assert all(len(line.splitlines()) == 1 for line in lines)
    for text in ("[" * 100_000, '[{"image_id": Infinity, "saliency_map": ""}]', "5", "[5]", "\xff"):
        (out / "results.json").write_bytes(text.encode("latin-1"))
        (line,) = check(out, tmp_path / "stimuli", "salicon")
        assert "is not a list of {image_id, saliency_map} (" in line
    (out / "results.json").unlink()
    os.mkfifo(out / "results.json")
    assert "not a regular file" in check(out, tmp_path / "stimuli", "salicon")[0]
