"""How long `wepsam app` lets people wait: python -m benchmarks.app [--rounds N]

Until the page is there after the command was given; and from a picture of 1280x800 pixels, sent by the page, to all its
numbers and its heat map. Beside it, in the same run: the same numbers and drawing by `wepsam.attend` in this process,
which shows what the page and the way to it cost. A machine that does other work makes all of it slower.
"""

import argparse
import io
import json
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from typing import Any

from PIL import Image

import wepsam
from wepsam.app import answering
from wepsam.drawing.examples import balloons
from wepsam.markdown import table

BOUNDARY = "picture-of-the-page"


def post(url: str, body: bytes, kind: str = "application/json") -> bytes:
    request = urllib.request.Request(url, body, {"content-type": kind})
    with urllib.request.urlopen(request) as response:
        answer: bytes = response.read()
    return answer


def started() -> tuple[subprocess.Popen[str], str, float]:
    """The command, its address, and the seconds until the page is there."""
    call = [sys.executable, "-m", "wepsam", "app", "--port", "0", "--no-browser"]
    begin = time.perf_counter()
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.match(r"(\S+) is the page", process.stderr.readline())
    assert found
    urllib.request.urlopen(found[1]).read()
    return process, found[1], time.perf_counter() - begin


def answered(address: str, data: bytes) -> float:
    """Seconds from a picture to its numbers and its heat map, as the page asks for them."""
    visit = json.loads(post(f"{address}/api/visits", b"{}"))["visit"]
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    form = head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
    begin = time.perf_counter()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    held = json.loads(post(f"{address}/api/visits/{visit}/pictures", form, kind))
    asked: dict[str, Any] = {"visit": visit, "model": "wepsam-lite", "picture": {"id": held["id"]}}
    post(f"{address}/api/answer", json.dumps(asked).encode())
    post(f"{address}/api/drawing", json.dumps(asked | {"kind": "heat"}).encode())
    return time.perf_counter() - begin


def here(model: wepsam.Predictor, data: bytes) -> float:
    begin = time.perf_counter()
    answer = wepsam.attend(data, model=model)
    answering.said(answer, "a.png")
    answering.drawn(answer, "heat", 0.75)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    buffer = io.BytesIO()
    balloons().resize((1280, 800), Image.Resampling.LANCZOS).save(buffer, "PNG")
    model = wepsam.load(threads=1, warn=False)
    starts, pages, alone = [], [], []
    for _ in range(rounds):
        process, address, seconds = started()
        starts.append(seconds)
        for _ in range(rounds):
            pages.append(answered(address, buffer.getvalue()))
            alone.append(here(model, buffer.getvalue()))
        process.terminate()
        process.communicate()
    rows = [
        [what, f"{statistics.median(times):.2f} s", f"{max(times):.2f} s"]
        for what, times in (
            ("from the command to the page", starts),
            ("from a picture of 1280x800 to its answer", pages),
            ("the same in Python", alone),
        )
    ]
    print(table(["", "median", "longest"], rows))


if __name__ == "__main__":
    main()
