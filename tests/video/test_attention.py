import errno
import io
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import wepsam
from video_samples import make, moving, spot
from wepsam.attention.areas import AreaError
from wepsam.cli import app
from wepsam.video.attention import attend_clip
from wepsam.video.maps_in_time import MapsInTime
from wepsam.video.moving_areas import read_moving

LEFT, RIGHT = ({"label": label, "box": box} for label, box in (("left", [0, 0, 0.5, 1]), ("right", [0.5, 0, 1, 1])))


def redness(stimulus: np.ndarray) -> np.ndarray:
    return np.maximum(stimulus[..., 0].astype(np.float32) - stimulus[..., 1], 0) ** 2 + 1e-3


@pytest.fixture
def path(tmp_path):
    """The square stands on the left for a second, then on the right for a second, on another ground."""
    left, right = spot((18, 4)), spot((18, 48))
    right[:, :40] = 250
    return make(tmp_path / "clip.mp4", [left] * 10 + [right] * 10)


def test_fixed_areas_in_time_and_in_scenes(path):
    found = attend_clip(path, [LEFT, RIGHT], model=redness)
    left, right = found.areas
    assert found.seconds == pytest.approx(2, abs=0.01)
    assert [scene for pair in found.scenes for scene in pair] == pytest.approx([0, 1, 1, 2], abs=0.01)
    assert left.share == pytest.approx(0.5, abs=0.03)
    assert left.share + right.share + found.elsewhere == pytest.approx(1, abs=1e-6)
    assert [round(found.in_scene(left, scene)) for scene in found.scenes] == [1, 0]
    assert left.peak_time < 0.95 < right.peak_time
    assert left.seen_by < 1 < right.seen_by
    assert left.present == left.surface * 2 == 1


def test_an_area_moves_between_key_frames_and_goes(tmp_path):
    def key(time, left):
        return {"time": time, "areas": [{"label": "ball", "box": [left, 0, left + 0.25, 1]}]}

    given = {"key_frames": [key(0, 0), key(1, 0.5), {"time": 2, "areas": []}]}
    (ball,) = read_moving(given, (48, 64), "clip.mp4")
    assert ball.at(0.5).box == pytest.approx((0.25, 0, 0.5, 1))
    assert ball.at(1.5).box == pytest.approx((0.5, 0, 0.75, 1))
    assert ball.at(2) is None
    path = make(tmp_path / "clip.mp4", moving(10))  # the square goes from 0.03 to 0.59 of the width
    (followed,) = attend_clip(path, given, model=redness).areas
    (stays,) = attend_clip(path, [{"label": "ball", "box": [0, 0, 0.25, 1]}], model=redness).areas
    assert followed.share > 0.7 > stays.share


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([], "key_frames is"),
        ([{"areas": []}], "key frame 1 is"),
        ([{"time": "a", "areas": []}], "key frame 1 is"),
        ([{"time": 1, "areas": []}, {"time": 1, "areas": []}], "sort them"),
        ([{"time": 0, "areas": [{"label": "x", "box": [0, 0]}]}], "box"),
        ([{"time": 0, "areas": 7}], "the areas of key frame 1 are 7"),
        ([{"time": 0, "areas": "areas.json"}], "the areas of key frame 1 are 'areas.json'"),
    ],
)
def test_what_is_no_key_frame_is_one_line(keys, message):
    with pytest.raises(AreaError, match=message) as error:
        read_moving({"key_frames": keys}, (48, 64), "clip.mp4")
    assert "\n" not in str(error.value)


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: Full())
    with MapsInTime((2, 2), tmp_path) as stored, pytest.raises(OSError, match="No space left") as error:
        stored.add(0.0, np.ones((2, 2)), True)
    assert error.value.filename == str(tmp_path)


def test_areas_that_come_and_go(tmp_path):
    """An area has the key frames in which it is there, and the first without it."""
    left, right = ({"label": label, "box": [x, 0, x + 0.5, 1]} for label, x in (("left", 0), ("right", 0.5)))
    keys = [[left], [left, right], [right], [], [], [left]]
    given = {"key_frames": [{"time": time, "areas": areas} for time, areas in enumerate(keys)]}
    first, second = read_moving(given, (48, 64), "clip.mp4")
    assert (first.times, second.times) == ((0, 1, 2, 5), (1, 2, 3))
    there = [[area.at(time) is not None for time in (0, 0.9, 1, 1.5, 2, 2.9, 3, 4.9, 5, 9)] for area in (first, second)]
    assert there[0] == [True, True, True, True, False, False, False, False, True, True]
    assert there[1] == [False, False, True, True, True, True, False, False, False, False]


def test_a_clip_has_as_many_areas_as_a_picture():
    """Each key frame may have others: their number times that of the key frames would fill the memory."""
    keys = [
        {"time": time, "areas": [{"label": f"{time} {n}", "box": [0, 0, 1, 1]} for n in range(100)]}
        for time in range(6)
    ]
    assert len(read_moving({"key_frames": keys[:5]}, (48, 64), "clip.mp4")) == 500
    with pytest.raises(AreaError, match=r"^clip.mp4 has 600 areas with labels of their own, expected at most 500$"):
        read_moving({"key_frames": keys}, (48, 64), "clip.mp4")


def test_areas_and_report_of_a_clip(path, tmp_path):
    (tmp_path / "areas.json").write_text(json.dumps([LEFT | {"label": "<b>=left"}, RIGHT]))
    asked = ["areas", str(path), "--areas", str(tmp_path / "areas.json"), "--quality", "fast"]
    printed = CliRunner().invoke(app, asked)
    assert printed.exit_code == 0
    assert "scene 2, 1.0 to 2.0 s" in printed.output
    said = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert len(said["times"]) == len(said["areas"][0]["shares"]) == 20
    assert [scene["begin"] for scene in said["scenes"]] == [0, 1]

    (tmp_path / "bad.mp4").write_bytes(b"no clip")
    out = tmp_path / "report"
    done = wepsam.report([path, tmp_path / "bad.mp4"], out, tmp_path / "areas.json", model=redness)
    assert len(done.failed) == 1
    page = done.page.read_text()
    assert "<b>=left" not in page
    assert 'src="http' not in page
    assert json.loads(done.numbers.read_text())["clips"][0]["areas"][1]["label"] == "right"
    assert done.table.read_text().splitlines()[1].startswith("clip.mp4,")
    again = wepsam.report(path, out, model=redness)  # ours is replaced
    assert not again.failed
    assert not again.warnings
    asked_for_pictures = wepsam.report(path, out, model=redness, viewers=30, fixations=4)
    assert asked_for_pictures.warnings == (
        "not used for clips, which have no intervals and percentiles: viewers, fixations",
    )
    seconds = CliRunner().invoke(app, [*asked, "--seconds", "5"])
    assert seconds.stdout == printed.stdout
    assert seconds.stderr.splitlines()[-1].endswith("percentiles: seconds")
    with pytest.raises(ValueError, match="pictures or about clips"):
        wepsam.report(path, out, model=redness, as_pdf=True)
