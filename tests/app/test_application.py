"""Who may ask the page's program for what; that it is asked and answers without a browser."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

import wepsam
from helpers import Paint, Run, one_line, tiny_weights
from video_samples import make, moving, spot
from wepsam.app.application import FILES, create
from wepsam.service.limits import Limits
from wepsam.video.attention import attend_clip

AREAS = [{"label": "left", "box": [0, 0, 0.5, 1]}]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.onnx", aspect=True)


@pytest.fixture(scope="module")
def picture(paint: Paint) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(paint(1)).save(buffer, "PNG")
    return buffer.getvalue()


class Visitor:
    """A page that asks."""

    def __init__(self, client: httpx.AsyncClient, visit: str) -> None:
        self.client, self.visit = client, visit

    async def bring(self, data: bytes, name: str = "a.png") -> dict[str, Any]:
        answer = await self.client.post(f"/api/visits/{self.visit}/pictures", files={"picture": (name, data)})
        return answer.json() | {"status": answer.status_code}

    async def ask(self, path: str, **asked: Any) -> httpx.Response:
        return await self.client.post(f"/api/{path}", json={"visit": self.visit, "model": "tiny", **asked})


def visiting(weights: Path, work: Callable[[Visitor], Awaitable[Any]], **settings: Any) -> Any:
    """What a visitor finds."""

    async def visit() -> Any:
        settings.setdefault("limits", Limits(workers=1))
        transport = httpx.ASGITransport(create(str(weights), **settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await work(Visitor(client, (await client.post("/api/visits")).json()["visit"]))

    return asyncio.run(visit())


def test_answers_are_those_of_python(weights: Path, picture: bytes, paint: Paint) -> None:
    buffer = io.BytesIO()
    Image.fromarray(paint(2, 400, 100)).save(buffer, "PNG")
    long = buffer.getvalue()

    async def work(visitor: Visitor) -> None:
        held = await visitor.bring(picture)
        shown = {"id": held["id"], "areas": AREAS}
        said = (await visitor.ask("answer", picture=shown)).json()
        expected = wepsam.attend(picture, AREAS, model=wepsam.load(weights, threads=1, warn=False))
        assert said["areas"] == expected.as_dict()["areas"]
        assert (await visitor.ask("answer", picture={"id": held["id"]})).json()["areas"] == []
        other = (await visitor.ask("answer", picture=shown, model="wepsam-paper", calibration="osie")).json()
        assert (other["model"], other["calibration"]) == ("wepsam-paper", "osie")
        page = (await visitor.bring(long))["id"]
        for viewport, words in ((None, "the size of the screen above"), ("1280x800", "screens of 1280x800")):
            read = (await visitor.ask("answer", picture={"id": page}, viewport=viewport)).json()
            assert words in read["warnings"][-1]
        drawn = await visitor.ask("drawing", picture=shown, kind="areas", full=True)
        assert drawn.headers["content-type"] == "image/png"
        page = await visitor.ask("report", pictures=[shown], kind="html")
        assert "a.png" in page.text

    visiting(weights, work)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\a.png", "<img src=x onerror=alert(1)>.png", "a\nb\x00.png", "é" * 1000, '";x.png'],
)
def test_hostile_names_are_only_texts(weights: Path, picture: bytes, name: str) -> None:
    async def work(visitor: Visitor) -> None:
        held = await visitor.bring(picture, name)
        assert held["status"] == 200
        assert not {"/", "\\"} & set(held["name"])
        assert len(held["name"]) <= 200
        assert held["name"].isprintable()
        page = (await visitor.ask("report", pictures=[{"id": held["id"]}], kind="html")).text
        assert "<img src=x" not in page

    visiting(weights, work)


def test_what_is_wrong_is_said_in_one_line(weights: Path, picture: bytes) -> None:
    async def work(visitor: Visitor) -> None:
        held = await visitor.bring(picture)
        shown, broken = {"id": held["id"]}, {"id": (await visitor.bring(b"nothing"))["id"]}
        for status, words, path, asked in (
            (422, "not a picture", "answer", {"picture": broken}),
            (410, "not held any more", "answer", {"picture": {"id": "x"}}),
            (410, "not held any more", "answer", {"picture": shown, "visit": "x"}),
            (422, "no model '/etc/passwd.onnx'", "answer", {"picture": shown, "model": "/etc/passwd.onnx"}),
            (422, "no calibration '../x.json'", "answer", {"picture": shown, "calibration": "../x.json"}),
            (422, "the viewport is 'tall'", "answer", {"picture": shown, "viewport": "tall"}),
            (422, "box", "answer", {"picture": {**shown, "areas": [{"label": "a", "box": [0, 0]}]}}),
            (422, "areas", "answer", {"picture": {**shown, "areas": "/etc/passwd"}}),
            (422, "at most 100", "answer", {"picture": {**shown, "areas": AREAS * 101}}),
            (422, "no drawing 'x'", "drawing", {"picture": shown, "kind": "x"}),
            (422, "less than or equal to 1", "drawing", {"picture": shown, "kind": "heat", "opacity": 2}),
            (422, "the aspect is 'wide'", "crops", {"picture": shown, "aspects": ["wide"]}),
            (422, "no report as 'pdf'", "report", {"pictures": [shown], "kind": "pdf"}),
        ):
            answer = await visitor.ask(path, **asked)
            text = answer.json()["error"]
            assert (answer.status_code, words in text, len(text.splitlines())) == (status, True, 1), text
        for path in ("/api/examples/99", "/api/examples/-1", "/../pyproject.toml", "/page/index.html", "/docs"):
            assert (await visitor.client.get(path)).status_code == 404
        held = await visitor.bring(b"1" * 60_000)
        assert (held["status"], "at most 50,000" in held["error"]) == (413, True)

    visiting(weights, work, limits=Limits(workers=1, body=50_000))


def test_a_picture_is_forgotten_with_its_visit(weights: Path, picture: bytes) -> None:
    async def work(visitor: Visitor) -> None:
        held = await visitor.bring(picture)
        assert (await visitor.ask("answer", picture={"id": held["id"]})).status_code == 200
        await visitor.client.post(f"/api/visits/{visitor.visit}/end")
        assert (await visitor.ask("answer", picture={"id": held["id"]})).status_code == 410

    visiting(weights, work)


# ---- clips


async def watched(visitor: Visitor, clip: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """What is said of a clip when it has been watched."""
    for _ in range(1200):
        answer = await visitor.ask("clip", clip=clip, **asked)
        said: dict[str, Any] = answer.json()
        if answer.status_code != 200 or said["state"] == "done":
            return said | {"status": answer.status_code}
        assert said["state"] in ("waiting", "watching", "drawing")
        await asyncio.sleep(0.05)
    raise AssertionError("it is never done")


def test_clips_are_watched_once_and_answers_are_those_of_python(weights: Path, tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", [spot((4, 4))] * 10 + [255 - spot((30, 40))] * 10, sound="aac")
    expected = attend_clip(path, AREAS, model=wepsam.load(weights, threads=1, warn=False))

    async def work(visitor: Visitor) -> None:
        held = await visitor.bring(path.read_bytes(), "a.png")  # whatever its name says
        assert held["is_clip"]
        shown = {"id": held["id"], "areas": AREAS}
        early = await visitor.ask("clip/file", clip=shown, kind="video")
        assert (early.status_code, early.json()["error"]) == (409, "this clip is still being watched")
        said = await watched(visitor, shown)
        for key in ("times", "focus", "areas", "elsewhere", "shown"):
            assert said[key] == expected.as_dict()[key]
        assert said["has_sound"]
        assert [scene["from"] for scene in said["scenes"]] == ["0:00", "0:01"]
        assert said["texts"]["left"]["share"] == f"{expected.areas[0].share:.0%}"
        again = await visitor.ask("clip", clip={"id": held["id"]})  # it is not watched again
        assert again.json()["areas"] == []
        for kind, begins in (
            ("video", b"ftyp"), ("npz", b"PK"), ("sheet", b"PNG"), ("timeline", b"PNG"), ("film", b"JFIF"),
            ("json", b"{"), ("html", b"<!DOCTYPE html>"), ("csv", b"clip,label"),
        ):  # fmt: skip
            file = await visitor.ask("clip/file", clip=shown, kind=kind)
            assert begins in file.content[:40], kind
        assert "a.png" in (await visitor.ask("clip/file", clip=shown, kind="html")).text
        assert (await visitor.ask("clip/file", clip=shown, kind="gif")).status_code == 422
        assert (await watched(visitor, shown, video="webm"))["areas"] == said["areas"]
        film = await visitor.ask("clip/file", clip=shown, kind="video", video="webm")
        assert film.headers["content-type"] == "video/webm"
        with av.open(io.BytesIO(film.content)) as file:
            assert [stream.codec_context.name for stream in file.streams] == ["vp9", "opus"]

    visiting(weights, work)


def test_clips_that_cannot_be_watched_are_one_line(weights: Path, picture: bytes, tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", moving(20)).read_bytes()

    async def work(visitor: Visitor) -> None:
        image, film = (await visitor.bring(picture, "a.mp4"))["id"], (await visitor.bring(clip))["id"]
        broken = (await visitor.bring(b"nothing", "b.mp4"))["id"]
        for status, words, path, asked in (
            (422, "a.mp4 is a picture; expected a clip", "clip", {"clip": {"id": image}}),
            (422, "a.png is a clip; expected a picture", "answer", {"picture": {"id": film}}),
            (410, "not held any more", "clip", {"clip": {"id": "x"}}),
            (422, "video", "clip", {"clip": {"id": film}, "video": "gif"}),
            (422, "no model '/etc/passwd'", "clip", {"clip": {"id": film}, "model": "/etc/passwd"}),
        ):
            answer = await visitor.ask(path, **asked)
            assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.text
        for one, words in ((broken, "broken or no clip"), (film, "the clip lasts 2 s; at most 1 s are taken")):
            said = await watched(visitor, {"id": one})
            assert said["status"] == 422
            assert words in said["error"]
            assert "<bytes>" not in said["error"]

    visiting(weights, work, limits=Limits(workers=1, clip_seconds=1))


def test_without_pyav_pictures_alone_are_taken(
    weights: Path, picture: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make(tmp_path / "a.mp4", moving(2)).read_bytes()
    monkeypatch.setitem(sys.modules, "av", None)

    async def work(visitor: Visitor) -> None:
        answer = await visitor.bring(clip, "a.mp4")
        assert (answer["status"], answer["error"]) == (501, "a clip needs av: pip install 'wepsam[video]'")
        assert (await visitor.bring(picture))["is_clip"] is False

    visiting(weights, work)


def test_a_clip_is_forgotten_with_its_visit_and_its_work_ends(weights: Path, tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", moving(10) * 60).read_bytes()  # a minute, which nobody waits for

    async def work(visitor: Visitor) -> None:
        held, waits = await visitor.bring(clip), await visitor.bring(clip)
        for _ in range(600):
            said = (await visitor.ask("clip", clip={"id": held["id"]})).json()
            if said["state"] == "watching":
                break
            await asyncio.sleep(0.02)
        assert said["total"] == 600
        assert (await visitor.ask("clip", clip={"id": waits["id"]})).json() == {"state": "waiting"}
        remove = f"/api/visits/{visitor.visit}/pictures/{held['id']}/remove"
        assert (await visitor.client.post(remove)).status_code == 200
        for _ in range(600):
            if (await visitor.ask("clip", clip={"id": waits["id"]})).json()["state"] == "watching":
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError("the other one never has its turn")
        await visitor.client.post(f"/api/visits/{visitor.visit}/end")
        assert (await visitor.ask("clip", clip={"id": waits["id"]})).status_code == 410
        await asyncio.sleep(1)  # until the worker has heard of it

    visiting(weights, work)


def test_doors(weights: Path) -> None:
    async def foreign(visitor: Visitor) -> None:
        for headers in ({"origin": "http://evil.example"}, {"host": "evil.example"}, {"origin": "null"}):
            assert (await visitor.client.post("/api/visits", headers=headers)).status_code == 403
        for path in FILES:
            answer = await visitor.client.get(path)
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["content-security-policy"].endswith("; frame-ancestors 'none'")
            assert answer.headers["cache-control"] == "no-store"

    visiting(weights, foreign)

    async def strangers() -> None:
        app = create(str(weights), limits=Limits(workers=1), token="secret", hosts=None)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://any") as client:
            assert (await client.get("/")).headers["www-authenticate"].startswith("Basic")
            for given, status in (("secret", 200), ("wrong", 401), ("", 401)):
                login = base64.b64encode(f"anybody:{given}".encode()).decode()
                assert (await client.get("/", headers={"authorization": f"Basic {login}"})).status_code == status
            assert (await client.get("/", headers={"authorization": "Basic ?"})).status_code == 401

    asyncio.run(strangers())


def test_the_page_names_only_its_own_files() -> None:
    folder = Path(create.__code__.co_filename).with_name("page")
    assert {path.name for path in folder.iterdir()} == {name for name, _ in FILES.values()}
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not [words for words in ("http:", "https:", "innerHTML", "eval(") if words in text]


def test_other_machines_need_a_token(wepsam_command: Run) -> None:
    code, _, err = wepsam_command("app", "--host", "0.0.0.0", "--no-browser")
    assert code != 0
    one_line(err, "0.0.0.0", "--token-file")


def test_a_site_that_may_show_the_page_is_a_site(weights: Path) -> None:
    for site in ("huggingface.co", "https://a.example; script-src *", "https://*", "", "https://a.example/b", "'self'"):
        with pytest.raises(ValueError, match=r"is no site; expected one such as https://huggingface\.co"):
            create(str(weights), shown_in=site)


def test_the_public_comes_in_only_where_it_is_asked(wepsam_command: Run) -> None:
    code, _, err = wepsam_command("app", "--host", "0.0.0.0", "--port", "0", "--no-browser")
    assert code == 2
    one_line(err, "give it a token by --token-file")
