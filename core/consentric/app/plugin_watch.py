"""Ends a plugin that hangs: a watcher thread looks at a deadline, and a signal breaks the wait of the run."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

IMPORT_SECONDS = 60.0
"""For importing a plugin and asking what it registers."""
SILENCE_SECONDS = 1800.0
"""Without a record and without a call: longer than the transport ever sleeps between two calls (900 s and a
fifth), so that a CRM that asks for patience is not taken for a plugin that hangs."""

LOOK_SECONDS = 1.0


class PluginHung(BaseException):
    """Raised inside the plugin's code; no `Exception`, for plugins that catch those to ask again."""


class _Watch:
    """The deadline of what the main thread waits for; a thread of this process looks at it."""

    def __init__(self) -> None:
        self.wait: _Wait | None = None
        self._is_running = False

    def start(self) -> None:
        """Begins to look; only the main thread can be woken by a signal."""
        if not self._is_running:
            self._is_running = True
            signal.signal(signal.SIGUSR1, self._break)
            threading.Thread(target=self._look, name="plugin watch", daemon=True).start()

    def _look(self) -> None:
        pause, main = threading.Event(), threading.main_thread().ident
        while main is not None:
            pause.wait(LOOK_SECONDS)
            wait = self.wait
            if wait is not None and wait.is_overdue:
                signal.pthread_kill(main, signal.SIGUSR1)

    def _break(self, _number: int, _frame: FrameType | None) -> None:
        # Looked at again in the main thread: the plugin may have answered while the signal was on its way.
        wait = self.wait
        if wait is not None and wait.is_overdue:
            self.wait = None
            raise PluginHung


class _Wait:
    """One wait for a plugin; begins anew while the sign of life changes."""

    def __init__(self, seconds: float, sign_of_life: Callable[[], int]) -> None:
        self._seconds = seconds
        self._sign_of_life = sign_of_life
        self._seen = sign_of_life()
        self._deadline = time.monotonic() + seconds

    @property
    def is_overdue(self) -> bool:
        if time.monotonic() <= self._deadline:
            return False
        if self._sign_of_life() == self._seen:
            return True
        self._seen, self._deadline = self._sign_of_life(), time.monotonic() + self._seconds
        return False


_watch = _Watch()


@contextmanager
def watched(seconds: float, *, sign_of_life: Callable[[], int] = int) -> Iterator[None]:
    """Gives a plugin so long for what stands inside; not on another thread than the main one.

    What never comes back from C code, as an extension module, cannot be broken either.

    Args:
        seconds: From now, and again from each change of the sign of life.
        sign_of_life: A number that grows while work goes on, as the calls of a transport.

    Raises:
        PluginHung: In the middle of what stands inside.
    """
    if seconds == float("inf") or threading.current_thread() is not threading.main_thread():
        yield
        return
    _watch.start()
    outer, _watch.wait = _watch.wait, _Wait(seconds, sign_of_life)
    try:
        yield
    finally:
        _watch.wait = outer
