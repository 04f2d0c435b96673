"""The service under load: python -m benchmarks.serve PICTURES [--requests N] [--rounds N] [--soak N]

It starts `wepsam serve --quality fast` on this machine, asks it for maps from 1, 8 and 32 clients, and compares the
rate with two others of the same round, each from one process per core: the forward pass alone, on a picture that is
read already; and what the service computes for a request (`service.answering.predict`: read, check of the kind,
forward, enlarge, PNG) without HTTP, which no service can exceed. Rounds are repeated, and the medians are printed.

Processor time says the same where other work takes the cores: of the computing alone, and for each request that of the
service and that of the clients, which take time of the same cores.

--soak: so many requests from 16 clients, 2 of 100 of them bad. Every answer is compared with the right one, and the
memory of the service is watched. In the middle the service is killed and started again: only requests that are inside
then may fail.
"""

import argparse
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from benchmarks.common import as_jpeg
from wepsam import cores
from wepsam.images import MAX_PIXELS, resize
from wepsam.markdown import table
from wepsam.prediction import targets
from wepsam.service import answering
from wepsam.service.forms import Upload

CLIENTS = (1, 8, 32)
BAD = 50  # every so many requests of a soak is bad
PATH = "/v1/predict"
COLUMNS = {
    "a second": "{:.1f}", "of forward": "{:.0%}", "without HTTP": "{:.0%}", "p50": "{:.0f}", "p99": "{:.0f}",
    "processor": "{:.1f}", "clients": "{:.1f}",
}  # fmt: skip
Row = dict[str, float]
_OPEN: dict[str, Any] = {}  # of one process of the peers
QUIET = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}


@dataclass
class Service:
    """`wepsam serve` in a process of its own; it keeps its port when it is started again."""

    port: int = 0
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> None:
        call = [sys.executable, "-m", "wepsam", "serve", "--port", str(self.port), "--quality", "fast"]
        self.process = subprocess.Popen(call, **QUIET)  # type: ignore[call-overload]
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.match(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        while self.ask(b"") is None:
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, data: bytes, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes] | None:
        """Status and answer; None if the connection fails."""
        own = connection or self.connection()
        try:
            own.request("POST", PATH, data, {"content-type": "image/jpeg"})
            answer = own.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            own.close()
            return None

    def processor_time(self) -> float:
        """Seconds of processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # for itself, and in the kernel

    def memory(self) -> float:
        """Megabytes that are resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=int, default=0)
    options = parser.parse_args()
    files = [as_jpeg(path) for path in targets.found(options.pictures)[:100]]
    service = Service()
    service.start()
    try:
        if options.soak:
            soak(service, files, options.soak)
        else:
            load(service, files, options.requests, options.rounds)
    finally:
        service.stop()


def load(service: Service, files: Sequence[bytes], requests: int, rounds: int) -> None:
    """The rates and the times of answers, beside the forward pass and beside the same work without HTTP."""
    found: dict[str, list[Row]] = {}
    with ProcessPoolExecutor(cores.usable(), get_context("spawn"), _open, (files,)) as pool:
        for _ in range(rounds):
            forward, computed = (_alone(pool, work, requests) for work in (_forward, _answer))
            measured = {"forward alone": forward, "the same answers without HTTP": computed}
            for clients in CLIENTS:
                measured[f"wepsam serve, {clients} clients"] = _served(service, files, requests, clients)
            for name, row in measured.items():
                shares = {"of forward": row["a second"] / forward["a second"]}
                shares["without HTTP"] = row["a second"] / computed["a second"]
                found.setdefault(name, []).append(row | shares)
    rows = []
    for name, repeated in found.items():
        cells = [name, str(cores.usable())]
        for key, form in COLUMNS.items():
            values = [one[key] for one in repeated if key in one]
            cells.append(form.format(statistics.median(values)) if values else "")
        rows.append(cells)
    heads = [
        "a second", "of forward", "of answers without HTTP", "p50 ms", "p99 ms", "processor ms", "of the clients, ms"
    ]  # fmt: skip
    print(table(["maps of 500-px JPEGs, fast", "cores", *heads], rows))


def _open(files: Sequence[bytes]) -> None:
    """In a process of its own: the model, and what it is asked."""
    model = wepsam.load(threads=1, quality="fast", warn=False)
    pixels = model.read(files[0])[0]
    shape_of, mirrored = model._views[0]  # what `scale_densities` gives to the network
    small = resize(pixels, shape_of(*pixels.shape[:2]))[None]
    _OPEN.update(model=model, files=files, fed=np.concatenate([small, small[:, :, ::-1]]) if mirrored else small)


