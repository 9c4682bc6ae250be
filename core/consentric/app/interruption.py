"""Ctrl-C and stop signals: work in flight may end, then the run stops and can be taken up again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_SECONDS = 20


class Interruption:
    """Whether the run was asked to stop."""

    def __init__(self) -> None:
        self.is_asked = False
        self._is_watched = False

    def should_stop(self) -> bool:
        """For work that looks itself between two pieces; from then on nothing is interrupted for it."""
        self._is_watched = True
        return self.is_asked

    def stop_if_asked(self) -> None:
        """Stops here when the run was asked to.

        Raises:
            KeyboardInterrupt: When a signal came, and the work does not look itself.
        """
        if self.is_asked and not self._is_watched:
            raise KeyboardInterrupt

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """The first signal asks; a second one, or the end of the time of grace, stops at once.

        Raises:
            KeyboardInterrupt: At the second signal.
        """
        if self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True
        signal.alarm(GRACE_SECONDS)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Catches SIGINT and SIGTERM while something runs that must not be torn apart."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.signal(number, interruption.receive) for number in numbers}
    try:
        yield interruption
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
        outer = getattr(before[signal.SIGTERM], "__self__", None)
        if isinstance(outer, Interruption):  # whoever runs one job after the other must stop too
            outer.is_asked = outer.is_asked or interruption.is_asked


def stop_at_once() -> None:
    """Lets SIGTERM stop a command as Ctrl-C does, where nothing needs time to end."""
    signal.signal(signal.SIGTERM, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
