"""Counts what requests could do to people, refused ones included, for a test suite to add up."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

FOLDER = "CONSENTRIC_SANDBOX_TALLY"
"""Environment variable that names the folder; without it nothing is counted."""

Danger = Literal["create", "subscribe", "un-opt-out"]
"""What we may never ask of a CRM: bring somebody in, or make mail go to who did not want it."""


class Tally:
    """One file for each server that ran, one line for each request: what it could do, empty for nothing.

    A line is written as the request comes, so a killed server has counted all the same; it holds nothing
    of the request itself.
    """

    def __init__(self, file: int | None) -> None:
        self._file = file
        self._lock = threading.Lock()

    @classmethod
    def begin(cls) -> Self:
        """Starts the file of a server, in the folder that the environment names."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return cls(None)
        Path(folder).mkdir(parents=True, exist_ok=True)
        made, path = tempfile.mkstemp(dir=folder)
        os.close(made)
        return cls(os.open(path, os.O_WRONLY | os.O_APPEND))  # a forked server writes to it too

    @property
    def is_kept(self) -> bool:
        """Whether anybody wants to know."""
        return self._file is not None

    def count(self, dangers: Collection[Danger]) -> None:
        """Counts one request."""
        line = " ".join(sorted(dangers)).encode() + b"\n"
        with self._lock:
            if self._file is not None:
                os.write(self._file, line)

    def close(self) -> None:
        """Ends the file; requests after that are not counted."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


@dataclass(slots=True, kw_only=True)
class Total:
    """What the servers of a folder counted."""

    servers: int = 0
    requests: int = 0
    dangerous: int = 0
    """Requests that could do one thing or more of those below."""
    dangers: Counter[str] = field(default_factory=Counter)


def added_up(folder: Path) -> Total:
    """Adds up the files of a folder; all zero when no server ran."""
    total = Total()
    for path in folder.iterdir() if folder.is_dir() else ():
        lines = path.read_text().splitlines()
        total.servers += 1
        total.requests += len(lines)
        total.dangerous += sum(bool(line) for line in lines)
        total.dangers.update(word for line in lines for word in line.split())
    return total
