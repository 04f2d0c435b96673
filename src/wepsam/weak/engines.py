"""Run calls in the processes of this machine or on a cluster, through joblib's backends. The results are the same."""

import logging
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NoReturn

from wepsam import processes

ENGINES = ("processes", "ray", "dask")
# What joblib's own processes, Ray, and Dask (after three attempts) raise if a worker is killed.
WORKER_DIED = ("TerminatedWorkerError", "BrokenProcessPool", "ActorDiedError", "RayActorError", "KilledWorker")


class EngineError(ValueError):
    """There is no such engine, or it cannot be started or reached. One line."""


def run(
    work: Callable[..., Any],
    calls: Iterable[tuple[Any, ...]],
    *,
    engine: str = "processes",
    workers: int = -1,
    scheduler: str | None = None,
    report: Callable[[int], object] | None = None,
) -> list[Any]:
    """The results of work(*call) for all calls, in their order.

    Calls are taken from the iterable as workers become free, so it may be long.

    Args:
        work: a function that the workers can import.
        calls: arguments, one tuple per call.
        engine: "processes" of this machine, "ray" or "dask".
        workers: number of calls at a time; -1 for one per core (of the cluster).
        scheduler: address of a running cluster (ray: "auto" or HOST:PORT; dask: tcp://HOST:PORT); None starts one on
            this machine.
        report: called with the number of finished calls whenever it grows, from any thread.

    Raises:
        EngineError: there is no such engine, or its cluster cannot be reached.
        ChildProcessError: a worker was killed from outside.
        Exception: an error of `work`; calls that have not begun are dropped.
    """
    from joblib import Parallel, delayed

    class ReportingParallel(Parallel):  # type: ignore[misc]
        last_report = 0

        def print_progress(self) -> None:  # joblib calls it after each finished call, and once more at the end
            if report and self.n_completed_tasks > self.last_report:
                self.last_report = self.n_completed_tasks
                report(self.last_report)

    with _backend(engine, scheduler):
        try:
            delayed_calls = (delayed(work)(*call) for call in calls)
            if engine != "processes":
                return ReportingParallel(n_jobs=workers, batch_size=1)(delayed_calls)
            # The generator comes back once the workers are started.
            parallel = ReportingParallel(
                n_jobs=workers, batch_size=1, return_as="generator",
                initializer=processes.end_with, initargs=(os.getpid(),),
            )  # fmt: skip
            with processes.starting():
                results = parallel(delayed_calls)
            with closing(results):
                return list(results)
        except Exception as error:
            _raise_cause(error)


def _raise_cause(error: Exception) -> NoReturn:
    """Raise what went wrong in a worker, without what joblib and Ray wrap around it."""
    if type(error).__name__ in WORKER_DIED:
        raise ChildProcessError(
            "a worker was killed, perhaps out of memory; rerun the same call with fewer workers (--workers): it resumes"
        ) from None
    # Ray wraps an error of the worker; or it could not even call it, for example where wepsam is missing.
    cause = getattr(error, "cause", None) or error
    if type(cause).__module__.startswith("ray."):
        raise EngineError(f"the cluster failed: {str(cause).strip().splitlines()[-1]}") from error
    if cause is error:
        raise error
    raise cause from error


@contextmanager
def _backend(engine: str, scheduler: str | None) -> Iterator[None]:
    from joblib import parallel_config

    if engine == "processes":
        if scheduler is not None:
            raise EngineError(f"processes run on this machine; the scheduler {scheduler} needs --engine ray or dask")
        # One thread each for BLAS and OpenMP, because every core has its own process.
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


def _check_listening(service: str, address: str | None) -> None:
    """Fail at once if nobody listens at the address: the clients would try for minutes."""
    if parts := re.fullmatch(r"(?:\w+://)?([^:/]+):(\d+)", address or ""):
        try:
            socket.create_connection((parts[1], int(parts[2])), timeout=10).close()
        except OSError as error:
            raise EngineError(f"no {service} at {address}: {error.strerror or error}") from error


@contextmanager
def _ray(address: str | None) -> Iterator[None]:
    import ray
    from ray.util.joblib import register_ray

    _check_listening("Ray cluster", address)
    start = not ray.is_initialized()
    if start:
        try:
            # Without an address, ray.init would join any cluster that it finds here; "local" starts one.
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            raise EngineError(f"no Ray cluster at {address or 'this machine'}: {error}") from error
    try:
        register_ray()
        yield
    finally:
        if start:
            ray.shutdown()


@contextmanager
def _dask(address: str | None) -> Iterator[None]:
    from distributed import Client, LocalCluster

    _check_listening("Dask scheduler", address)
    try:
        # Port 0 is any free port: the default one may belong to another cluster.
        cluster = (
            None if address else LocalCluster(processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0")
        )
        client = Client(address or cluster, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineError(f"no Dask scheduler at {address or 'this machine'}: {error}") from error
    try:
        yield
    finally:
        logging.getLogger("distributed").setLevel(logging.ERROR)  # it logs a lot while it closes
        client.close()
        if cluster is not None:
            cluster.close()
