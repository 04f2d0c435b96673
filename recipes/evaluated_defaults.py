"""Values in the signatures of the library's reference: `quality="best"`, where the code says `quality=QUALITIES[0]`.

Zensical loads this through mkdocstrings (zensical.toml).
"""

from importlib import import_module
from typing import Any

import griffe

PLAIN = (str, int, float, bool, tuple)
LONGEST = 40  # characters


class EvaluatedDefaults(griffe.Extension):
    """Replaces defaults that are names by what they stand for, if that is short and plain."""

    def on_function(self, *, func: griffe.Function, **options: Any) -> None:
        for parameter in func.parameters:
            if isinstance(parameter.default, griffe.Expr):
                value = _value(func.module.path, str(parameter.default))
                if isinstance(value, PLAIN) and len(repr(value)) <= LONGEST:
                    parameter.default = repr(value)


def _value(module: str, name: str) -> Any:
    """What a name of a module stands for; None if that cannot be said."""
    try:
        return eval(name, vars(import_module(module)))
    except Exception:  # the signature then shows the name
        return None
