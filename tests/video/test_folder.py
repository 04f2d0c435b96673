import io

import av
import numpy as np
import pytest

import wepsam
from video_samples import make, moving, spot
from wepsam.images import save_image
from wepsam.prediction.drawing import Style
from wepsam.video.maps_in_time import Between, MapsInTime
from wepsam.video.pictures import write_overlay
from wepsam.video.reading import frames
from wepsam.video.scenes import Cuts
from wepsam.video.watching import watch


def redness(stimulus: np.ndarray) -> np.ndarray:
    """A model that looks at what is red."""
    return np.maximum(stimulus[..., 0].astype(np.float32) - stimulus[..., 1], 0) + 1


def audio(path) -> list[tuple[str, float]]:
    with av.open(str(path)) as file:
        return [(s.codec_context.name, float(s.duration * s.time_base)) for s in file.streams.audio]


def test_a_clip_gives_a_clip_and_maps_in_time(tmp_path):
    path = make(tmp_path / "clip.mp4", moving(20), 20, sound="aac")
    done = wepsam.predict(path, tmp_path / "out", model=redness, save="map,overlay,npz")
    assert done.clips == [str(path)]
    assert not done.failed
    assert set(done.written[str(path)]) == {"overlay", "npz", "sheet", "timeline"}
    with np.load(tmp_path / "out" / "clip.npz") as saved:
        maps, times = saved["maps"], saved["times"]
    assert maps.shape == (10, 72, 96)
    assert maps.dtype == np.float32
    assert maps.sum((1, 2), dtype=float) == pytest.approx(1, abs=1e-5)
    assert times == pytest.approx(np.arange(10) / 10)
    columns = (maps.sum(1) * (np.arange(96) + 0.5)).sum(1) / 96
    assert (np.diff(columns)[:5] > 0).all()  # it follows the square
    overlay = tmp_path / "out" / "clip_overlay.mp4"
    assert [f.time for f in frames(overlay)] == pytest.approx(np.arange(20) / 20)
    assert audio(overlay)[0] == ("aac", pytest.approx(1, abs=0.1))
    with av.open(str(overlay)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


def test_sound_that_mp4_does_not_take_is_encoded_again(tmp_path):
    path = make(tmp_path / "clip.mkv", moving(20), 10, codec="mpeg4", sound="pcm_s16le")
    wepsam.predict(path, tmp_path, model=redness, save="overlay")
    assert audio(tmp_path / "clip_overlay.mp4")[0] == ("aac", pytest.approx(2, abs=0.1))


@pytest.mark.parametrize(("kind", "names"), [("mp4", ("h264", "aac")), ("webm", ("vp9", "opus"))])
def test_a_clip_for_browsers_in_memory(tmp_path, kind, names):
    path = make(tmp_path / "clip.mkv", moving(20), 20, sound="ac3")
    wepsam.predict(path, tmp_path, model=redness, save="overlay")
    assert audio(tmp_path / "clip_overlay.mp4")[0][0] == "ac3"  # of a file it is kept
    into = io.BytesIO()
    with watch(path.read_bytes(), redness, None) as watched:
        write_overlay(watched, into, Style(), kind=kind, for_browsers=True)
    with av.open(io.BytesIO(into.getvalue())) as file:
        assert tuple(stream.codec_context.name for stream in file.streams) == names
        assert float(file.duration) / 1e6 == pytest.approx(1, abs=0.15)
    assert [frame.time for frame in frames(into.getvalue())] == pytest.approx(np.arange(20) / 20, abs=0.001)


@pytest.mark.parametrize("shape", [(47, 63), (1, 1), (2, 31)])
def test_overlays_have_even_sides(tmp_path, shape):
    frame = np.full((*shape, 3), 120, np.uint8)
    path = make(tmp_path / "clip.mkv", [frame] * 3, codec="ffv1", pixels="yuv444p")
    done = wepsam.predict(path, tmp_path, model=redness)
    assert not done.failed
    drawn = next(frames(tmp_path / "clip_overlay.mp4")).pixels
    assert drawn.shape[:2] == tuple(side + side % 2 for side in shape)


def test_an_overlay_is_upright_and_keeps_a_variable_rate(tmp_path):
    times = [0.0, 0.05, 0.5, 0.6]
    path = make(tmp_path / "clip.mp4", moving(4), rotation=90, times=times)
    wepsam.predict(path, tmp_path, model=redness, save="overlay", fps=5)
    found = list(frames(tmp_path / "clip_overlay.mp4"))
    assert [f.time for f in found] == pytest.approx(times, abs=0.002)
    assert found[0].pixels.shape[:2] == (64, 48)


def test_one_bad_clip_does_not_stop_the_others(tmp_path):
    make(tmp_path / "a.mp4", moving(3))
    (tmp_path / "b.mp4").write_bytes(b"no clip")
    save_image(tmp_path / "c.png", spot((3, 3)))
    done = wepsam.predict(tmp_path, tmp_path / "out", model=redness)
    assert [line.split(":")[0] for line in done.failed] == [str(tmp_path / "b.mp4")]
    assert len(done.written) == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "a_overlay.mp4", "a_sheet.png", "a_timeline.png", "c_map.png", "c_overlay.jpg",
    ]  # fmt: skip


