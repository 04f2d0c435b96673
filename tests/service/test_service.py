"""The service: its answers are those of Python, and what it refuses it refuses with one line and in time."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image

import wepsam
from asking import Server, asked
from helpers import ROOT, Paint
from wepsam import overlays
from wepsam.cli.serve import token
from wepsam.service import answering, connections
from wepsam.service.application import create
from wepsam.service.connections import LEAST_RATE, Connection
from wepsam.service.limits import Limits

AREAS = [{"label": "left", "box": [0, 0, 0.5, 1]}]


@pytest.fixture(scope="module")
def picture(paint: Paint) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(paint(1)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_map_is_that_of_python(weights: Path, picture: bytes) -> None:
    expected = wepsam.load(weights, threads=1, warn=False)(picture)
    answer = asked(weights, "POST", "/v1/predict", files={"picture": ("a.png", picture)})
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-wepsam-model"] == "tiny"
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(answer.content))), overlays.gray(expected))
    answer = asked(weights, "POST", "/v1/predict?format=npy", content=picture)
    np.testing.assert_array_equal(np.load(io.BytesIO(answer.content)), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (37, 53)])
def test_the_file_of_a_map_holds_the_map(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    with Image.open(io.BytesIO(answering.encoded(levels, answering.PNG))) as opened:
        opened.load()  # the sums of its chunks are checked
        assert (opened.format, opened.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.array(opened), levels)


@pytest.mark.parametrize("kind", ["overlay", "fog"])
def test_drawings(weights: Path, picture: bytes, kind: str) -> None:
    answer = asked(weights, "POST", f"/v1/predict?format={kind}", content=picture)
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == Image.open(io.BytesIO(picture)).size


def test_areas_are_those_of_python(weights: Path, picture: bytes) -> None:
    expected = wepsam.attend(picture, AREAS, model=wepsam.load(weights, threads=1), viewers=20)
    form = asked(weights, "POST", "/v1/areas?viewers=20", files={"picture": picture}, data={"areas": json.dumps(AREAS)})
    raw = asked(weights, "POST", "/v1/areas", params={"areas": json.dumps(AREAS), "viewers": 20}, content=picture)
    assert form.json()["areas"] == raw.json()["areas"] == expected.as_dict()["areas"]
    assert asked(weights, "POST", "/v1/areas", content=picture).json()["elsewhere"] == 1


def test_a_long_page(weights: Path, paint: Paint) -> None:
    buffer = io.BytesIO()
    Image.fromarray(paint(1, 600, 120)).save(buffer, "PNG")
    said = asked(weights, "POST", "/v1/areas?viewport=120x100", content=buffer.getvalue()).json()
    assert (said["screens"], said["seconds"]) == (6, 18)
    report = asked(weights, "POST", "/v1/report?format=json&viewport=120x100", content=buffer.getvalue()).json()
    assert report["viewport"] == [120, 100]
    assert asked(weights, "POST", "/v1/areas?viewport=wide", content=buffer.getvalue()).status_code == 422


def test_a_report(weights: Path, picture: bytes) -> None:
    two = [("picture", ("../../a.png", picture)), ("picture", ("<b>.png", picture)), ("picture", ("c.png", b"no"))]
    page = asked(weights, "POST", "/v1/report", files=two, data={"areas": json.dumps(AREAS)})
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert "&lt;b&gt;.png" in page.text
    numbers = asked(weights, "POST", "/v1/report?format=json", files=two).json()
    assert [one["picture"] for one in numbers["pictures"]] == ["a.png", "<b>.png"]
    assert [one["picture"] for one in numbers["failed"]] == ["c.png"]
    schema = ROOT / "src" / "wepsam" / "reporting" / "report.schema.json"
    jsonschema.validate(numbers, json.loads(schema.read_text(encoding="utf-8")))


def test_a_crop_is_that_of_python(weights: Path, picture: bytes) -> None:
    expected = wepsam.crop(picture, "1:1", model=wepsam.load(weights, threads=1))
    made = asked(weights, "POST", "/v1/crop?aspect=1:1", content=picture)
    assert made.headers["content-type"] == "image/png"
    cropped = np.array(Image.open(io.BytesIO(picture)).crop(expected.box))
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(made.content))), cropped)
    said = asked(weights, "POST", "/v1/crop?size=20x30&format=json", content=picture).json()
    assert (said["size"], said["label"]) == ([20, 30], "20x30")


def test_the_density_sums_to_one(weights: Path, picture: bytes) -> None:
    said = asked(weights, "POST", "/v1/predict?format=json&calibration=none", content=picture).json()
    assert np.sum(said["density"]["values"]) == pytest.approx(1, abs=1e-3)
    assert said["calibration"] == "none"


@pytest.mark.parametrize(
    ("url", "request_", "status", "text"),
    [
        ("/v1/predict", {"content": b""}, 422, "no picture: send it as the form field picture"),
        ("/v1/predict", {"content": b"nothing"}, 422, "not a picture, damaged"),
        ("/v1/predict?format=gif", {}, 422, "no format 'gif'; expected one of map, overlay"),
        ("/v1/predict?quality=great", {}, 422, "no quality 'great'"),
        ("/v1/predict?calibration=/etc/passwd", {}, 422, "no calibration '/etc/passwd'"),
        ("/v1/areas?areas=%22/etc/passwd%22", {}, 422, "neither a list nor an object"),
        ("/v1/areas?areas=[1", {}, 422, "the areas are no JSON"),
        ("/v1/areas?viewers=0", {}, 422, "viewers: Input should be greater than or equal to 1"),
        ("/v1/areas?areas=[{%22label%22:%22a%22,%22polygon%22:{%22x%22:1}}]", {}, 422, "expected corners"),
        ("/v1/crop?size=" + 5000 * "9" + "x1", {}, 422, "expected WIDTHxHEIGHT"),
        ("/v1/crop", {}, 422, "a crop needs an aspect or a size"),
        ("/v1/crop?aspect=wide", {}, 422, "aspect"),
        ("/v1/nothing", {}, 404, "Not Found"),
    ],
)
def test_one_line_for_what_is_wrong(
    weights: Path, picture: bytes, url: str, request_: dict[str, Any], status: int, text: str
) -> None:
    answer = asked(weights, "POST", url, **({"content": picture} | request_))
    assert answer.status_code == status
    assert text in answer.json()["error"]


def test_who_may_ask(weights: Path) -> None:
    def status(**request: Any) -> int:
        return asked(weights, "GET", "/v1/models", **request).status_code

    assert status() == 200
    assert status(headers={"origin": "http://localhost"}) == 200
    assert status(headers={"origin": "http://evil.example"}) == 403
    assert status(headers={"origin": "http://[localhost"}) == 403
    asked_as = {"host": "localhost", "x-forwarded-host": "mine.example, inner"}  # of a proxy
    assert status(headers=asked_as | {"origin": "https://mine.example"}) == 200
    assert status(headers=asked_as | {"origin": "https://evil.example"}) == 403
    assert status(headers={"host": "evil.example", "x-forwarded-host": "localhost"}) == 403
    assert status(headers={"host": "evil.example"}) == 403
    assert status(headers={"host": "mine:8000"}, hosts=["mine"]) == 200
    assert status(headers={"host": "anything"}, hosts=None) == 200
    assert status(token="secret") == 401
    assert status(token="secret", headers={"authorization": "Bearer wrong"}) == 401
    assert status(token="secret", headers={"authorization": "Bearer secret"}) == 200
    assert asked(weights, "GET", "/healthz", token="secret").json() == {"status": "ok"}


def test_limits(weights: Path, picture: bytes) -> None:
    too_large = asked(weights, "POST", "/v1/predict", Limits(body=100, memory=100), content=b"1" * 101)
    assert (too_large.status_code, too_large.json()["error"]) == (
        413, "the request has 101 bytes; at most 100 are taken"
    )  # fmt: skip
    pixels = asked(weights, "POST", "/v1/predict", Limits(pixels=100), content=picture)
    assert pixels.status_code == 422
    for areas, status, text in ((b" " * (9 << 20), 413, "at most"), (b'[{"label": "\xe9"}]', 422, "no text in UTF-8")):
        answer = asked(weights, "POST", "/v1/areas", files={"picture": ("a.png", picture), "areas": ("a.json", areas)})
        assert answer.status_code == status
        assert text in answer.json()["error"]
    assert "pixels" in pixels.json()["error"]

    async def crowd() -> list[int]:
        app = create(str(weights), limits=Limits(workers=1, waiting=2))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            answers = await asyncio.gather(*(client.post("/v1/predict", content=picture) for _ in range(12)))
            assert all(a.headers["retry-after"] for a in answers if a.status_code == 429)
            after = await client.post("/v1/predict", content=picture)
            said = (await client.get("/metrics")).text
            assert 'wepsam_requests_total{path="/v1/predict",status="200"}' in said
            return [answer.status_code for answer in [*answers, after]]

    statuses = asyncio.run(crowd())
    assert set(statuses) == {200, 429}
    assert statuses[-1] == 200


def test_openapi_describes_every_path(weights: Path) -> None:
    said = asked(weights, "GET", "/openapi.json").json()
    assert set(said["paths"]) == {
        "/v1/predict", "/v1/areas", "/v1/crop", "/v1/report", "/v1/clip", "/v1/models", "/healthz", "/metrics"
    }  # fmt: skip
    for path in ("/v1/predict", "/v1/areas", "/v1/report"):
        assert set(said["paths"][path]["post"]["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
        assert "429" in said["paths"][path]["post"]["responses"]


@pytest.fixture(scope="module")
def server(weights: Path) -> Iterator[Server]:
    running = Server(weights, "--request-seconds", "1", "--max-megabytes", "1")
    yield running
    running.process.kill()
    running.process.wait()
    assert running.process.stderr is not None
    running.process.stderr.close()


def test_a_large_request_is_refused_before_it_is_sent(server: Server) -> None:
    with server.connect("POST /v1/predict HTTP/1.1\nHost: localhost\nContent-Length: 99999999\n\n") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    with server.connect("POST /v1/predict HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n") as connection:
        piece = b"40000\r\n" + b"1" * 0x40000 + b"\r\n"
        for _ in range(5):
            connection.sendall(piece)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_slow_client_is_refused_and_others_are_answered(server: Server, picture: bytes) -> None:
    head = f"POST /v1/predict HTTP/1.1\nHost: localhost\nContent-Length: {len(picture)}\n\n"
    slow = [server.connect(head) for _ in range(50)]
    start = time.monotonic()
    answer = httpx.post(f"http://127.0.0.1:{server.port}/v1/predict", content=picture, timeout=30)
    assert answer.status_code == 200
    for connection in slow:
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
        connection.close()
    assert time.monotonic() - start < 30


def test_it_ends_gracefully(weights: Path, picture: bytes) -> None:
    running = Server(weights)
    try:
        assert httpx.get(f"http://127.0.0.1:{running.port}/healthz").status_code == 200
        os.kill(running.process.pid, signal.SIGTERM)
        _, err = running.process.communicate(timeout=60)
    finally:
        running.process.kill()
    assert "Traceback" not in err
    assert "shutdown complete" in err
    assert "resumes" not in err
    assert running.process.returncode == 0


def test_no_open_door(wepsam_command: Any) -> None:
    code, _, err = wepsam_command("serve", "--host", "0.0.0.0", "--port", "0")
    assert code != 0
    assert "other machines can ask this service; give it a token by --token-file" in err


def said(connection: socket.socket) -> bytes:
    """All that a connection says until it ends."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def test_slow_headers_are_refused(server: Server) -> None:
    begun = [server.connect(head) for head in ("", "G", "GET /healthz HTTP/1.1\nHost: localhost\n")]
    again = server.connect("GET /healthz HTTP/1.1\nHost: localhost\n\n")
    assert again.recv(1000).startswith(b"HTTP/1.1 200")
    start = time.monotonic()
    while time.monotonic() - start < 0.8:  # letters that come one by one give no more time
        for connection in [*begun[1:], again]:
            connection.sendall(b"E")
        time.sleep(0.2)
    for connection in [*begun, again]:
        answer = said(connection)
        assert b"HTTP/1.1 408" in answer
        assert b"the headers did not arrive within 1 s" in answer
        connection.close()
    assert time.monotonic() - start < 30


