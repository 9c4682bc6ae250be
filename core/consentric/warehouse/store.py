"""The warehouse of a workspace: its file, its transactions, the batches it takes, its snapshot."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from consentric.sdk.errors import GuardError, UnsafeStoreError

from . import intake, permissions, schema
from .engine import engine, maintenance
from .faults import unusable, warehouse_fault

FILE = "analytics.duckdb"
SNAPSHOT = "snapshot.duckdb"
_TEMP = "tmp"


class Warehouse:
    """One open analytics file; a context manager. A second process can open only the published snapshot.

    Batches are Arrow tables. Each `put_*` is one transaction of its own unless it runs inside
    `transaction()`; putting the same batch twice is the same as once, and the last of two equal keys counts.
    A merge reads the whole table it merges into, so few large batches are faster than many small ones.
    """

    def __init__(self, folder: Path, *, memory_limit_mb: int, threads: int) -> None:
        self._folder = folder
        self._memory_limit_mb = memory_limit_mb
        self._threads = threads
        self._depth = 0
        self._connection: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def open(cls, folder: Path, *, memory_limit_mb: int = 600, threads: int = 2) -> Self:
        """Opens `analytics.duckdb` in this folder (0700), creating both when missing.

        Raises:
            UnsafeStoreError: When the file is damaged, in use, or written by a newer version.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        warehouse = cls(folder, memory_limit_mb=memory_limit_mb, threads=threads)
        warehouse._connect()
        return warehouse

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The engine's connection; `publish` replaces it, so do not keep it."""
        if self._connection is None:
            raise GuardError("the warehouse is closed", hint="open it again with Warehouse.open")
        return self._connection

    @property
    def scratch(self) -> Path:
        """A private folder for what must not stay; emptied when the warehouse is opened and closed."""
        return self._folder / _TEMP

    @property
    def warehouse_id(self) -> str:
        """Random name of this build; a bookmark is valid only for the warehouse it names."""
        row = self.connection.execute("SELECT warehouse_id FROM meta").fetchone()
        assert row is not None
        return str(row[0])

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing; may be nested, then the outermost decides."""
        connection = self.connection
        if self._depth == 0:
            connection.execute("BEGIN")
        self._depth += 1
        try:
            yield connection
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                with contextlib.suppress(duckdb.Error):  # a full disk has undone it already
                    connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            connection.execute("COMMIT")

    def put_records(self, records: pa.Table) -> None:
        """Upserts records (columns of `intake.RECORDS`) by rref and creates the subjects they name."""
        with self.transaction() as connection:
            intake.put_records(connection, records)

    def put_attributes(self, attributes: pa.Table) -> None:
        """Upserts generalised attributes (`intake.ATTRIBUTES`) by rref and name; an empty value removes one.

        Rows of an rref that is not a record are left out.
        """
        with self.transaction() as connection:
            intake.put_attributes(connection, attributes)

    def put_activities(self, activities: pa.Table) -> int:
        """Upserts activities (`intake.ACTIVITIES`) by source key.

        Returns:
            How many rows were left out because their rref is not a record.
        """
        with self.transaction() as connection:
            return intake.put_activities(connection, activities)

    def remove_activities(self, source_keys: Sequence[bytes]) -> None:
        """Takes out activities that turned out not to count; unknown keys are fine."""
        with self.transaction() as connection:
            intake.remove_activities(connection, source_keys)

    def merge_records(self, losers: Sequence[bytes]) -> None:
        """Marks records that lost a merge as no longer live; what they did stays their person's."""
        with self.transaction() as connection:
            intake.merge_records(connection, losers)

    def retire_records(self, rrefs: Sequence[bytes]) -> None:
        """Takes out records that left the CRM, and with them their attributes and activities."""
        with self.transaction() as connection:
            intake.retire_records(connection, rrefs)

    def regroup(self, moves: pa.Table) -> None:
        """Hands records (`intake.MOVES`: rref, pid) to another subject after people were joined or split."""
        with self.transaction() as connection:
            intake.regroup(connection, moves)

    def prune_subjects(self) -> int:
        """Forgets subjects without any record, and all that was computed about them; gives how many."""
        with self.transaction() as connection:
            return intake.prune_subjects(connection)

    def put_permissions(self, decisions: pa.Table) -> None:
        """Upserts what the gate decided (`permissions.PERMISSIONS`); rows of an unknown pid are left out."""
        with self.transaction() as connection:
            permissions.put_permissions(connection, decisions)

    def set_permission_run(self, decided_at: datetime, policy_hash: str) -> None:
        """Notes when the permission table was last brought up to date, and under which policy."""
        with self.transaction() as connection:
            permissions.set_permission_run(connection, decided_at, policy_hash)

    def permission_policy(self) -> str | None:
        """The policy hash of the last permission run, None before the first."""
        return permissions.policy(self.connection)

    def check_permissions_are_fresh(self, *, now: datetime, max_staleness: timedelta) -> None:
        """Stops a command that would compute from permissions that may no longer hold.

        Raises:
            GuardError: When the gate never ran or ran longer than `max_staleness` ago.
        """
        permissions.check_fresh(self.connection, now=now, max_staleness=max_staleness)

    def publish(self) -> Path:
        """Writes a read-only copy of this moment beside the file and swaps it in by an atomic rename.

        The copy is rewritten row by row, so it holds nothing that was deleted. The engine's connection is
        closed meanwhile: one process cannot open the file twice.
        """
        self.close()
        source, target = self._folder / FILE, self._folder / SNAPSHOT
        part = self._folder / f"{SNAPSHOT}.part"
        part.unlink(missing_ok=True)
        try:
            with maintenance() as connection:
                connection.execute("ATTACH ? AS source (READ_ONLY)", [str(source)])
                connection.execute("ATTACH ? AS target", [str(part)])
                connection.execute("COPY FROM DATABASE source TO target")
                connection.execute("DETACH target")
            part.chmod(0o600)
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
            self._connect()
        return target

    def close(self) -> None:
        """Writes everything into the main file and empties the temporary folder.

        Raises:
            UnsafeStoreError: The disk is full; what was committed is kept beside the main file.
        """
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            fault = warehouse_fault(error)
            if fault is None:
                raise
            raise fault from error
        finally:
            if connection is not None:
                connection.close()
            shutil.rmtree(self._folder / _TEMP, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> None:
        path, temp = self._folder / FILE, self._folder / _TEMP
        # A spill that a killed run left behind holds rows of people; it goes before anything else.
        shutil.rmtree(temp, ignore_errors=True)
        temp.mkdir(mode=0o700)
        is_new = not path.exists()
        try:
            connection = engine(path, memory_limit_mb=self._memory_limit_mb, threads=self._threads, temp=temp)
        except duckdb.Error as error:
            raise warehouse_fault(error) or unusable() from None
        if is_new:
            path.chmod(0o600)
        self._connection = connection
        if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'meta'").fetchall():
            self._create()
        self._check_version()

    def _create(self) -> None:
        with self.transaction() as connection:
            for statement in (*schema.TABLES, *schema.VIEWS):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO meta VALUES (?, ?)", [schema.SCHEMA_VERSION, secrets.token_hex(16)]
            )

    def _check_version(self) -> None:
        row = self.connection.execute("SELECT schema_version FROM meta").fetchone()
        if row is None or row[0] != schema.SCHEMA_VERSION:
            found = "nothing" if row is None else row[0]
            raise UnsafeStoreError(
                f"{FILE} has tables of version {found}, this program reads version {schema.SCHEMA_VERSION}",
                hint="the warehouse can be rebuilt: delete the file and run: consentric pull --full",
                code="CS512",
            )
