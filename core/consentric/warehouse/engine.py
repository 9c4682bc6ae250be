"""The only ways a DuckDB file is opened: `engine` computes, `reader` reads, `maintenance` copies files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

_LOCKS = (
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET lock_configuration = true",
)


def engine(path: Path, *, memory_limit_mb: int, threads: int, temp: Path) -> duckdb.DuckDBPyConnection:
    """Opens the file for computing; it can then reach no other file, no network and no extension.

    Spilling goes to `temp`, a private folder that the caller empties: a sort that spills writes values there.
    """
    connection = duckdb.connect(
        str(path),
        config={
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": threads,
            "temp_directory": str(temp),
            # No table has an order of its own; keeping one costs memory that a million people do not leave.
            "preserve_insertion_order": False,
        },
    )
    for statement in _LOCKS:
        connection.execute(statement)
    return connection


def reader(path: Path, *, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    """Opens the file for reading; it reaches nothing else, and a query that outgrows the memory fails.

    There is no folder to spill to: whoever may read the analytics folder need not be able to write there.
    """
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={"memory_limit": f"{memory_limit_mb}MB", "temp_directory": ""},
    )
    for statement in _LOCKS:
        connection.execute(statement)
    return connection


@contextmanager
def maintenance() -> Iterator[duckdb.DuckDBPyConnection]:
    """A short-lived connection that may attach files; it is given constant SQL only, paths as parameters."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
    )
    try:
        yield connection
    finally:
        connection.close()
