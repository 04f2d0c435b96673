"""Pictures are held while somebody looks at them, within bounds, and no longer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wepsam.app import visits
from wepsam.app.visits import ANSWERS, MOST_VISITS, SILENCE, Visits
from wepsam.service.forms import Upload
from wepsam.service.limits import Limits, Refused

PICTURE = Upload("a.png", b"1" * 100)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def made(**limits: Any) -> tuple[Visits, Clock]:
    clock = Clock()
    return Visits(Limits(workers=1, **limits), clock), clock


def test_a_visit_ends_when_nothing_is_heard_of_it() -> None:
    held, clock = made()
    quiet, alive = held.start(), held.start()
    name = held.add(quiet, PICTURE)
    assert held.picture(quiet, name).upload is PICTURE
    clock.now = 0.9 * SILENCE
    held.hear(alive)
    clock.now = 1.1 * SILENCE
    held.sweep()
    assert len(held) == 1
    held.hear(alive)
    with pytest.raises(Refused, match="not held any more") as gone:
        held.picture(quiet, name)
    assert gone.value.status == 410


def test_pictures_are_those_of_their_visit_alone() -> None:
    held, _ = made()
    mine, other = held.start(), held.start()
    name = held.add(mine, PICTURE)
    with pytest.raises(Refused):
        held.picture(other, name)
    held.remove(mine, name)
    with pytest.raises(Refused):
        held.picture(mine, name)
    held.end(mine)
    with pytest.raises(Refused):
        held.add(mine, PICTURE)


def test_pictures_and_visits_are_counted() -> None:
    held, clock = made(pictures=2)
    visit = held.start()
    held.add(visit, PICTURE)
    held.add(visit, PICTURE)
    with pytest.raises(Refused, match="2 pictures and clips are here already"):
        held.add(visit, PICTURE)
    for second in range(MOST_VISITS):
        clock.now = second / 10
        held.start()
    assert len(held) == MOST_VISITS
    with pytest.raises(Refused):  # the oldest one made room
        held.hear(visit)


def test_the_memory_is_bounded() -> None:
    held, clock = made(body=100, memory=250)
    old, new = held.start(), held.start()
    clock.now = 1
    kept = held.add(old, PICTURE)
    clock.now = 2
    held.add(new, PICTURE)
    held.add(new, PICTURE)  # 300 bytes: the older visit goes
    with pytest.raises(Refused):
        held.picture(old, kept)
    with pytest.raises(Refused, match="take all the memory") as full:
        held.add(new, PICTURE)
    assert full.value.status == 413


def test_a_visit_alone_is_not_ended_for_its_answers() -> None:
    """Its page would bring all of it again, without end."""
    held, clock = made(body=100, memory=250)
    quiet = held.start()
    clock.now = 1
    visit = held.start()
    kept = held.picture(visit, held.add(visit, PICTURE))
    kept.answers["lite", "typical", ""] = SimpleNamespace(  # type: ignore[assignment]
        stimulus=np.zeros((10, 10, 3), np.uint8), density=np.zeros((4, 4))
    )
    held.make_room()
    held.hear(visit)
    with pytest.raises(Refused):
        held.hear(quiet)


def test_the_network_sees_a_picture_once_for_each_model() -> None:
    asked = []
    answer: Any = SimpleNamespace(stimulus=np.zeros((10, 10, 3), np.uint8), density=np.zeros((4, 4)))

    def ask(upload: Upload) -> Any:
        asked.append(upload)
        return answer

    held = visits.Held(PICTURE)
    for _ in range(3):
        assert held.answer(("lite", "typical", ""), ask) is answer
    assert len(asked) == 1
    for number in range(ANSWERS):
        held.answer(("lite", f"{number}", ""), ask)
    assert len(held.answers) == ANSWERS
    assert held.bytes == 100 + ANSWERS * (300 + 128)
    held.answer(("lite", "typical", ""), ask)  # it had to go
    assert len(asked) == ANSWERS + 2


def test_clips_of_one_visit_fit_into_the_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen in a clip takes more than the clip: it goes but for the clip that was asked for last."""
    held, _ = made(memory=1000, body=100)
    visit = held.start()
    names = [held.add(visit, PICTURE, is_clip=True) for _ in range(4)]
    seen = SimpleNamespace(bytes=400)
    done = SimpleNamespace(done=lambda: True, cancelled=lambda: False, exception=lambda: None, result=lambda: seen)
    for name in names[:3]:
        held.clip(visit, name).job = SimpleNamespace(done=done, stop=SimpleNamespace(set=lambda: None))  # type: ignore
    held.clip(visit, names[0])
    held.make_room()
    assert [held.clip(visit, name).job is None for name in names] == [False, True, True, True]
    assert [held.clip(visit, name).upload for name in names] == 4 * [PICTURE]
