"""Spark as the engine of a run: tables handed over as Parquet, results read back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from consentric.sdk.errors import ConfigError
from consentric.warehouse.store import Warehouse

from .engine_settings import SparkSettings
from .engines import Engine
from .spark_process import running, telling

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TABLE = re.compile(r"(?:FROM|JOIN) `(\w+)`")
_ROWS_AT_ONCE = 200_000
_RESULT = "spark_result"


class Spark(Engine):
    """Spark computes over Parquet files of the tables; a file is written when a select first reads its table.

    Only columns that expressions use leave the warehouse: no pseudonym and no reference to a record is
    among them. DuckDB writes no file: pyarrow does, from what the connection reads.
    """

    # Of the dialects of Spark, the one that compiles where pyspark is not installed; it asks nothing of
    # Databricks.
    dialect = "databricks"

    def __init__(self, settings: SparkSettings, *, folder: Path | None = None) -> None:
        """Starts nothing yet.

        Args:
            folder: Where tables and results are handed over; the warehouse's own scratch when None.
        """
        self._settings = settings
        self.folder = folder
        self._work: _Work | None = None

    @contextmanager
    def at_work(self, warehouse: Warehouse) -> Iterator[None]:
        """Starts Spark, and stops it at the end; the files go with it, those of a killed run at the next.

        Raises:
            ConfigError: pyspark or Java is missing, or the folder cannot be written to.
            GuardError: The cluster does not answer, or gives up.
        """
        place = (self.folder or warehouse.scratch) / f"spark-{warehouse.warehouse_id}"
        _make_empty(place)
        try:
            with running(self._settings, place) as session:
                self._work = _Work(session=session, connection=warehouse.connection, place=place)
                yield
        finally:
            self._work = None
            shutil.rmtree(place, ignore_errors=True)

    def changed(self, *tables: str) -> None:
        """Hands these over anew when a select asks for them."""
        assert self._work is not None
        self._work.shown.difference_update(tables)

    @contextmanager
    def result(self, select: str) -> Iterator[str]:
        """The rows that Spark found, registered with the connection of the warehouse."""
        assert self._work is not None
        work = self._work
        for table in sorted(set(_TABLE.findall(select))):
            work.show(table)
        work.connection.register(_RESULT, work.rows_of(select))
        try:
            yield f"SELECT * FROM {_RESULT}"  # noqa: S608 - a constant name
        finally:
            work.connection.unregister(_RESULT)


@dataclass(slots=True, kw_only=True)
class _Work:
    """One run: what Spark has seen of the warehouse, and what it answered."""

    session: SparkSession
    connection: duckdb.DuckDBPyConnection
    place: Path
    shown: set[str] = field(default_factory=set)
    """Tables whose file holds what the warehouse holds."""
    made: int = 0

    def show(self, table: str) -> None:
        from .tables import COLUMNS  # names of common table expressions are not among them

        if table in self.shown or table not in COLUMNS:
            return
        # A new name each time: Spark remembers what it read under an old one.
        path = self._new_path(f"{table}.parquet")
        names = ", ".join(f'"{name}"' for name in COLUMNS[table])
        found = self.connection.sql(f"SELECT {names} FROM {table}")  # noqa: S608 - constant names
        rows = found.to_arrow_reader(_ROWS_AT_ONCE)
        with pq.ParquetWriter(path, rows.schema, compression="zstd") as file:
            for batch in rows:
                file.write_batch(batch)
        with telling():
            self.session.read.parquet(path.as_uri()).createOrReplaceTempView(table)
        self.shown.add(table)

    def rows_of(self, select: str) -> ds.Dataset:
        path = self._new_path("result")
        with telling():
            self.session.sql(select).write.parquet(path.as_uri())
        return ds.dataset(path, format="parquet")

    def _new_path(self, name: str) -> Path:
        self.made += 1
        return self.place / f"{self.made}-{name}"


def _make_empty(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise ConfigError(
            f"[spark] folder cannot be used: {error.strerror}",
            hint="make it, for the user who runs this, or mend its path",
            happened="nothing was computed.",
            code="CS248",
        ) from error
