"""Pictures scored side by side in processes, where joblib is there and the model can travel; else one after another."""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FEW = 8  # pictures; for fewer the start of the processes takes longer than the work


def in_order(work: Callable[[int], Any], places: Sequence[int], workers: int = -1) -> Iterator[Any]:
    """The results of work(place), in the order of the places, each as soon as it and those before it are there.

    Args:
        work: what is the same for all places travels to each process once. What cannot be pickled (an open session,
            say) is worked with here, one place after another.
        places: what to work on.
        workers: processes; -1 for one per core.
    """
    workers = (os.cpu_count() or 1) if workers == -1 else workers
    packed = _packed(work) if workers > 1 and len(places) > FEW and find_spec("joblib") else None
    if packed is None:
        yield from map(work, places)
        return
    from joblib import Parallel, delayed, parallel_config

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "work.pickle"
        path.write_bytes(packed)
        # A process per core leaves none for the threads of linear algebra.
        with parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = Parallel(n_jobs=min(workers, len(places)), batch_size=1, return_as="generator")
            with closing(parallel(delayed(_work)(path, os.getcwd(), place) for place in places)) as results:
                yield from results


def _packed(work: Any) -> bytes | None:
    # It also takes functions of a notebook, and closures. Older versions of joblib have their own.
    cloudpickle = import_module("cloudpickle" if find_spec("cloudpickle") else "joblib.externals.cloudpickle")
    try:
        return cloudpickle.dumps(work)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError):
        return None


def _work(path: Path, here: str, place: int) -> Any:
    os.chdir(here)  # joblib keeps its processes, and relative paths mean what they mean to the caller
    return _unpacked(path)(place)


@lru_cache(maxsize=1)
def _unpacked(path: Path) -> Callable[[int], Any]:
    return pickle.loads(path.read_bytes())
