"""Progress of long work: one line on a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consentric.sdk.progress import Progress, SilentProgress

from .interruption import Interruption


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
        yield LineProgress(status.update)


class LineProgress:
    """Progress as one line of text.

    Args:
        draw: Shows the line.
    """

    def __init__(self, draw: Callable[[str], None]) -> None:
        self._draw = draw
        self._name = ""
        self._done = 0
        self._total: int | None = None

    def step(self, name: str) -> None:
        """Begins a piece of work."""
        self._name, self._done, self._total = name, 0, None
        self._show()

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        """Adds to what is done."""
        self._done += count
        self._total = total if total is not None else self._total
        self._show()

    def _show(self) -> None:
        if not self._done:
            self._draw(self._name)
            return
        of = f" of {self._total:,}" if self._total is not None else ""
        self._draw(f"{self._name}  {self._done:,}{of}".replace(",", " "))


class StoppableProgress:
    """Progress at whose steps an interruption takes effect: between two pieces of work, never inside one."""

    def __init__(self, inner: Progress, interruption: Interruption) -> None:
        self._inner = inner
        self._interruption = interruption

    def step(self, name: str) -> None:
        """Begins a piece of work, unless the run was asked to stop."""
        self._interruption.stop_if_asked()
        self._inner.step(name)

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        """Adds to what is done, and stops here if asked."""
        self._inner.advance(count, total=total)
        self._interruption.stop_if_asked()
