"""What a service takes and what it refuses, each with one clear answer of the kind 4xx."""

from dataclasses import dataclass

from wepsam import cores
from wepsam.images import MAX_PIXELS

MEGABYTE = 1 << 20


class Refused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: of HTTP, 400 to 499.
        text: one line.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


RETRY = "1"  # seconds after which a busy service may be asked again


def busy() -> Refused:
    """The answer of a service that has enough to do."""
    return Refused(429, "the service is busy; ask again")


@dataclass(frozen=True)
class Limits:
    """How much a service does at once, and for one request.

    Attributes:
        workers: pictures that are computed at a time, a core each.
        waiting: requests that wait for a worker; further ones are answered with 429.
        body: bytes of a request; larger ones are answered with 413 before they are read.
        memory: bytes of all requests that are read or wait; further ones are answered with 429. As many again for the
            answers that are being taken; beyond, the clients that have taken longest lose their connections.
        seconds: in which the headers of a request have to arrive, and then its body; slower ones are answered with 408.
        pixels: of a picture; larger ones are refused before they are decoded.
        pictures: of a request.
        connections: at a time; some further ones are answered with 503, and more are closed.
    """

    workers: int = cores.usable()
    waiting: int = 64
    body: int = 50 * MEGABYTE
    memory: int = 512 * MEGABYTE
    seconds: float = 30.0
    pixels: int = MAX_PIXELS
    pictures: int = 20
    connections: int = 1024

    def __post_init__(self) -> None:
        for name, least in {"workers": 1, "waiting": 0, "body": 1, "seconds": 0, "pixels": 1, "pictures": 1}.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected at least {least}")
        if self.memory < self.body:
            raise ValueError(f"memory is {self.memory:,} bytes; expected at least the {self.body:,} of one request")
