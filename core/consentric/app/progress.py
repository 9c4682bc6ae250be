"""Progress of long work: one line on a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Where a stage says how far it is; called often, so it must be cheap."""

    def step(self, name: str) -> None:
        """Names the piece of work that begins."""

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        """Adds to the number of things done in this step; `total` is given once known."""


class SilentProgress:
    """Says nothing: for pipes, timers and tests."""

    def step(self, name: str) -> None:
        """Says nothing."""

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        """Says nothing."""


@contextmanager
def shown_progress(*, is_quiet: bool = False) -> Iterator[Progress]:
    """Progress on one line of standard error if that is a terminal, else silence.

    The line is taken away at the end: what matters stands in the report.
    """
    if is_quiet or not sys.stderr.isatty():
        yield SilentProgress()
        return
    from rich.console import Console
    from rich.status import Status

    with Status("starting", console=Console(stderr=True)) as status:
        yield _Line(status.update)


class _Line:
    def __init__(self, update: object) -> None:
        self._update = update
        self._name = ""
        self._done = 0
        self._total: int | None = None

    def step(self, name: str) -> None:
        self._name, self._done, self._total = name, 0, None
        self._draw()

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        self._done += count
        self._total = total if total is not None else self._total
        self._draw()

    def _draw(self) -> None:
        assert callable(self._update)
        done = f"{self._done:,}".replace(",", " ")
        of = f" of {self._total:,}".replace(",", " ") if self._total is not None else ""
        self._update(f"{self._name}  {done}{of}" if self._done else self._name)
