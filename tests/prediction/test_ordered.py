"""Work side by side: in order, within bounds."""

import threading
import time

import pytest

from wepsam.prediction.ordered import in_order


@pytest.mark.parametrize("workers", [1, 4])
def test_large_things_are_worked_on_one_at_a_time(workers: int) -> None:
    sizes = [1, 1, 90, 80, 1, 1, 200, 1]
    lock, held, most = threading.Lock(), 0, 0

    def work(size: int) -> int:
        nonlocal held, most
        with lock:
            held += size
            most = max(most, held)
        time.sleep(0.01)
        with lock:
            held -= size
        return size

    assert list(in_order(work, sizes, workers, size=lambda size: size, room=100)) == sizes
    assert most <= 200  # the one that is too large alone
    assert list(in_order(work, sizes[:6], workers, size=lambda size: size, room=100)) == sizes[:6]
