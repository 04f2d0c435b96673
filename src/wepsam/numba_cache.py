"""Loading loops that numba compiles. It is heavy and optional, so nothing imports it before it is used."""

import atexit
import shutil
import tempfile
from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """A module of compiled loops; what it has compiled, a second or so each, is kept for the next process.

    Raises:
        ImportError: numba is not installed, or does not go with this numpy.
    """
    try:
        return import_module(name)
    except RuntimeError:
        # numba can keep compiled code neither beside the module nor in the user's cache: on a read-only system. So for
        # this process only, in a folder that nobody else can write to, for numba runs what it finds there.
        folder = tempfile.mkdtemp(prefix="wepsam-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        import_module("numba").config.CACHE_DIR = folder
        return import_module(name)
