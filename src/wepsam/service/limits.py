"""What a service takes and what it refuses, each with one clear answer of the kind 4xx."""

from dataclasses import dataclass

from wepsam import cores
from wepsam.images import MAX_PIXELS

MEGABYTE = 1 << 20
RETRY, RETRY_CLIP = "1", "10"  # seconds after which a busy service may be asked again
FASTEST = 120  # frames a second of a clip, on average


class Refused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: of HTTP, 400 to 499; 501 for what this installation cannot do, 503 for a service that ends.
        text: one line.
        retry: of 429: seconds after which to ask again.
    """

    def __init__(self, status: int, text: str, retry: str = RETRY) -> None:
        super().__init__(text)
        self.status, self.text, self.retry = status, text, retry


def busy() -> Refused:
    """The answer of a service that has enough to do."""
    return Refused(429, "the service is busy; ask again")


@dataclass(frozen=True)
class Limits:
    """How much a service does at once, and for one request.

    Attributes:
        workers: pictures that are computed at a time, a core each.
        clips: clips that are watched at a time, beside the pictures; further ones are answered with 429.
        waiting: requests that wait for a worker; further ones are answered with 429.
        body: bytes of a request; larger ones are answered with 413 before they are read.
        memory: bytes of all requests that are read or wait; further ones are answered with 429. As many again for the
            answers that are being taken; beyond, the clients that have taken longest lose their connections.
        seconds: in which the headers of a request have to arrive, and then its body; slower ones are answered with 408.
        pixels: of a picture; larger ones are refused before they are decoded.
        pictures: of a request.
        clip_seconds: of a clip; longer ones, and those with more than FASTEST frames in each of them, are refused
            before they are watched.
        clip_cells: of all maps of a clip, each of 4 bytes.
        connections: at a time; some further ones are answered with 503, and more are closed.
    """

    workers: int = cores.usable()
    waiting: int = 64
    body: int = 50 * MEGABYTE
    memory: int = 512 * MEGABYTE
    seconds: float = 30.0
    pixels: int = MAX_PIXELS
    pictures: int = 20
    clips: int = 1
    clip_seconds: float = 120.0
    clip_cells: int = 50_000_000
    connections: int = 1024

    def __post_init__(self) -> None:
        least_of = {"workers": 1, "waiting": 0, "body": 1, "seconds": 0, "pixels": 1, "pictures": 1, "clips": 1}
        for name, least in (least_of | {"clip_seconds": 0, "clip_cells": 1}).items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected at least {least}")
        if self.memory < self.body:
            raise ValueError(f"memory is {self.memory:,} bytes; expected at least the {self.body:,} of one request")
