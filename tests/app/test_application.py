"""Who may ask the page's program for what; that it is asked and answers without a browser."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import wepsam
from helpers import Paint, Run, one_line, tiny_weights
from wepsam.app.application import FILES, create
from wepsam.service.limits import Limits

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
