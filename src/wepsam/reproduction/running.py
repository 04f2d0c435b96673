"""Carry out a study: its labels, then its runs side by side, each resumable, the finished ones skipped."""

import csv
import multiprocessing
import os
import sys
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

from wepsam.progress import bar
from wepsam.reproduction import jobs as work
from wepsam.reproduction.studies import FULL, STUDIES, Job, Size, Weak, with_starts


def reproduce(
    studies: Iterable[str],
    data: Path,
    out: Path,
    *,
    results: Path | None = None,
    size: Size = FULL,
    workers: int = -1,
) -> list[Job]:
    """Do all runs of some studies.

    Stopped anywhere and called again, it goes on. A run that fails does not keep the others from being done.

    Args:
        studies: names in STUDIES.
        data: the folder with photos/ and the fixation datasets by their names.
        out: where runs and labels go: some gigabytes.
        results: where the small files go from which tables and figures are made; None for nowhere.
        size: FULL or SMOKE.
        workers: runs at a time; -1 for one per core, or one at all with a GPU.

    Returns:
        The runs, starts included.

    Raises:
        ValueError: no such study.
        ChildProcessError: runs failed; which, and why.
    """
    unknown = [name for name in studies if name not in STUDIES]
    if unknown:
        raise ValueError(f"studies are {', '.join(STUDIES)}, not {', '.join(unknown)}")
    everything = with_starts([job for name in studies for job in STUDIES[name](size)])
    todo = [job for job in everything if not work.is_done(job, out)]
    for weak in dict.fromkeys(
        (job.data.teacher, job.data.size, job.data.aspect) for job in todo if isinstance(job.data, Weak)
    ):
        teacher, pixels, aspect = weak
        work.make_labels(Weak(teacher, pixels, aspect=aspect), data, out, size)
    _do_all(todo, data, out, size, _count(workers))
    if results is not None:
        for job in everything:
            work.collect(job, out, results)
    return everything


def _do_all(todo: list[Job], data: Path, out: Path, size: Size, workers: int) -> None:
    """Start each run when what it starts from is done, in order, as many at a time as there are workers."""
    total = sum(job.pictures * size.scale for job in todo)
    waiting, running, failed = list(todo), dict[Future, Job](), dict[Job, str]()
    context = multiprocessing.get_context("spawn")  # torch does not survive a fork
    with bar(total, "pictures") as shown, ProcessPoolExecutor(workers, context) as pool:
        try:
            while waiting or running:
                for job in list(waiting):
                    if isinstance(job.start, Job) and job.start in failed:
                        failed[job] = f"{job.start.name} failed"
                        waiting.remove(job)
                    elif len(running) < workers and (not isinstance(job.start, Job) or work.is_done(job.start, out)):
                        running[pool.submit(_worker, job, data, out, size)] = job
                        waiting.remove(job)
                finished, _ = wait(running, timeout=2, return_when=FIRST_COMPLETED)
                for future in finished:
                    job = running.pop(future)
                    if (error := future.exception()) is not None:
                        failed[job] = str(error).splitlines()[0] if str(error) else type(error).__name__
                done = sum(
                    job.pictures * size.scale if work.is_done(job, out) else _seen(out / job.name, job)
                    for job in todo
                    if job not in waiting
                )
                names = ", ".join(job.name for job in running.values())
                shown.update(done, note=f"{len(waiting) + len(running)} runs left: {names}")
        except BaseException:  # what is interrupted is interrupted now; the runs resume
            for process in list(pool._processes.values()):
                process.terminate()
            raise
    if failed:
        raise ChildProcessError("; ".join(f"{job.name}: {reason}" for job, reason in failed.items()))


def _worker(job: Job, data: Path, out: Path, size: Size) -> None:
    import torch

    torch.set_num_threads(1)  # the cores are taken by the other runs
    folder = out / job.name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output.txt").open("a") as sys.stderr:  # its bars, for many runs share the terminal
        try:
            work.do(job, data, out, size)
        finally:
            sys.stderr = sys.__stderr__


def _seen(folder: Path, job: Job) -> float:
    """Pictures a run has seen at its last validation."""
    try:
        with (folder / "log.csv").open(newline="") as file:
            last = list(csv.DictReader(file))[-1]
        return int(last["step"]) * job.settings.batch_size
    except (OSError, IndexError):
        return 0.0


def _count(workers: int) -> int:
    if workers > 0:
        return workers
    import torch

    return 1 if torch.cuda.is_available() else os.cpu_count() or 1
