"""One training in several processes, one per device: started here, by torchrun, or by Slurm.

Each process learns from its share of every batch, and Lightning Fabric's strategy averages the gradients, so the
weights are those of one process with the whole batch, to rounding. The first process (rank 0) writes.
"""

import logging
import os
import pickle
import signal
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from wepsam import processes, progress

if TYPE_CHECKING:  # torch takes seconds to start, and the command line asks here who may print
    from multiprocessing.connection import Connection

    from lightning_fabric import Fabric
    from torch import Tensor

STRATEGIES = ("ddp",)
GRACE = 1.0  # seconds for the other processes to say what went wrong, after the first has
LOST = ("gloo", "nccl", "connection", "broken pipe", "socket", "store")  # words of torch where a process is gone


class LostError(ChildProcessError):
    """Another process of the training is gone. One line."""


class QuietError(ChildProcessError):
    """Another process has said what went wrong, or is going to."""


@dataclass(frozen=True)
class Devices:
    """How a training is divided.

    Attributes:
        devices: processes on each machine, one per device; None: as many as torchrun or Slurm started, otherwise one.
        nodes: machines; None: as many as torchrun or Slurm started, otherwise one.
        strategy: of Lightning Fabric, a name in STRATEGIES.
    """

    devices: int | None = None
    nodes: int | None = None
    strategy: str = "ddp"

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise ValueError(
                f"strategy is {self.strategy!r}; choose {', '.join(STRATEGIES)}: the networks fit on one device, so "
                "nothing but the batch has to be divided"
            )
        for name in ("devices", "nodes"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected 1 or more")


UNDIVIDED = Devices()


@dataclass(frozen=True)
class Team:
    """The processes of a training, as one of them sees it.

    Attributes:
        rank: the number of this process among all of them.
        size: of all of them.
        nodes: machines.
        starter: "here", "torchrun" or "slurm".
    """

    rank: int = 0
    size: int = 1
    nodes: int = 1
    starter: str = "here"

    @property
    def is_first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """The pictures of a batch of `count` that this process learns from; the shares differ by one at most."""
        return slice(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def fabric(self, precision: str, *, idle: bool = False) -> "Fabric":
        """Fabric on this process' device, connected with the other processes.

        Args:
            precision: see `TrainSettings.precision`.
            idle: whether the network has parameters that do not always get a gradient.
        """
        from lightning_fabric import Fabric
        from lightning_fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment
        from lightning_fabric.strategies import DDPStrategy

        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it would announce the precision on stderr
        if self.size == 1:
            return Fabric(accelerator="auto", devices=1, precision=precision)
        # 1x1 kernels have two memory layouts that are the same; torch warns of a copy that is not worth a word.
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
        environment = SLURMEnvironment() if self.starter == "slurm" else TorchElasticEnvironment()
        strategy = DDPStrategy(cluster_environment=environment, find_unused_parameters=idle)
        devices = self.size // self.nodes
        try:
            fabric = Fabric(
                accelerator="auto", devices=devices, num_nodes=self.nodes, strategy=strategy, precision=precision
            )
        except Exception as error:  # Lightning's own kind of exception: fewer devices than asked for
            raise ValueError(f"cannot use {devices} devices on each machine: {_first_line(error)}") from error
        fabric.launch()
        return fabric

    def first_says(self, fabric: "Fabric", answer: bool) -> bool:
        """The first process' answer to a question that each may answer in its own way, such as by its clock."""
        return answer if self.size == 1 else bool(fabric.broadcast(answer))

    def seed(self, *numbers: int) -> None:
        """Seed dropout: each process draws its own masks in each step, so that a resumed run draws them again."""
        import numpy as np
        import torch

        torch.manual_seed(int(np.random.SeedSequence([*numbers, self.rank]).generate_state(1)[0]))

    def mean(self, fabric: "Fabric", value: "Tensor") -> "Tensor":
        """The mean over the processes of a value that each has."""
        return value if self.size == 1 else fabric.all_reduce(value.clone(), reduce_op="mean")

    def sum(self, fabric: "Fabric", value: "Tensor") -> "Tensor":
        """The sum over the processes; exact where all but one have zeros."""
        return value if self.size == 1 else fabric.all_reduce(value.clone(), reduce_op="sum")


ALONE = Team()


def outside() -> Team:
    """The team that torchrun or Slurm has started this process for, or a team of one."""
    env = os.environ
    if "TORCHELASTIC_RUN_ID" in env:
        size, here = int(env["WORLD_SIZE"]), int(env["LOCAL_WORLD_SIZE"])
        return Team(int(env["RANK"]), size, size // here, "torchrun")
    # srun sets this one, for the tasks that it starts; a batch script itself is one process, whatever it asked for.
    if int(env.get("SLURM_STEP_NUM_TASKS", 1)) > 1 and "SLURM_PROCID" in env:
        nodes = int(env.get("SLURM_STEP_NUM_NODES", 1))
        return Team(int(env["SLURM_PROCID"]), int(env["SLURM_STEP_NUM_TASKS"]), nodes, "slurm")
    return ALONE


def run(function: Callable[..., Any], arguments: Mapping[str, Any], devices: Devices) -> Any:
    """The result of function(**arguments, team=...), called once in each process of the training.

    Args:
        function: of a module; each process calls it, and it gets its `Team`.
        arguments: of any kind that can be pickled, if processes are started here.
        devices: how many processes.

    Returns:
        What the first process returns, or where torchrun or Slurm started it, what this one returns.

    Raises:
        ValueError: another number of processes than torchrun or Slurm started, or several machines without them.
        ChildProcessError: a process was killed; the others have been ended.
        Exception: an error of the function, from one of the processes. The others have been ended, or, under torchrun
            and Slurm, raise a QuietError.
    """
    team = outside()
    if team.size > 1:
        wanted = (devices.devices or team.size // team.nodes, devices.nodes or team.nodes)
        if wanted != (team.size // team.nodes, team.nodes):
            raise ValueError(
                f"{team.starter} started {team.size} processes on {team.nodes} machines, not {wanted[0]} on each of "
                f"{wanted[1]}; leave out devices and nodes"
            )
        if not team.is_first:
            progress.hide()
        return _in_one_voice(function, arguments, team)
    if (devices.nodes or 1) > 1:
        raise ValueError(
            f"nodes is {devices.nodes}: start the command on each machine, by torchrun or srun (docs/how-to/scaling.md)"
        )
    if (devices.devices or 1) == 1:
        return function(**arguments, team=ALONE)
    return _in_processes(function, arguments, devices.devices or 1)


# ---- processes that torchrun or Slurm started


def _in_one_voice(function: Callable[..., Any], arguments: Mapping[str, Any], team: Team) -> Any:
    """Call the function; of all processes in which it fails, the one that says so first raises the error."""
    try:
        return function(**arguments, team=team)
    except Exception as error:
        if not _speaks(team):
            raise QuietError("another process says what went wrong") from None
        _raise(error)


def _speaks(team: Team) -> bool:
    from torch import distributed

    if not distributed.is_initialized():  # before they are connected, all see the same
        return team.is_first
    try:
        store = distributed.distributed_c10d._get_default_store()
        return bool(store.compare_set("wepsam/error", "", str(team.rank)).decode() == str(team.rank))
    except RuntimeError:  # the process that holds the store is gone, and torchrun or Slurm says so
        return False


def _raise(error: Exception) -> NoReturn:
    """Raise the error; torch's words for a lost connection become one line."""
    if isinstance(error, RuntimeError) and any(word in str(error).lower() for word in LOST):
        raise LostError(
            "the connection to another process of the training was lost: it was killed, or its machine failed; the "
            "same command resumes"
        ) from error
    raise error


# ---- processes that are started here


def _in_processes(function: Callable[..., Any], arguments: Mapping[str, Any], size: int) -> Any:
    """Call the function in new processes; returns what the first of them returns."""
    import multiprocessing
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        work = pickle.dumps((function, dict(arguments)))
    except Exception as error:
        raise ValueError(f"this cannot be handed to other processes ({error}); give datasets by NAME=FOLDER") from error
    context = multiprocessing.get_context("spawn")
    workers, channels = [], []
    try:
        with processes.starting():
            for rank in range(size):
                receiver, sender = context.Pipe(duplex=False)
                about = (rank, size, port, os.getpid(), progress.is_shown())
                worker = context.Process(None, _process, args=(*about, work, sender))
                worker.start()
                sender.close()  # so that its end is seen when the process ends
                workers.append(worker)
                channels.append(receiver)
        return _answer(workers, channels)
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.join()


def _answer(workers: list[Any], channels: list[Any]) -> Any:
    """What the first process returns, once all have; raises what went wrong in one of them."""
    from multiprocessing.connection import wait

    waiting: dict[Any, int] = {channel: rank for rank, channel in enumerate(channels)}
    results: dict[int, Any] = {}
    errors: list[Exception] = []
    end = float("inf")
    while waiting and time.monotonic() < end:
        for ready in list[Any](wait(list(waiting), timeout=GRACE if errors else None)):
            rank = waiting.pop(ready)
            try:
                error, results[rank] = ready.recv()
            except EOFError:
                error = _killed(workers[rank], rank, len(workers))
            if error is not None:
                errors.append(error)
                end = min(end, time.monotonic() + GRACE)
    # A process that was killed makes the others fail: it is the cause.
    for error in sorted(errors, key=lambda error: isinstance(error, LostError)):
        raise error
    return results[0]


def _killed(worker: Any, rank: int, size: int) -> ChildProcessError:
    worker.join(GRACE)
    code = worker.exitcode or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return ChildProcessError(
        f"process {rank} of {size} (counted from 0) {how}, perhaps out of memory; all are ended, and the same command "
        "resumes"
    )


def _process(rank: int, size: int, port: int, parent: int, is_shown: bool, work: bytes, channel: "Connection") -> None:
    """One process of a training: call the function and report what it returns or raises."""
    processes.end_with(parent)
    about = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "GROUP_RANK": 0}
    os.environ.update({name: str(value) for name, value in about.items()})
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    if is_shown and rank == 0:
        progress.show()
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // size))
    try:
        function, arguments = pickle.loads(work)
        channel.send((None, function(**arguments, team=Team(rank, size))))
    except Exception as error:
        channel.send((_portable(error), None))
    finally:
        os._exit(0)  # nothing is left to do, and torch would wait for the other processes


def _portable(error: Exception) -> Exception:
    """The error, or one of a kind that every process knows with the same words."""
    try:
        _raise(error)
    except Exception as raised:
        error = raised
    error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