def test_a_client_that_has_said_all_gets_its_answers(server: Server, picture: bytes) -> None:
    head = f"POST /v1/predict HTTP/1.1\nHost: localhost\nContent-Length: {len(picture)}\n\n"
    with server.connect(head) as connection:
        connection.sendall(picture)
        connection.sendall(head.replace("\n", "\r\n").encode() + picture)
        connection.shutdown(socket.SHUT_WR)
        assert said(connection).count(b"HTTP/1.1 200") == 2
    for part in ("", "GET /hea", head):
        with server.connect(part) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in said(connection)


class Pipe:
    """The clock and the transport of a connection."""

    def __init__(self, left: int = 0) -> None:
        self.now, self.left, self.aborted = 0.0, left, False

    def time(self) -> float:
        return self.now

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.left, self.aborted = 0, True


def telling(pipe: Pipe) -> Connection:
    connection = object.__new__(Connection)
    connection.loop = connection.transport = pipe  # type: ignore[assignment]
    return connection


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    pipe = Pipe(9_000_000)
    held, most = telling(pipe), 30 + pipe.left / LEAST_RATE
    for now, left, aborted in ((0.0, pipe.left, False), (most - 1, 1000, False), (most + 1, 1000, True)):
        pipe.now, pipe.left = now, left
        held.check(30)
        assert pipe.aborted == aborted


