"""An SQLite file with personal data in it: private, durable, and overwriting what it deletes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from consentric_privacy.errors import UnsafeStoreError
from consentric_privacy.files import create_private
from consentric_privacy.store_faults import sqlite_fault

_AT_ONCE = 4_096
"""Values bound to one statement; SQLite takes 32 766 at most."""
_PRAGMAS = (
    "busy_timeout = 10000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    "cache_size = -32768",  # 32 MiB: keys are random, so every page of the indexes is touched all the time
    "wal_autocheckpoint = 8000",  # 32 MiB: fewer copies of the same pages during a first load
    # Without it a deleted row stays readable in the free pages of the file.
    "secure_delete = ON",
)


class StoreFile:
    """One open SQLite file, in explicit transactions.

    Args:
        path: The file; created with mode 0600 when missing. Its `-wal` and `-shm` take the same mode.
        application: Four bytes of `PRAGMA application_id`, so that no other file is taken for this one.
        version: Schema version; a file of a later one is refused.
        schema: Statements that create what is missing.

    Raises:
        UnsafeStoreError: Others can read it (CS502); damaged, another program's or too new (CS501); the
            disk is full (CS504).
    """

    def __init__(self, path: Path, *, application: int, version: int, schema: str) -> None:
        create_private(path)
        self.path = path
        self._depth = 0
        self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        try:
            for pragma in _PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}")
            self._prepare(application, version, schema)
        except sqlite3.DatabaseError as error:
            self.connection.close()
            fault = sqlite_fault(error, path.name)
            if fault is None:
                raise
            raise fault from error
        except UnsafeStoreError:
            self.connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Makes what happens inside one transaction; inside another it is a part that can fail alone.

        Raises:
            UnsafeStoreError: The file is damaged (CS501) or the disk is full (CS504); nothing was changed.
        """
        outermost = self._depth == 0
        name = f"level{self._depth}"
        try:
            self.connection.execute("BEGIN IMMEDIATE" if outermost else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield self.connection
                self.connection.execute("COMMIT" if outermost else f"RELEASE {name}")
            except BaseException:
                self._undo(None if outermost else name)
                raise
            finally:
                self._depth -= 1
        except sqlite3.DatabaseError as error:
            fault = sqlite_fault(error, self.path.name)
            if fault is None:
                raise
            raise fault from error

    def checkpoint(self) -> None:
        """Moves the write-ahead log into the file and empties it: deleted values stay in it until then."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the file; its write-ahead log goes with the last connection."""
        self.connection.close()

    def _prepare(self, application: int, version: int, schema: str) -> None:
        found = self.connection.execute("PRAGMA application_id").fetchone()[0]
        written = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if (found, written) == (application, version):
            return
        if found not in (0, application) or written > version:
            raise UnsafeStoreError(
                f"{self.path.name} was made by another program or a later version of this one",
                hint="install the version that wrote it, or restore the file from its backup",
                code="CS505",
            )
        marks = f"PRAGMA application_id = {application};PRAGMA user_version = {version};"
        try:
            self.connection.executescript(f"BEGIN IMMEDIATE;{schema};{marks}COMMIT")
        except sqlite3.DatabaseError:
            self._undo(None)
            raise

    def _undo(self, savepoint: str | None) -> None:
        if not self.connection.in_transaction:
            return  # SQLite itself rolled back, as it does when the disk is full
        if savepoint is None:
            self.connection.execute("ROLLBACK")
        else:
            self.connection.execute(f"ROLLBACK TO {savepoint}")
            self.connection.execute(f"RELEASE {savepoint}")


def select_in(
    connection: sqlite3.Connection, sql: str, values: Iterable[bytes], *, before: tuple[str, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Runs a SELECT over any number of values, thousands at a time.

    Args:
        connection: Where to.
        sql: The statement; its `(?*)` stands for the values.
        values: What to look for; none gives no rows.
        before: Values of the placeholders ahead of it.
    """
    remaining = iter(values)
    while piece := tuple(islice(remaining, _AT_ONCE)):
        # Filled up to a power of two with the last value again: a statement of its own for each length
        # would be compiled anew each time, and its kept copies took 100 MB over a long pull.
        length = 1 << (len(piece) - 1).bit_length()
        marks = f"({','.join('?' * length)})"
        filling = piece[-1:] * (length - len(piece))
        yield from connection.execute(sql.replace("(?*)", marks), (*before, *piece, *filling)).fetchall()