def test_what_wepsam_drew_is_not_predicted_for_again(tmp_path):
    make(tmp_path / "a.mp4", moving(3))
    first = wepsam.predict(tmp_path, tmp_path, model=redness)
    again = wepsam.predict(tmp_path, tmp_path, model=redness)
    assert again.written == first.written


def test_a_clip_without_a_suffix_and_animations(tmp_path):
    make(tmp_path / "a.mp4", moving(3)).rename(tmp_path / "a.thing")
    make(tmp_path / "b.gif", moving(3), codec="gif", pixels="rgb8")
    done = wepsam.predict([tmp_path / "a.thing", tmp_path / "b.gif"], tmp_path / "out", model=redness)
    assert done.clips == [str(tmp_path / "a.thing")]
    assert (tmp_path / "out" / "b_map.png").exists()  # an animated picture is a picture


@pytest.mark.parametrize(
    ("save", "settings", "message"),
    [
        ("npy", {}, "npy is saved of pictures alone"),
        ("npz", {"fps": 0}, "fps is 0"),
        ("npz", {"grid": 5000}, "grid is 5000"),
        ("mp4", {}, "save takes map, overlay"),
    ],
)
def test_settings_that_cannot_be(tmp_path, save, settings, message):
    path = make(tmp_path / "clip.mp4", moving(2))
    with pytest.raises(ValueError, match=message):
        wepsam.predict(path, tmp_path / "out", model=redness, save=save, **settings)
    assert not (tmp_path / "out").exists()


def test_scenes_begin_where_the_picture_changes():
    rng = np.random.default_rng(0)
    scenes = [rng.integers(0, 256, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(3)]
    cuts = Cuts()
    shown = [scenes[place // 6].copy() for place in range(18)]
    for place, frame in enumerate(shown):  # something moves all the time
        frame[:20, (3 * place) % 40 : (3 * place) % 40 + 20] = 255
    assert [place for place, frame in enumerate(shown) if cuts.begins(frame)] == [0, 6, 12]


def test_maps_are_interpolated_within_a_scene_alone(tmp_path):
    with MapsInTime((1, 2), tmp_path) as stored:
        for time, left, cut in ((0.0, 1, True), (1.0, 0, False), (2.0, 1, True)):
            stored.add(time, np.array([[left, 1 - left]], float), cut)
        between = Between(stored)
        assert [float(between.at(t)[0, 0]) for t in (0, 0.25, 1, 1.5, 1.9, 2, 9)] == [1, 0.75, 0, 0, 0, 1, 1]
    assert not list(tmp_path.iterdir())
