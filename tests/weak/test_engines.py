"""The engine makes no difference: processes, a real Ray instance, a real Dask cluster of two workers."""

from __future__ import annotations

import logging
import operator
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import Paint, Run, Write, rows_of, same_content
from wepsam.weak import engines
from wepsam.weak.engines import EngineError
from wepsam.weak.labeling import label


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, paint: Paint, write: Write) -> Path:
    folder = tmp_path_factory.mktemp("engines") / "photos"
    for seed in range(10):
        write(folder / f"{seed}.jpg", paint(seed))
    (folder / "broken.jpg").write_bytes(b"<html>")
    return folder


@pytest.fixture(scope="module")
def local(photos: Path) -> Path:
    label(photos, photos.parent / "local", workers=1, part_size=2)
    return photos.parent / "local"


@pytest.fixture(scope="module")
def dask_scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster.scheduler_address


def test_results_come_in_the_order_of_the_calls() -> None:
    reports: list[int] = []
    calls = ((k, 1) for k in range(7))
    assert engines.run(operator.add, calls, workers=2, report=reports.append) == list(range(1, 8))
    assert reports == sorted(set(reports))
    assert reports[-1] == 7


def test_dask(
    photos: Path,
    local: Path,
    tmp_path: Path,
    dask_scheduler: str,
    wepsam_command: Run,
    bar_updates: list[tuple[float, float]],
) -> None:
    options = ["--engine", "dask", "--scheduler", dask_scheduler, "--part-size", 2]
    code, out, err = wepsam_command("label", photos, tmp_path / "weak", *options)
    assert code == 0, err
    assert out.splitlines()[0] == "11 read: 10 kept, 0 rejected, 1 failed"
    assert bar_updates[-1] == (11, 11)
    assert same_content(tmp_path / "weak", local)


def test_a_job_started_locally_resumes_on_a_cluster(
    photos: Path, local: Path, tmp_path: Path, dask_scheduler: str
) -> None:
    label(photos, tmp_path / "weak", workers=2, part_size=2)
    for part in (0, 3):
        (tmp_path / "weak" / f"part-{part:05d}.parquet").unlink()
    label(photos, tmp_path / "weak", part_size=2, engine="dask", scheduler=dask_scheduler)
    assert same_content(tmp_path / "weak", local)


def test_an_error_on_a_dask_cluster_is_raised_here(photos: Path, dask_scheduler: str) -> None:
    with pytest.raises(ZeroDivisionError):
        engines.run(operator.truediv, [(1, 1), (1, 0)], engine="dask", scheduler=dask_scheduler)


def die_once(k: int, folder: str) -> int:
    """The fourth call kills its worker, as the kernel does when memory runs out."""
    died = Path(folder, "died")
    if k == 3 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return k


def test_dask_gives_the_work_of_a_killed_worker_to_another(tmp_path: Path, dask_scheduler: str) -> None:
    calls = [(k, str(tmp_path)) for k in range(8)]
    assert engines.run(die_once, calls, engine="dask", scheduler=dask_scheduler) == list(range(8))


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="needs the extra [cluster]")
    # Where the functions of these tests are, besides what this process imports from.
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    ray.init(
        address="local",
        num_cpus=2,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield
    ray.shutdown()


@pytest.mark.usefixtures("ray")
def test_an_error_on_ray_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^\[Errno 2\] No such file or directory: '/no/such/file'$"):
        engines.run(os.stat, [("/",), ("/no/such/file",)], engine="ray")
    with pytest.raises(ChildProcessError, match="a worker was killed"):
        engines.run(die_once, [(k, str(tmp_path)) for k in range(8)], engine="ray")


@pytest.mark.usefixtures("ray")
def test_ray(photos: Path, local: Path, tmp_path: Path, bar_updates: list[tuple[float, float]]) -> None:
    label(photos, tmp_path / "weak", part_size=2, engine="ray")
    assert bar_updates[-1] == (11, 11)
    assert same_content(tmp_path / "weak", local)
    assert rows_of(tmp_path / "weak")["broken.jpg"]["status"] == "failed"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "spark"}, "engines are processes, ray, dask, not 'spark'"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "tcp://127.0.0.1:1 needs --engine ray or dask"),
        ({"engine": "dask", "scheduler": "tcp://127.0.0.1:1"}, "no Dask scheduler at tcp://127.0.0.1:1"),
        ({"engine": "dask", "scheduler": "there"}, "no Dask scheduler at there"),
        ({"engine": "ray", "scheduler": "127.0.0.1:1"}, "no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_missing_engines(options: dict[str, str], words: str) -> None:
    with pytest.raises(EngineError) as caught:
        engines.run(operator.add, [(1, 1)], **options)  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
