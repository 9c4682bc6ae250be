"""The control store for commands that only look: none is made where nothing ever ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consentric.control.store import ControlStore

from .places import CONTROL_FILE


@contextmanager
def existing_control(folder: Path) -> Iterator[ControlStore | None]:
    """The control store of a workspace, or None when there is none yet; takes no lock.

    Raises:
        UnsafeStoreError: It is damaged, or written by a later version.
    """
    path = folder / CONTROL_FILE
    store = ControlStore.open(path) if path.exists() else None
    try:
        yield store
    finally:
        if store is not None:
            store.close()
