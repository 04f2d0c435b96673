"""Clips over HTTP: the answers are those of Python; one clip at a time is watched, while somebody waits."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image

import wepsam
from asking import Server, asked
from helpers import Paint
from video_samples import make, moving, spot
from wepsam import progress
from wepsam.service import clips
from wepsam.service.application import create
from wepsam.service.desk import Desk
from wepsam.service.limits import Limits, Refused
from wepsam.video import reading
from wepsam.video.attention import attend_clip

AREAS = {
    "key_frames": [
        {"time": 0, "areas": [{"label": "ball", "box": [0, 0.3, 0.3, 0.7]}]},
        {"time": 0.6, "areas": [{"label": "ball", "box": [0.5, 0.3, 0.8, 0.7]}]},
    ]
}


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return make(tmp_path / "clip.mp4", moving(10), sound="aac").read_bytes()


@pytest.fixture
def picture(paint: Paint) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(paint(1)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkdtemp", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)


def post(weights: Path, url: str, limits: Limits | None = None, **request: Any) -> httpx.Response:
    return asked(weights, "POST", f"/v1/clip{url}", limits, **request)


def test_numbers_are_those_of_python(weights: Path, clip: bytes, tmp_path: Path) -> None:
    model = wepsam.load(weights, threads=1, warn=False)
    expected = attend_clip(tmp_path / "clip.mp4", AREAS, model=model, fps=5, shown="640x480").as_dict()
    form = post(weights, "?fps=5&shown=640x480", files={"clip": ("clip.mp4", clip)}, data={"areas": json.dumps(AREAS)})
    assert form.json() == expected
    assert len(expected["times"]) == len(expected["areas"][0]["shares"]) == 5
    query = {"areas": json.dumps(AREAS), "fps": 5, "shown": "640x480"}
    raw = post(weights, "", params=query, content=clip)
    assert raw.json() == expected | {"clip": "clip"}
    fields = {"areas": json.dumps(AREAS), "fps": "5", "shown": "640x480"}  # as fields of the form, too
    assert post(weights, "?fps=7", files={"clip": ("clip.mp4", clip)}, data=fields).json() == expected
    assert post(weights, "", content=clip).json()["elsewhere"] == 1


@pytest.mark.usefixtures("no_disk")
def test_files_are_those_of_the_command(weights: Path, clip: bytes) -> None:
    maps = post(weights, "?format=npz&grid=32", content=clip)
    assert maps.headers["x-wepsam-model"] == "tiny"
    with np.load(io.BytesIO(maps.content)) as saved:
        assert saved["maps"].shape == (10, 24, 32)
        assert saved["maps"].sum((1, 2), dtype=float) == pytest.approx(1, abs=1e-5)
        assert saved["times"] == pytest.approx(np.arange(10) / 10)
    overlay = post(weights, "?format=overlay", content=clip)
    assert overlay.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(overlay.content)) as file:
        assert [stream.codec_context.name for stream in file.streams] == ["h264", "aac"]
    assert [frame.time for frame in reading.frames(overlay.content)] == pytest.approx(np.arange(10) / 10)
    for kind in ("sheet", "timeline"):
        drawn = post(weights, f"?format={kind}", content=clip)
        assert Image.open(io.BytesIO(drawn.content)).format == "PNG"
    page = post(weights, "?format=html", files={"clip": ("<b>.mp4", clip)}, data={"areas": json.dumps(AREAS)})
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert "&lt;b&gt;.mp4" in page.text
    table = post(weights, "?format=csv", files={"clip": ("=1.mp4", clip)}, data={"areas": json.dumps(AREAS)})
    assert table.text.splitlines()[1].startswith("'=1.mp4,ball,")


def test_clips_are_told_by_what_they_are(weights: Path, clip: bytes, picture: bytes) -> None:
    assert post(weights, "", files={"clip": ("a.png", clip)}).json()["clip"] == "a.png"
    assert post(weights, "", files={"picture": ("a.png", clip)}).status_code == 200
    for url, files, text in (
        ("clip", {"clip": ("a.mp4", picture)}, "a.mp4 is a picture; /v1/predict"),
        ("predict", {"picture": ("a.png", clip)}, "a.png is a clip; /v1/clip takes it"),
        ("predict?format=json", {"clip": clip}, "is a clip; /v1/clip takes it"),
        ("areas", {"picture": ("a.mp4", clip)}, "is a clip; /v1/clip takes it"),
        ("report", {"picture": ("a.mp4", clip)}, "is a clip; /v1/clip takes it"),
    ):
        answer = asked(weights, "POST", f"/v1/{url}", files=files)
        assert answer.status_code == 422
        assert text in answer.json()["error"]
    damaged = picture[: len(picture) // 2]
    assert "not a picture" in asked(weights, "POST", "/v1/predict", content=b"\x89PNG" + damaged).json()["error"]
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(jpeg, "JPEG")
    cut = b"\xff\xd8" + jpeg.getvalue()[400:]
    assert "clip" not in asked(weights, "POST", "/v1/predict", content=cut).json()["error"]


def sound_only(path: Path) -> bytes:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48_000)
        piece = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp", layout="stereo")
        piece.sample_rate = 48_000
        out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path.read_bytes()


def test_clips_of_all_kinds(weights: Path, tmp_path: Path) -> None:
    odd = [np.full((47, 63, 3), 120, np.uint8)] * 3
    whole = make(tmp_path / "whole.mkv", moving(20), codec="mpeg4").read_bytes()
    for path, size, count in (
        (make(tmp_path / "one.mp4", moving(1)), (64, 48), 1),
        (make(tmp_path / "turned.mp4", moving(4), rotation=90), (48, 64), 4),
        (make(tmp_path / "varies.mp4", moving(4), times=[0.0, 0.05, 0.5, 0.6]), (64, 48), 3),
        (make(tmp_path / "odd.mkv", odd, codec="ffv1", pixels="yuv444p"), (63, 47), 3),
    ):
        said = post(weights, "", files={"clip": (path.name, path.read_bytes())}).json()
        assert (said["width"], said["height"], len(said["times"])) == (*size, count), path.name
        assert post(weights, "?format=overlay", content=path.read_bytes()).status_code == 200
    short = post(weights, "", content=whole[: len(whole) // 2])
    assert 1 <= len(short.json()["times"]) < 20
    hole = bytearray(whole)
    hole[len(whole) // 2 : len(whole) // 2 + 200] = bytes(200)
    assert post(weights, "", content=bytes(hole)).status_code == 200


@pytest.mark.parametrize(
    ("url", "request_", "text"),
    [
        ("", {"content": b""}, "no clip: send it as the form field clip"),
        ("", {"content": b"nothing"}, "broken or no clip"),
        ("", {"content": b"\x00\x00\x00\x20ftypisom" + bytes(100)}, "broken or no clip"),
        ("", {"content": b"ffconcat version 1.0\nfile /etc/passwd\n"}, "broken or no clip"),
        ("", {"content": b"#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n"}, "broken or no clip"),
        ("?format=gif", {}, "no format 'gif'; expected one of json, npz"),
        ("?fps=0", {}, "fps is 0"),
        ("?fps=nan", {}, "fps is nan"),
        ("?grid=1", {}, "grid is 1"),
        ("?grid=a", {}, "grid: Input should be a valid integer"),
        ("?shown=large", {}, "expected WIDTHxHEIGHT"),
        ("?quality=great", {}, "no quality 'great'"),
        (
            "",
            {"content": None, "files": {"clip": b"1"}, "data": {"fps": "many"}},
            "fps: Input should be a",
        ),
        ("", {"content": None, "files": {"clip": b"1"}, "data": {"format": "gif"}}, "no format 'gif'"),
        ("?calibration=/etc/passwd", {}, "no calibration"),
        ("?areas=%22/etc/passwd%22", {}, "neither a list nor an object"),
        ("?areas={%22key_frames%22:[]}", {}, "key_frames is"),
        # A file of the machine that serves, which may be there or not.
        ("?areas={%22key_frames%22:[{%22time%22:0,%22areas%22:%22/etc/passwd%22}]}", {}, "areas of key frame 1 are"),
        ("?areas={%22key_frames%22:[{%22time%22:0,%22areas%22:%22none.json%22}]}", {}, "areas of key frame 1 are"),
        ("?areas=[{%22label%22:1}]", {}, "label"),
    ],
)
def test_one_line_for_what_is_wrong(weights: Path, clip: bytes, url: str, request_: dict[str, Any], text: str) -> None:
    answer = post(weights, url, **({"content": clip} | request_))
    assert answer.status_code == 422
    assert text in answer.json()["error"]
    assert "<bytes>" not in answer.json()["error"]


def test_what_costs_too_much_is_refused_before_it_is_watched(weights: Path, clip: bytes, tmp_path: Path) -> None:
    for limits, text in (
        (Limits(clip_seconds=0.5), "the clip lasts 1 s; at most 0.5 s are taken"),
        (Limits(clip_cells=1000), "its maps would have 69,120 cells; at most 1,000 are made"),
        (Limits(pixels=100), "64x48 pixels, and at most 100"),
    ):
        answer = post(weights, "", limits, content=clip)
        assert answer.status_code == 422
        assert text in answer.json()["error"]
    many = make(tmp_path / "many.mkv", [spot((1, 1))] * 300, 1000, codec="mpeg4").read_bytes()
    assert "more than 60 frames" in post(weights, "", Limits(clip_seconds=0.5), content=many).json()["error"]
    only_sound = post(weights, "", content=sound_only(tmp_path / "sound.mp4"))
    assert "only sound" in only_sound.json()["error"]


@pytest.mark.parametrize(("suffix", "sound"), [("ts", "aac"), ("mpg", "mp2")])  # copied, and encoded
def test_sound_goes_on_where_its_times_jump_back(weights: Path, tmp_path: Path, suffix: str, sound: str) -> None:
    codec = "mpeg2video" if suffix == "mpg" else "libx264"
    once = make(tmp_path / f"a.{suffix}", moving(25, (48, 128)), 25, codec=codec, sound=sound).read_bytes()
    answer = post(weights, "?format=overlay", content=3 * once)
    with av.open(io.BytesIO(answer.content)) as file:
        lasts = [float(stream.duration * stream.time_base) for stream in file.streams]
    assert lasts == pytest.approx([3, 3], abs=0.15)


def test_a_drawn_clip_has_bounds(weights: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MOST_DRAWN", 3000)
    answer = post(weights, "?format=overlay", content=clip)
    assert (answer.status_code, answer.json()["error"]) == (
        413, "the clip with its maps has more than 3,000 bytes; ask for its maps"
    )  # fmt: skip
    assert post(weights, "?format=npz", content=clip).status_code == 200


def test_without_pyav_one_line_says_which_extra(
    weights: Path, clip: bytes, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    answer = post(weights, "", content=clip)
    assert (answer.status_code, answer.json()) == (501, {"error": "a clip needs av: pip install 'wepsam[video]'"})
    assert asked(weights, "POST", "/v1/predict", content=picture).status_code == 200
    assert asked(weights, "POST", "/v1/predict", content=clip).status_code == 422


def test_one_clip_at_a_time_and_pictures_beside_it(weights: Path, clip: bytes, picture: bytes) -> None:
    async def crowd() -> None:
        app = create(str(weights), limits=Limits(workers=1, waiting=0))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            clips = [asyncio.create_task(client.post("/v1/clip", content=clip)) for _ in range(3)]
            await asyncio.sleep(0.05)
            seen = await client.post("/v1/predict", content=picture)
            answers = await asyncio.gather(*clips)
            assert seen.status_code == 200
            assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
            busy = next(answer for answer in answers if answer.status_code == 429)
            assert busy.headers["retry-after"] == "10"
            assert busy.json() == {"error": "another clip is being watched; ask again"}
            said = (await client.get("/metrics")).text
            assert 'wepsam_requests_total{path="/v1/clip",status="429"} 2.0' in said
            assert 'wepsam_seconds_count{path="/v1/clip"} 1.0' in said
            assert "wepsam_clips 0.0" in said
            assert (await client.post("/v1/clip", content=clip)).status_code == 200

    asyncio.run(crowd())


def test_a_service_that_ends_says_so(weights: Path) -> None:
    ended = []

    def work() -> None:
        try:
            with progress.bar(0, "watching") as bar:
                for done in range(10**6):
                    time.sleep(0.01)
                    bar.update(done)
        finally:
            ended.append(True)

    async def cancelled() -> None:
        desk = Desk(str(weights), Limits(workers=1), "fast", None)
        waiting = asyncio.create_task(desk.run_clip("/v1/clip", work, asyncio.Event().wait))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(Refused, match="the service ends"):
            await waiting
        desk.close()
        assert ended

    asyncio.run(cancelled())


@pytest.fixture
def server(weights: Path) -> Iterator[Server]:
    running = Server(weights, "--max-clip-seconds", "600")
    yield running
    running.process.kill()
    running.process.wait()
    assert running.process.stderr is not None
    running.process.stderr.close()


def test_a_clip_is_watched_while_somebody_waits(server: Server, tmp_path: Path) -> None:
    """Two minutes of a clip: nobody watches them to the end."""
    long = make(tmp_path / "long.mp4", moving(10) * 120, options={"preset": "ultrafast"}).read_bytes()
    url = f"http://127.0.0.1:{server.port}"

    def watched() -> int:
        said = httpx.get(f"{url}/metrics", timeout=30).text
        return int(float(next(line for line in said.splitlines() if line.startswith("wepsam_clips ")).split()[1]))

    def until(count: int) -> None:
        for _ in range(300):
            if watched() == count:
                return
            time.sleep(0.05)
        raise AssertionError(f"never {count} clips")

    head = f"POST /v1/clip HTTP/1.1\nHost: localhost\nContent-Length: {len(long)}\n\n"
    with server.connect(head) as connection:
        connection.sendall(long)
        until(1)
        assert httpx.post(f"{url}/v1/clip", content=long, timeout=30).status_code == 429
    until(0)
    with server.connect(head) as connection:  # it ends in time with a clip inside
        connection.sendall(long)
        until(1)
        server.process.terminate()
        assert server.process.wait(60) == 0
