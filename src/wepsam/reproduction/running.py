"""Carry out studies: first the weak labels, then the runs in parallel. Finished runs are skipped, others resume."""

import csv
import multiprocessing
import os
import sys
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

from wepsam import cores, processes
from wepsam.progress import bar
from wepsam.reproduction import jobs, run_files
from wepsam.reproduction.studies import FULL, STUDIES, Job, Size, Weak, with_starts


def reproduce(
    studies: Iterable[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    results: str | os.PathLike[str] | None = None,
    size: Size = FULL,
    workers: int = -1,
) -> list[Job]:
    """Carry out all runs of some studies. An interrupted call resumes when it is repeated.

    A run that fails does not stop the others.

    Args:
        studies: names in STUDIES.
        data: folder with photos/ and the fixation datasets by their names.
        out: folder for runs and weak labels, some gigabytes.
        results: folder for the small files that tables and figures are made from, a folder for each study; None for
            nowhere.
        size: FULL or SMOKE.
        workers: runs in parallel; -1 for one per core, or a single one with a GPU.

    Returns:
        The runs, with those that they need.

    Raises:
        ValueError: no study has this name.
        ChildProcessError: some runs failed; says which, and why.
    """
    studies, data, out = list(studies), Path(data), Path(out)
    unknown = [name for name in studies if name not in STUDIES]
    if unknown:
        raise ValueError(f"no study {', '.join(unknown)}: expected {', '.join(STUDIES)}")
    all_jobs = with_starts([job for name in studies for job in STUDIES[name](size)])
    unfinished = [job for job in all_jobs if not jobs.is_done(job, out)]
    for weak in dict.fromkeys(
        Weak(job.data.teacher, job.data.size, aspect=job.data.aspect)
        for job in unfinished
        if isinstance(job.data, Weak) and isinstance(job.data.teacher, str)
    ):
        jobs.make_weak_labels(weak, data, out, size)
    _carry_out_all(unfinished, data, out, size, _worker_count(workers))
    if results is not None:
        for study in dict.fromkeys(job.study for job in all_jobs):
            run_files.gather([out / job.name for job in all_jobs if job.study == study], Path(results) / study)
    return all_jobs


def _carry_out_all(unfinished: list[Job], data: Path, out: Path, size: Size, workers: int) -> None:
    """Start each run, in order, once those that it needs are done; at most `workers` at a time."""
    total = sum(job.pictures * size.scale for job in unfinished)
    waiting, running, failed = list(unfinished), dict[Future, Job](), dict[Job, str]()
    with bar(total, "pictures") as shown, _pool(workers) as pool:
        try:
            while waiting or running:
                for job in list(waiting):
                    if missing := [need for need in job.needs if need in failed]:
                        failed[job] = f"{missing[0].name} failed"
                        waiting.remove(job)
                    elif len(running) < workers and all(jobs.is_done(need, out) for need in job.needs):
                        with processes.starting():
                            running[pool.submit(_carry_out, job, data, out, size)] = job
                        waiting.remove(job)
                finished, _ = wait(running, timeout=2, return_when=FIRST_COMPLETED)
                for future in finished:
                    job = running.pop(future)
                    if (error := future.exception()) is not None:
                        failed[job] = str(error).splitlines()[0] if str(error) else type(error).__name__
                seen = sum(
                    job.pictures * size.scale if jobs.is_done(job, out) else _pictures_seen(out / job.name, job)
                    for job in unfinished
                    if job not in waiting
                )
                names = ", ".join(job.name for job in running.values())
                shown.update(seen, note=f"{len(waiting) + len(running)} runs left: {names}")
        except BaseException:  # an interruption ends the runs at once; they resume
            for process in list(pool._processes.values()):
                process.terminate()
            raise
    if failed:
        reasons = "; ".join(f"{job.name}: {reason}" for job, reason in failed.items())
        raise ChildProcessError(f"{len(failed)} runs failed: {reasons}; the same call resumes them")


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # torch does not survive a fork
    return ProcessPoolExecutor(workers, context, processes.end_with, (os.getpid(),))


def _carry_out(job: Job, data: Path, out: Path, size: Size) -> None:
    """One run in a process of its own; its progress goes into the run's folder."""
    import torch

    torch.set_num_threads(1)  # the other runs occupy the other cores
    folder = out / job.name
    folder.mkdir(parents=True, exist_ok=True)
    # Many runs would share the terminal.
    with (folder / "output.txt").open("a", encoding="utf-8", newline="") as sys.stderr:
        try:
            jobs.carry_out(job, data, out, size)
        finally:
            sys.stderr = sys.__stderr__


def _pictures_seen(folder: Path, job: Job) -> float:
    """Pictures that a run had seen at its last validation."""
    try:
        with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
            last = list(csv.DictReader(file))[-1]
        return int(last["step"]) * job.settings.batch_size
    except Exception:  # there is no log yet, or it is damaged, which the run itself will say
        return 0.0


def _worker_count(workers: int) -> int:
    if workers > 0:
        return workers
    import torch

    return 1 if torch.cuda.is_available() else cores.usable()
