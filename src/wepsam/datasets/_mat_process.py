"""The process that reads .mat files for `mat_files`: a damaged file may end it, and only it.

It is started by its path, so it imports nothing of wepsam. Each request on stdin is a pickle of (path, names, squeeze,
most bytes of memory). Each answer is a (kind, value): ("ok", {name: value}), ("missing", module) or ("error", text).
On stdout comes a pickle of its own pickle and of the sizes of its arrays, then the arrays.
"""

import os
import pickle
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

HDF5 = b"\x89HDF\r\n\x1a\n"
SLACK = 64 << 20  # bytes that libraries need besides what is in a file, which scipy holds twice while it decompresses
DEEPEST = 100  # cells within cells; the published files have three


def answer(path: str, names: tuple[str, ...] | None, squeeze: bool, most: int) -> tuple[str, Any]:
    """The answer to a request: the variables of these names that the file has (None: all)."""
    try:
        module, read = ("h5py", _read_hdf5) if _is_hdf5(path) else ("scipy.io", _read_scipy)
        import_module(module)  # it takes memory of its own
        with _bounded(most):
            return "ok", read(path, names, squeeze)
    except ModuleNotFoundError as error:
        return "missing", (error.name or "").partition(".")[0]
    except MemoryError:
        return "error", f"it takes more than {2 * most / 1e6:,.0f} MB of memory"
    except Exception as error:  # scipy and h5py raise almost anything for a broken file
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return "error", text


@contextmanager
def _bounded(most: int) -> Iterator[None]:
    """Let the process hold so many bytes of data, where the system can say how much memory it has already (Linux)."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2 * most + SLACK, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _is_hdf5(path: str) -> bool:
    """Whether this is a file of version 7.3: HDF5, in MATLAB's files behind a header of 512 bytes."""
    if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):  # opening a folder says so itself
        raise ValueError("not a regular file")  # reading a pipe may never end
    with open(path, "rb") as file:
        head = file.read(520)
    return head.startswith(HDF5) or head[512:] == HDF5


def _read_scipy(path: str, names: tuple[str, ...] | None, squeeze: bool) -> dict[str, Any]:
    from scipy.io import loadmat

    found = loadmat(path, squeeze_me=squeeze, struct_as_record=False, variable_names=names)
    return {name: value for name, value in found.items() if not name.startswith("__")}


# ---- version 7.3


def _read_hdf5(path: str, names: tuple[str, ...] | None, squeeze: bool) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            wanted = [name for name in file if not name.startswith("#") and (names is None or name in names)]
            reader = Hdf5(file, squeeze)
            return {name: reader.value(file[name]) for name in wanted}
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"a damaged MATLAB 7.3 (HDF5) file ({error})") from None


class Hdf5:
    """Turns what MATLAB stores as HDF5 into what scipy makes of the older versions."""

    def __init__(self, file: Any, squeeze: bool) -> None:
        self._file, self._squeeze = file, squeeze
        self._known: dict[int, Any] = {}  # by address, so that many references to one object cost no memory

    def value(self, item: Any, depth: int = 0) -> Any:
        """An array, a text, or a struct as an object."""
        import h5py

        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} cells or structs within each other")
        address = h5py.h5o.get_info(item.id).addr
        if address not in self._known:
            self._known[address] = (self._group if isinstance(item, h5py.Group) else self._array)(item, depth + 1)
        return self._known[address]

    def _group(self, group: Any, depth: int) -> Any:
        """A struct; a struct array has, for each field, an array of references."""
        if "MATLAB_sparse" in group.attrs:
            raise ValueError("a sparse matrix; write it with full()")
        fields = {name: group[name] for name in group}
        is_array = fields and all(_refers(field) and "MATLAB_class" not in field.attrs for field in fields.values())
        if not is_array:
            return SimpleNamespace(**{name: self.value(field, depth) for name, field in fields.items()})
        columns = {name: self._referred(field[()], depth) for name, field in fields.items()}
        shape = next(iter(columns.values())).shape
        structs = np.empty(shape, object)
        for place in np.ndindex(shape):
            structs[place] = SimpleNamespace(**{name: column[place] for name, column in columns.items()})
        return self._shaped(structs)

    def _array(self, item: Any, depth: int) -> Any:
        kind = item.attrs.get("MATLAB_class", b"")
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if item.attrs.get("MATLAB_empty", 0):
            return "" if kind == "char" else np.empty(0, object if kind == "cell" else float)
        values = item[()]
        if _refers(item):
            return self._shaped(self._referred(np.asarray(values), depth))
        values = np.asarray(values)
        if values.dtype.names:  # complex numbers
            values = values["real"] + 1j * values["imag"]
        if kind == "char":
            return "".join(map(chr, values.T.ravel()))
        return self._shaped(values.astype(bool) if kind == "logical" else values)

    def _referred(self, references: np.ndarray, depth: int) -> np.ndarray:
        """An array of the same shape with what the references point at."""
        found = np.empty(references.shape, object)
        for place in np.ndindex(references.shape):
            found[place] = self.value(self._file[references[place]], depth)
        return found

    def _shaped(self, values: np.ndarray) -> Any:
        """In MATLAB's order: HDF5 has the axes reversed."""
        values = values.T
        if not self._squeeze:
            return values
        values = values.squeeze()
        return values if values.ndim else values.item()


def _refers(item: Any) -> bool:
    """Whether this is an array of references to other objects, as a cell array is stored."""
    import h5py

    return isinstance(item, h5py.Dataset) and h5py.check_ref_dtype(item.dtype) is h5py.Reference


# ---- the loop


def main() -> None:
    """Answer requests until stdin ends, which it does when the asking process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asking process's to handle
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        arrays: list[pickle.PickleBuffer] = []
        try:
            data = pickle.dumps(answer(*request), 5, buffer_callback=arrays.append)
        except Exception as error:
            arrays, data = [], pickle.dumps(("error", str(error) or type(error).__name__))
        blocks = [array.raw() for array in arrays]
        pickle.dump((data, [block.nbytes for block in blocks]), answers)
        for block in blocks:
            answers.write(block)
        answers.flush()


if __name__ == "__main__":
    main()
