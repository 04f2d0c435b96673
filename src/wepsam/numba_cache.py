"""Load modules of loops that numba compiles. numba is heavy and optional, so no module imports it at the top."""

import atexit
import shutil
import tempfile
from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """Import a module of compiled loops. Compiling takes about a second per loop and is cached for later processes.

    Args:
        name: full name of the module, such as "wepsam.classical.gbvs_loops".

    Raises:
        ImportError: numba is not installed, or does not support the installed numpy.
    """
    try:
        return import_module(name)
    except RuntimeError:
        # On a read-only system numba can write its cache neither beside the module nor in the user's cache. This
        # process then gets a cache of its own, in a folder that only this user can write to: numba runs the code that
        # it finds there.
        folder = tempfile.mkdtemp(prefix="wepsam-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        import_module("numba").config.CACHE_DIR = folder
        return import_module(name)