def _forward(_: int) -> float:
    begin = time.process_time()
    _OPEN["model"]._run(_OPEN["fed"])
    return time.process_time() - begin


def _answer(number: int) -> float:
    begin, files = time.process_time(), _OPEN["files"]
    upload = Upload("picture", files[number % len(files)])
    answering.predict(upload, _OPEN["model"], answering.MAP, MAX_PIXELS)
    return time.process_time() - begin


def _alone(pool: ProcessPoolExecutor, work: Callable[[int], float], requests: int) -> Row:
    list(pool.map(work, range(4 * cores.usable())))  # all processes are open
    begin = time.perf_counter()
    spent = sum(pool.map(work, range(requests), chunksize=5))
    return {"a second": requests / (time.perf_counter() - begin), "processor": 1000 * spent / requests}


def _served(service: Service, files: Sequence[bytes], requests: int, clients: int) -> Row:
    seconds: list[float] = []
    mine, its = time.process_time(), service.processor_time()
    per_second = rate(lambda: asked(service, files, requests, clients, seconds))
    ordered = sorted(seconds)
    return {
        "a second": per_second,
        "p50": 1000 * statistics.median(ordered),
        "p99": 1000 * ordered[int(0.99 * (len(ordered) - 1))],
        "processor": 1000 * (service.processor_time() - its) / requests,
        "clients": 1000 * (time.process_time() - mine) / requests,
    }


def rate(work: Callable[[], int]) -> float:
    """How many a second, by the number that the work returns."""
    begin = time.perf_counter()
    return work() / (time.perf_counter() - begin)


def asked(service: Service, files: Sequence[bytes], requests: int, clients: int, seconds: list[float]) -> int:
    """Ask so many times; every answer has to be a map."""
    numbers = iter(range(requests))

    def client() -> int:
        connection, count = service.connection(), 0
        for number in numbers:
            begin = time.perf_counter()
            answer = service.ask(files[number % len(files)], connection)
            assert (answer or (0, b""))[0] == 200, answer
            seconds.append(time.perf_counter() - begin)
            count += 1
        connection.close()
        return count

    with ThreadPoolExecutor(clients) as pool:
        return sum(future.result() for future in [pool.submit(client) for _ in range(clients)])


def soak(service: Service, files: Sequence[bytes], requests: int, clients: int = 16) -> None:
    """Nothing lost, nothing wrong, memory flat, and a kill costs only what was inside."""
    right = [service.ask(data) for data in files]
    assert all(answer is not None and answer[0] == 200 for answer in right)
    bad = (b"not a picture", files[0][: len(files[0]) // 2], b"\xff" * 1000)
    numbers, wrong, lost, refused = iter(range(requests)), [], [], []
    memory = [service.memory()]
    killed = threading.Event()

    def client() -> None:
        connection = service.connection()
        for number in numbers:
            is_bad = number % BAD == 0
            while True:
                answer = service.ask(bad[number // BAD % 3] if is_bad else files[number % len(files)], connection)
                if answer is None and killed.is_set():
                    lost.append(number)
                    time.sleep(0.2)
                    continue
                if answer is not None and answer[0] == 429:
                    refused.append(number)
                    time.sleep(0.5)
                    continue
                break
            if answer is None or (answer[0] != 422 if is_bad else answer != right[number % len(files)]):
                wrong.append(number)
            if number == requests // 2 and not killed.is_set():
                killed.set()
                service.stop(signal.SIGKILL)
                service.start()
            if number % (requests // 20 or 1) == 0:
                memory.append(service.memory())
                print(f"{number:,} of {requests:,}: {memory[-1]:.0f} MB", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(clients) as pool:
        for future in [pool.submit(client) for _ in range(clients)]:
            future.result()
    rows = [
        ["requests", f"{requests:,}"],
        ["of them bad", f"{len(range(0, requests, BAD)):,}"],
        ["wrong or without an answer", str(len(wrong))],
        ["asked again after the kill", str(len(lost))],
        ["asked again because the service was busy", str(len(refused))],
        ["memory, from and to", f"{memory[1]:.0f} to {memory[-1]:.0f} MB"],
        ["most memory", f"{max(memory):.0f} MB"],
    ]
    print(table([f"{clients} clients, killed and started again in the middle", ""], rows))
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
