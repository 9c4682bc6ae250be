"""What may be shown of an error in the code of a plugin: its kind and its place, never its words."""

from __future__ import annotations

import re
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def kind_and_place(error: BaseException, module: str) -> str:
    """Kind of an error and where it was raised in the package of a module, as `KeyError (connector.py:41)`.

    Its words are left out: whoever wrote them may have put people or secrets into them.
    """
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{kind} ({Path(error.filename).name}:{error.lineno})"
    return f"{kind}{place_in(error.__traceback__, module)}"


def place_in(trace: TracebackType | None, module: str) -> str:
    """File and line of the package where something was raised, as ` (connector.py:41)`; empty if outside."""
    package, found = module.partition(".")[0], ""
    for frame, line in walk_tb(trace):
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            found = f" ({Path(frame.f_code.co_filename).name}:{line})"
    return found


def missing_module(error: BaseException) -> str | None:
    """The module that is not installed, where that is what an error says."""
    is_named = isinstance(error, ModuleNotFoundError) and error.name and _MODULE.fullmatch(error.name)
    return error.name if isinstance(error, ModuleNotFoundError) and is_named else None
