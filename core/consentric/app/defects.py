"""Writes down where a defect of ours happened, without the values it happened on."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

DEFECT_LOG = Path("runs") / "defects.log"


def write_defect(error: BaseException, folder: Path) -> str:
    """Appends the frames of an exception to the workspace's log of defects.

    Only files, lines and names of functions and exceptions are written: the words of an exception may
    quote a record. Gives the path of the log, or an empty text when there is no workspace or no space.
    """
    if not (folder / "config.toml").is_file():
        return ""
    path = folder / DEFECT_LOG
    lines = []
    current: BaseException | None = error
    while current is not None:
        lines.append(f"{type(current).__module__}.{type(current).__qualname__}")
        for frame in traceback.extract_tb(current.__traceback__):
            lines.append(f"  {frame.filename}:{frame.lineno} in {frame.name}")
        current = current.__cause__
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write("\n".join(lines) + "\n\n")
    except OSError:
        return ""
    return str(path)