def test_answers_that_are_taken_slowly_do_not_fill_the_memory() -> None:
    pipes = [Pipe() for _ in range(4)]
    held = [telling(pipe) for pipe in pipes]
    for second, pipe in enumerate(pipes):
        for one in pipes:
            one.now = second
        pipe.left = 0 if second == 1 else 100  # the second one has taken its answer
        connections.check(held, 30, 200)
    assert [pipe.aborted for pipe in pipes] == [True, False, False, False]
    alone = Pipe(1000)
    connections.check([telling(alone)], 30, 200)
    assert not alone.aborted


def test_head_is_get_without_a_body(server: Server) -> None:
    for path in ("/healthz", "/v1/models", "/metrics", "/openapi.json"):
        with server.connect(f"HEAD {path} HTTP/1.1\nHost: localhost\nConnection: close\n\n") as connection:
            head, _, body = said(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert body == b""
    assert httpx.head(f"http://127.0.0.1:{server.port}/v1/predict").status_code == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [("", 200), ("Host: localhost\n", 200), ("Host: evil.example\n", 403), ("Host:\n", 403), ("Origin: null\n", 403)],
)
def test_http_1_0_needs_no_host(server: Server, headers: str, status: int) -> None:
    with server.connect(f"GET /v1/models HTTP/1.0\n{headers}\n") as connection:
        assert said(connection).startswith(f"HTTP/1.1 {status}".encode())


@pytest.mark.parametrize("content", [b"secret\n", b"secret\r\nmore\r\n", b"\xef\xbb\xbf secret"])
def test_tokens_as_editors_write_them(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token.txt").write_bytes(content)
    assert token(tmp_path / "token.txt") == "secret"


@pytest.mark.parametrize("content", [b"", b"\nsecret", b"\xef\xbb\xbf\n", "secret".encode("utf-16"), "é".encode()])
def test_files_without_a_token(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"token\.txt"):
        token(tmp_path / "token.txt")
