import gc
from fractions import Fraction

import av
import numpy as np
import pytest

from video_samples import SHAPE, make, moving, spot
from wepsam import progress
from wepsam.video.attention import attend_clip
from wepsam.video.reading import VideoError, about, extent, frames, is_clip


def red(pixels: np.ndarray) -> tuple[float, float]:
    """(row, column) of the middle of what is red, as shares of the sides."""
    rows, columns = np.nonzero(pixels[..., 0].astype(int) - pixels[..., 1] > 60)
    return (rows.mean() + 0.5) / pixels.shape[0], (columns.mean() + 0.5) / pixels.shape[1]


def test_frames_come_with_their_times(tmp_path):
    path = make(tmp_path / "clip.mp4", moving())
    found = list(frames(path))
    assert [f.time for f in found] == pytest.approx(np.arange(10) / 10)
    assert [red(f.pixels)[1] for f in found] == pytest.approx([(8 + 4 * i) / 64 for i in range(10)], abs=0.02)
    assert about(path).size == SHAPE


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.avi", "libx264", "yuv420p"),
        ("a.mkv", "ffv1", "gray"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.mkv", "ffv1", "gray16le"),
        ("a.mov", "prores_ks", "yuva444p10le"),
        ("a.mov", "qtrle", "argb"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mkv", "libx264", "yuv444p"),
        ("a.ts", "mpeg2video", "yuv420p"),
        ("a.mpg", "mpeg1video", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
        ("a.wmv", "wmv2", "yuv420p"),
        ("a.flv", "flv", "yuv420p"),
    ],
)
def test_containers_codecs_and_pixels(tmp_path, name, codec, pixels):
    path = make(tmp_path / name, moving(8), 25, codec=codec, pixels=pixels)
    found = list(frames(path))
    assert len(found) >= 7
    times = [f.time for f in found]
    assert times[0] == 0
    assert np.diff(times) == pytest.approx(0.04, abs=0.002)
    if "gray" not in pixels:
        assert red(found[5].pixels) == pytest.approx((24 / 48, 28 / 64), abs=0.03)
    assert int(found[0].pixels[2, 2, 1]) == pytest.approx(90, abs=20 if codec == "gif" else 10)


def test_a_variable_rate_is_kept_and_sampled_by_time(tmp_path):
    times = [0.0, 0.04, 0.3, 0.35, 0.36, 1.5, 1.55]
    path = make(tmp_path / "clip.mp4", moving(7), times=times)
    assert [f.time for f in frames(path)] == pytest.approx(times)
    assert [f.time for f in frames(path, 5)] == pytest.approx([0.0, 0.3, 1.5])


def test_the_sampled_frame_is_the_first_at_or_after_its_time(tmp_path):
    path = make(tmp_path / "clip.mp4", moving(12), 25)
    assert [f.time for f in frames(path, 10)] == pytest.approx([0.0, 0.12, 0.2, 0.32, 0.4])


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (-90, 3), (180, 2)])
def test_clips_are_turned_upright(tmp_path, rotation, turns):
    path = make(tmp_path / "clip.mp4", [spot((2, 4))] * 4, rotation=rotation)
    pixels = next(frames(path)).pixels
    assert red(pixels) == pytest.approx(red(np.rot90(spot((2, 4)), turns)), abs=0.02)
    assert about(path).size == pixels.shape[:2] == (SHAPE[::-1] if turns % 2 else SHAPE)


def test_pixels_that_are_not_square_become_square(tmp_path):
    path = make(tmp_path / "clip.mkv", moving(4), aspect=Fraction(16, 9))
    assert next(frames(path)).pixels.shape == (48, 114, 3)


def test_transparency_shows_white(tmp_path):
    clear = np.zeros((*SHAPE, 4), np.uint8)
    path = make(tmp_path / "clip.mov", [clear] * 3, codec="qtrle", pixels="argb")
    assert next(frames(path)).pixels.min() == 255


def test_transparency_of_webm_shows_white(tmp_path):
    """FFmpeg keeps it in a second stream of pictures, which its own decoder leaves out."""
    half = np.dstack([spot((18, 2)), np.zeros(SHAPE, np.uint8)])
    half[:, 32:, 3] = 255
    path = make(tmp_path / "clip.webm", [half] * 3, codec="libvpx-vp9", pixels="yuva420p")
    found = list(frames(path))
    assert [frame.time for frame in found] == pytest.approx([0, 0.1, 0.2])
    for frame in found:
        assert frame.pixels[:, :28].min() > 245  # and the red square under it is not seen
        assert frame.pixels[:, 36:].mean() == pytest.approx(90, abs=4)


def test_a_clip_lasts_as_long_as_its_frames_where_times_jump_back(tmp_path):
    """Two clips in one file: the times of the second begin anew."""
    once = make(tmp_path / "clip.ts", moving(10), 25).read_bytes()
    assert extent(once, 1000) == (10, pytest.approx(0.4))
    assert extent(5 * once, 1000) == (50, pytest.approx(2.0))
    assert [frame.time for frame in frames(5 * once)][-1] == pytest.approx(1.96)


