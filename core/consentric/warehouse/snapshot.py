"""The published snapshot of the warehouse: what a report reads while another run may be at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from consentric.sdk.errors import GuardError, UnsafeStoreError

from .engine import reader
from .faults import unusable, warehouse_fault
from .schema import SCHEMA_VERSION
from .store import SNAPSHOT


@contextmanager
def open_snapshot(folder: Path, *, memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens the snapshot for reading alone: takes no lock, needs no key, writes no file.

    Raises:
        GuardError: Nothing was published yet.
        UnsafeStoreError: The file is damaged, or of another version.
    """
    path = folder / SNAPSHOT
    if not path.is_file():
        raise GuardError("no segment was computed yet", hint="consentric segment", code="CS514")
    try:
        connection = reader(path, memory_limit_mb=memory_limit_mb)
    except duckdb.Error as error:
        raise warehouse_fault(error) or unusable() from None
    try:
        row = connection.execute("SELECT schema_version FROM meta").fetchone()
        if row is None or row[0] != SCHEMA_VERSION:
            raise UnsafeStoreError(
                f"{SNAPSHOT} has tables of another version than {SCHEMA_VERSION}",
                hint="consentric segment   writes it anew",
                code="CS512",
            )
        yield connection
    finally:
        connection.close()
