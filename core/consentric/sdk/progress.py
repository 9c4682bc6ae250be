"""Where a stage says how far it is; what becomes of it is the caller's business."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told about long work; called often, so it must be cheap."""

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