def test_who_waits_no_more_ends_the_reading_of_frames_that_are_left_out(tmp_path):
    path, heard = make(tmp_path / "clip.mp4", moving(10) * 5), []

    def listen(*report):
        heard.append(report)
        if len(heard) == 20:
            raise progress.Ended

    with progress.heard_by(listen), pytest.raises(progress.Ended):
        list(frames(path, 0.01))  # one of the 50 is wanted
    assert set(heard) == {("", 0, 0)}


def test_frames_are_let_go_at_once(tmp_path):
    """Each may have 50 MB: none waits until Python looks for what nobody holds."""
    path = make(tmp_path / "clip.mp4", moving(30), rotation=90)
    list(frames(path))
    gc.collect()
    gc.disable()
    try:
        list(frames(path))
        about(path)
        left = [one for one in gc.get_objects() if type(one) is av.VideoFrame]
        assert all(one.width * one.height <= 64 for one in left)
    finally:
        gc.enable()


def test_the_extent_is_counted_and_not_believed(tmp_path):
    clip = make(tmp_path / "clip.mp4", moving(10)).read_bytes()
    assert extent(clip, 100) == (10, pytest.approx(1))
    assert extent(clip, 4)[0] == 5
    head = clip.index(b"mvhd") + 20  # after the version, two times and the scale: the duration
    lying = clip[:head] + (1).to_bytes(4, "big") + clip[head + 4 :]
    assert extent(lying, 100) == (10, pytest.approx(1))
    path = make(tmp_path / "clip.avi", moving(10), codec="mpeg4")
    assert extent(path, 100) == (10, pytest.approx(1))
    path = make(tmp_path / "slow.mkv", moving(3), times=[0.0, 5.0, 60.0])
    assert extent(path, 100)[1] > 60


def test_what_is_damaged_is_logged_or_told(tmp_path, caplog):
    whole = make(tmp_path / "clip.mkv", moving(20)).read_bytes()
    with av.open(str(tmp_path / "clip.mkv")) as file:
        packet = [packet for packet in file.demux(video=0) if packet.size][10]
    damaged = whole[: packet.pos + 8] + b"\xff" * (packet.size - 8) + whole[packet.pos + packet.size :]
    remarks = []
    assert len(list(frames(damaged, remarks=remarks))) == 19
    assert remarks == ["damaged; 1 of its packets could not be decoded and are left out"]
    assert not caplog.text
    list(frames(damaged))
    assert caplog.messages == [f"<bytes>: {remarks[0]}"]
    assert attend_clip(damaged, model=lambda pixels: np.ones(pixels.shape[:2], np.float32)).warnings == tuple(remarks)
    assert caplog.messages == [f"<bytes>: {remarks[0]}"]


def test_large_frames_can_be_read_smaller(tmp_path):
    path = make(tmp_path / "clip.mp4", moving(3, (120, 160)))
    assert next(frames(path, side=40)).pixels.shape == (30, 40, 3)
    assert next(frames(path, side=4000)).pixels.shape == (120, 160, 3)


def test_interlaced_clips_are_read(tmp_path):
    options = {"flags": "+ildct+ilme"}
    path = make(tmp_path / "clip.mpg", moving(8), 25, codec="mpeg2video", options=options)
    assert len(list(frames(path))) >= 6


def test_a_truncated_clip_gives_what_is_there(tmp_path, caplog):
    whole = make(tmp_path / "clip.mkv", moving(10), codec="mpeg4").read_bytes()
    (tmp_path / "short.mkv").write_bytes(whole[: 2 * len(whole) // 3])
    assert 1 <= len(list(frames(tmp_path / "short.mkv"))) < 10


@pytest.mark.parametrize("content", [b"", b"no clip at all", b"\x00\x00\x00\x20ftypisom" + bytes(100), b"RIFF" * 20])
def test_broken_files_are_one_line(tmp_path, content):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError) as error:
        about(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    assert not is_clip(path)


def test_what_is_no_clip_is_one_line(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=48_000)
        piece = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp", layout="stereo")
        piece.sample_rate = 48_000
        out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    for path, cause in (
        (tmp_path / "sound.mp4", "only sound"),
        (tmp_path / "none.mp4", "No such file"),
        (tmp_path, "directory"),
        ("s3://bucket/clip.mp4", "copy it first"),
    ):
        with pytest.raises(VideoError, match=cause):
            about(path)


def test_a_list_of_other_files_is_not_followed(tmp_path):
    make(tmp_path / "other.mp4", moving(3))
    (tmp_path / "clip.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    (tmp_path / "clip.mkv").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n")
    for name in ("clip.mp4", "clip.mkv"):
        with pytest.raises(VideoError):
            about(tmp_path / name)


def test_frames_that_are_too_large_are_refused(tmp_path):
    path = make(tmp_path / "clip.mp4", moving(3))
    with pytest.raises(VideoError, match="64x48 pixels, and at most 1,000"):
        list(frames(path, max_pixels=1000))
