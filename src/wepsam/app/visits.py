"""The pictures and clips of those who visit the page: held in memory while they are there, never written to a disk.

A visit ends when its page says so, when nothing was heard of it for a while, or when the pictures of others need its
room. The page then brings its pictures again.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from wepsam.app.clips import HeldClip
from wepsam.attention.answers import Attention
from wepsam.service.forms import Upload
from wepsam.service.limits import Limits, Refused

MOST_VISITS = 32
SILENCE = 300.0  # seconds; a page gives a sign of life every minute
ANSWERS = 4  # of one picture: those of the models and calibrations that were asked for last
Key = tuple[str, str, str]  # model, calibration, viewport

FORGOTTEN = "this picture is not held any more; drop it again"


@dataclass(eq=False)
class Held:
    """A picture of a visit.

    Attributes:
        upload: its name and its bytes.
        answers: by model, calibration and viewport.
    """

    upload: Upload
    answers: dict[Key, Attention] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock, repr=False)

    def answer(self, key: Key, ask: Callable[[Upload], Attention]) -> Attention:
        """The answer to a question: the network sees the picture once."""
        with self.lock:
            found = self.answers.pop(key, None) or ask(self.upload)
            self.answers[key] = found  # the last one of those that are kept
            while len(self.answers) > ANSWERS:
                del self.answers[next(iter(self.answers))]
            return found

    def close(self) -> None:
        """Nothing is under way that would have to end."""

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        return len(self.upload.data) + sum(a.stimulus.nbytes + a.density.nbytes for a in [*self.answers.values()])


@dataclass(eq=False)
class Visit:
    """One page that is open somewhere."""

    pictures: dict[str, Held | HeldClip] = field(default_factory=dict)
    heard: float = 0.0

    @property
    def bytes(self) -> int:
        """How much memory its pictures take, about."""
        return sum(held.bytes for held in self.pictures.values())


class Visits:
    """All visits, at most MOST_VISITS and `Limits.memory` bytes. To be used by one thread."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            limits: how many pictures a visit has, and how much memory all of them take.
            clock: seconds.
        """
        self.limits, self._clock = limits, clock
        self._visits: dict[str, Visit] = {}

    def start(self) -> str:
        """A new visit: its name, which nobody can guess."""
        self.sweep()
        while len(self._visits) >= MOST_VISITS:
            self.end(self._oldest())
        name = secrets.token_urlsafe(16)
        self._visits[name] = Visit(heard=self._clock())
        return name

    def add(self, visit: str, upload: Upload, is_clip: bool = False) -> str:
        """Hold a picture or a clip: its name; Refused if there are as many as may be. Older visits make room."""
        found = self._visit(visit)
        if len(found.pictures) >= self.limits.pictures:
            raise Refused(422, f"{self.limits.pictures} pictures and clips are here already; remove one first")
        if found.bytes + len(upload.data) > self.limits.memory:
            raise Refused(413, "the pictures here take all the memory that there is for them; remove some first")
        name = secrets.token_urlsafe(16)
        found.pictures[name] = HeldClip(upload) if is_clip else Held(upload)
        self.make_room(found)
        return name

    def picture(self, visit: str, name: str) -> Held:
        """A picture of a visit; Refused with 410 if it is not held any more."""
        held = self._held(visit, name)
        if not isinstance(held, Held):
            raise Refused(422, f"{held.upload.name} is a clip; expected a picture")
        return held

    def clip(self, visit: str, name: str) -> HeldClip:
        """A clip of a visit; Refused with 410 if it is not held any more."""
        held = self._held(visit, name)
        if not isinstance(held, HeldClip):
            raise Refused(422, f"{held.upload.name} is a picture; expected a clip")
        pictures = self._visits[visit].pictures
        pictures[name] = pictures.pop(name)  # the last one of those that are held
        return held

    def remove(self, visit: str, name: str) -> None:
        """Forget a picture or a clip."""
        held = self._visit(visit).pictures.pop(name, None)
        if held is not None:
            held.close()

    def hear(self, visit: str) -> None:
        """Take a sign of life; Refused with 410 if the visit has ended."""
        self._visit(visit)

    def end(self, visit: str) -> None:
        """Forget all pictures and clips of a visit."""
        found = self._visits.pop(visit, None)
        for held in [] if found is None else found.pictures.values():
            held.close()

    def sweep(self) -> None:
        """End the visits of which nothing was heard for a while."""
        now = self._clock()
        for name in [name for name, visit in self._visits.items() if now - visit.heard > SILENCE]:
            self.end(name)

    def make_room(self, kept: Visit | None = None) -> None:
        """End the visits that were silent longest until the others fit into the memory.

        Never the one to keep: without one, that of which was heard last, for it would bring all of it again at once. If
        that is not enough, it forgets what was seen in its clips but the one that was asked for last.
        """
        kept = kept or max(self._visits.values(), key=lambda visit: visit.heard, default=None)
        while sum(visit.bytes for visit in self._visits.values()) > self.limits.memory:
            others = {name: visit for name, visit in self._visits.items() if visit is not kept}
            if not others:
                break
            self.end(min(others, key=lambda name: others[name].heard))

        clips = [held for held in kept.pictures.values() if isinstance(held, HeldClip)] if kept else []
        for held in clips[:-1]:
            if kept and kept.bytes > self.limits.memory and held.bytes > len(held.upload.data):
                held.close()  # it is watched again if it is asked for

    def __len__(self) -> int:
        return len(self._visits)

    def _held(self, visit: str, name: str) -> Held | HeldClip:
        held = self._visit(visit).pictures.get(name)
        if held is None:
            raise Refused(410, FORGOTTEN)
        return held

    def _visit(self, name: str) -> Visit:
        found = self._visits.get(name)
        if found is None:
            raise Refused(410, FORGOTTEN)
        found.heard = self._clock()
        return found

    def _oldest(self) -> str:
        return min(self._visits, key=lambda name: self._visits[name].heard)
