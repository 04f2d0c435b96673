import csv
import json
import tempfile

import numpy as np
import pytest
from PIL import Image

from video_samples import make, spot
from wepsam.datasets import DatasetError
from wepsam.datasets.clips import is_clips, open_clips
from wepsam.evaluation.score import evaluate_all
from wepsam.video.attention import attend_clip

PLACES = {"left": (18, 4), "right": (18, 48)}  # where the square stands


def redness(stimulus: np.ndarray) -> np.ndarray:
    return np.maximum(stimulus[..., 0].astype(np.float32) - stimulus[..., 1], 0) ** 2 + 1


@pytest.fixture
def folder(tmp_path):
    """Two clips of a second, each with a square that four observers look at; one glance goes beside the clip."""
    (tmp_path / "clips").mkdir()
    with (tmp_path / "fixations.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["video", "observer", "t_ms", "duration_ms", "x", "y"])
        for name, (row, column) in PLACES.items():
            make(tmp_path / "clips" / f"{name}.mp4", [spot((row, column))] * 10)
            writer.writerows([name, who, 300 * k, 300, column + 4 + who, row + 5] for who in range(4) for k in range(3))
        writer.writerow(["left", 0, 100, 100, 700, 10])
    return tmp_path


def test_a_model_beside_the_center_motion_and_people(folder, tmp_path):
    found = {
        result.about["model"]: result
        for _, result in evaluate_all(redness, f"mine={folder}", tmp_path / "out", sigma=6, references=True, workers=1)
    }
    assert set(found) == {"redness", "center-bias", "motion", "half-of-observers"} - {"redness"} | {"model"}
    nss = {name: result.mean()["nss"] for name, result in found.items()}
    assert nss["model"] > 2
    assert nss["half-of-observers"] > 2
    assert nss["center-bias"] < 0  # that of the other clip, whose square stands elsewhere
    assert found["model"].mean()["info_gain"] > 1
    assert found["center-bias"].mean()["info_gain"] == 0
    assert [row["id"] for row in found["model"].rows] == ["left", "right"]
    saved = json.loads((tmp_path / "out" / "mine-all" / "model.json").read_text())
    assert (saved["pictures"], saved["unit"]) == (2, "clips")


def test_dhf1k(tmp_path):
    (tmp_path / "video").mkdir()
    for number in (1, 601):
        make(tmp_path / "video" / f"{number:03d}.AVI", [spot((10, 10))] * 6, 30, codec="mpeg4")
        place = tmp_path / "annotation" / f"{number:04d}" / "fixation"
        place.mkdir(parents=True)
        for frame in range(1, 7):
            points = np.zeros((48, 64), np.uint8)
            points[20, 5 + frame] = 255
            Image.fromarray(points).save(place / f"{frame:04d}.png")
    spec = f"dhf1k={tmp_path}"
    assert is_clips(spec)
    assert [s.id for s in open_clips(spec).samples] == ["0601"]
    (sample,) = open_clips(spec, "train").samples
    looks = sample.read()
    assert looks.points.tolist() == [[5 + k, 20] for k in range(1, 7)]
    assert looks.begin == pytest.approx(np.arange(6) / 30)
    assert looks.observers is None
    assert len(open_clips(spec, "all").samples) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,x,y\na,1,2\n", "no column t_ms"),
        ("video,t_ms,x,y\na,one,2,3\n", "not a table of fixations"),
        ("video,t_ms,x,y\nother,1,2,3\n", "fixations of 'other'"),
        ("video,t_ms,x,y\n", "no all clips with fixations"),
    ],
)
def test_tables_that_cannot_be_are_one_line(tmp_path, text, message):
    (tmp_path / "clips").mkdir()
    make(tmp_path / "clips" / "a.mp4", [spot((1, 1))] * 2)
    (tmp_path / "fixations.csv").write_text(text)
    with pytest.raises(DatasetError, match=message) as error:
        open_clips(f"mine={tmp_path}")
    assert "\n" not in str(error.value)


def test_pictures_are_no_clips(tmp_path):
    assert not is_clips(f"pages={tmp_path}")
    assert not is_clips("nothing")


class Interrupted(Exception):
    pass


def stopping_after(frames):
    """The model above, until so many frames have been seen."""
    seen = 0

    def model(stimulus):
        nonlocal seen
        seen += 1
        if seen > frames:
            raise Interrupted
        return redness(stimulus)

    return model


def scored(model, folder, out):
    found = evaluate_all(model, f"mine={folder}", out, sigma=6, references=True, workers=1)
    return {result.about["model"]: result.rows for _, result in found}


def test_an_interrupted_evaluation_goes_on_to_the_same_result(folder, tmp_path):
    whole = scored(redness, folder, tmp_path / "whole")
    out = tmp_path / "out"
    with pytest.raises(Interrupted):
        scored(stopping_after(15), folder, out)  # ten frames are the first clip
    kept = out / "mine-all" / ".model.partial.csv"
    assert len(kept.read_text().splitlines()) == 1 + 1
    first = next(evaluate_all(stopping_after(10), f"mine={folder}", out, sigma=6, references=True, workers=1))
    assert first[1].rows == whole["model"]
    # The model is done, its references are not: it is not asked again.
    assert scored(stopping_after(0), folder, out) == whole
    assert not [path.name for path in kept.parent.iterdir() if path.name.startswith(".")]


def test_nothing_lies_among_temporary_files_meanwhile(folder, tmp_path, monkeypatch):
    """So that who is killed leaves nothing there."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    found = []

    def model(stimulus):
        found.extend(place.iterdir())
        return redness(stimulus)

    scored(model, folder, tmp_path / "out")
    attend_clip(folder / "clips" / "left.mp4", model=model, workers=1)
    assert not found


@pytest.mark.parametrize("change", ["clip", "looks", "sigma"])
def test_rows_are_made_again_when_what_they_depend_on_has_changed(folder, tmp_path, change):
    with pytest.raises(Interrupted):
        scored(stopping_after(15), folder, tmp_path / "out")
    if change == "clip":
        make(folder / "clips" / "left.mp4", [spot((2, 30))] * 10)
    if change == "looks":
        with (folder / "fixations.csv").open("a") as file:
            file.write("left,1,500,300,40,30\n")
    options = {"sigma": 7 if change == "sigma" else 6, "workers": 1}
    whole = next(evaluate_all(redness, f"mine={folder}", tmp_path / "whole", **options))[1].rows
    again = next(evaluate_all(stopping_after(20), f"mine={folder}", tmp_path / "out", **options))[1].rows
    assert again == whole
