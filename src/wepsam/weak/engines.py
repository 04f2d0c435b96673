"""Who does the work: processes of this machine, or a cluster, through joblib's backends. The work is the same."""

import logging
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

ENGINES = ("processes", "ray", "dask")
# What joblib's own processes, Ray and Dask (after three tries) raise then.
WORKER_DIED = ("TerminatedWorkerError", "BrokenProcessPool", "ActorDiedError", "RayActorError", "KilledWorker")


class EngineError(ValueError):
    """There is no such engine, or it cannot be started or reached. One line."""


def run(
    work: Callable[..., Any],
    calls: Iterable[tuple],
    *,
    engine: str = "processes",
    workers: int = -1,
    scheduler: str | None = None,
    done: Callable[[int], object] | None = None,
) -> list[Any]:
    """The results of work(*call) for all calls, in their order.

    Calls are taken from the iterable as workers get free: it may be long.

    Args:
        work: a function that the workers can import.
        calls: arguments, a tuple each.
        engine: "processes" of this machine, "ray" or "dask".
        workers: how many at a time; -1 for one per core (of the cluster).
        scheduler: address of a running cluster (ray: "auto" or HOST:PORT; dask: tcp://HOST:PORT); None starts one on
            this machine.
        done: called with the number of finished calls whenever it grows, from any thread.

    Raises:
        EngineError: no such engine, or its cluster cannot be reached.
        ChildProcessError: a worker was ended from outside.
        Exception: what `work` raised; calls that have not begun are dropped.
    """
    from joblib import Parallel, delayed

    class Reporting(Parallel):  # type: ignore[misc]
        told = 0

        def print_progress(self) -> None:  # joblib calls it whenever a call has finished, and once more at the end
            if done and self.n_completed_tasks > self.told:
                self.told = self.n_completed_tasks
                done(self.told)

    with _backend(engine, scheduler):
        try:
            return Reporting(n_jobs=workers, batch_size=1)(delayed(work)(*call) for call in calls)
        except Exception as error:
            if type(error).__name__ in WORKER_DIED:
                raise ChildProcessError(
                    "a worker was ended from outside, perhaps for want of memory; "
                    "the same call goes on, with fewer workers"
                ) from None
            # Ray wraps what a worker raised; or it could not even call it, where wepsam is not installed, say.
            cause = getattr(error, "cause", None) or error
            if type(cause).__module__.startswith("ray."):
                raise EngineError(f"the cluster could not do it: {str(cause).strip().splitlines()[-1]}") from error
            if cause is error:
                raise
            raise cause from error


@contextmanager
def _backend(engine: str, scheduler: str | None) -> Iterator[None]:
    from joblib import parallel_config

    if engine == "processes":
        if scheduler is not None:
            raise EngineError(f"processes run on this machine; {scheduler} needs --engine ray or dask")
        # One thread each for BLAS and OpenMP: the cores are taken by the processes.
        with parallel_config("loky", inner_max_num_threads=1):
            yield
    elif engine == "ray":
        with _ray(scheduler), parallel_config("ray"):
            yield
    elif engine == "dask":
        with _dask(scheduler), parallel_config("dask"):
            yield
    else:
        raise EngineError(f"engines are {', '.join(ENGINES)}, not {engine!r}")


def _reach(what: str, address: str | None) -> None:
    """Answer at once where nobody listens: the clients would try for minutes."""
    if found := re.fullmatch(r"(?:\w+://)?([^:/]+):(\d+)", address or ""):
        try:
            socket.create_connection((found[1], int(found[2])), timeout=10).close()
        except OSError as error:
            raise EngineError(f"no {what} at {address}: {error.strerror or error}") from error


@contextmanager
def _ray(address: str | None) -> Iterator[None]:
    import ray
    from ray.util.joblib import register_ray

    _reach("Ray cluster", address)
    mine = not ray.is_initialized()
    if mine:
        try:
            # Without an address ray.init would join whatever cluster it finds here; "local" starts one.
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            raise EngineError(f"no Ray cluster at {address or 'this machine'}: {error}") from error
    try:
        register_ray()
        yield
    finally:
        if mine:
            ray.shutdown()


@contextmanager
def _dask(address: str | None) -> Iterator[None]:
    from distributed import Client, LocalCluster

    _reach("Dask scheduler", address)
    try:
        # Port 0 is any free one: the usual one may be another cluster's.
        cluster = (
            None if address else LocalCluster(processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0")
        )
        client = Client(address or cluster, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineError(f"no Dask scheduler at {address or 'this machine'}: {error}") from error
    try:
        yield
    finally:
        logging.getLogger("distributed").setLevel(logging.ERROR)  # closing is talkative
        client.close()
        if cluster is not None:
            cluster.close()
