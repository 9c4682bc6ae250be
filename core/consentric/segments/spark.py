"""Spark as the engine of a run: tables handed over as Parquet, results read back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from consentric.sdk.errors import ConfigError, GuardError
from consentric.warehouse.store import Warehouse

from .engine_settings import SparkSettings
from .engines import Engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TABLE = re.compile(r"(?:FROM|JOIN) `(\w+)`")
_ROWS_AT_ONCE = 200_000
_RESULT = "spark_result"
_ENVIRONMENT = re.compile(r"(PATH|HOME|USER|LANG|TMPDIR|TZ|JAVA_HOME|(SPARK|PYSPARK|HADOOP|YARN)_\w+)")


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
            ConfigError: pyspark or Java is missing.
            GuardError: The cluster does not answer, or gives up.
        """
        place = (self.folder or warehouse.scratch) / f"spark-{warehouse.warehouse_id}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700, parents=True)
        try:
            session = _session(self._settings, place)
            try:
                self._work = _Work(session=session, connection=warehouse.connection, place=place)
                yield
            finally:
                self._work = None
                with suppress(Exception):  # a cluster that is gone cannot be told
                    session.stop()
        finally:
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
        with _telling():
            self.session.read.parquet(path.as_uri()).createOrReplaceTempView(table)
        self.shown.add(table)

    def rows_of(self, select: str) -> ds.Dataset:
        path = self._new_path("result")
        with _telling():
            self.session.sql(select).write.parquet(path.as_uri())
        return ds.dataset(path, format="parquet")

    def _new_path(self, name: str) -> Path:
        self.made += 1
        return self.place / f"{self.made}-{name}"


def _session(settings: SparkSettings, place: Path) -> SparkSession:
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkRuntimeError
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    except ImportError:
        raise ConfigError(
            'engine "spark" needs pyspark, which is not installed',
            hint="pip install 'consentric[spark]'",
            happened="nothing was computed.",
            code="CS246",
        ) from None
    conf = SparkConf()
    for name, value in _options(settings, place).items():
        conf.set(name, value)
    try:
        if SparkContext._gateway is None:
            # What Java says may quote a row.
            with _without_secrets():
                gateway = launch_gateway(conf, {"stdout": DEVNULL, "stderr": DEVNULL})
            SparkContext._ensure_initialized(gateway=gateway)
        with _telling():
            return SparkSession.builder.config(conf=conf).getOrCreate()
    except (PySparkRuntimeError, FileNotFoundError):
        raise ConfigError(
            'engine "spark": Java did not start',
            hint="install Java 17 and set JAVA_HOME",
            happened="nothing was computed.",
            code="CS247",
        ) from None


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Hides from a child process what the environment holds beside the names it needs."""
    hidden = {name: value for name, value in os.environ.items() if not _ENVIRONMENT.fullmatch(name)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _options(settings: SparkSettings, place: Path) -> dict[str, str]:
    options = {
        "spark.master": settings.master,
        "spark.app.name": "consentric",
        "spark.driver.memory": f"{settings.memory_mb}m",
        "spark.executor.memory": f"{settings.memory_mb}m",
        "spark.local.dir": str(place / "spill"),
        "spark.sql.warehouse.dir": (place / "warehouse").as_uri(),
        "spark.sql.session.timeZone": "UTC",
        # A sum that overflows must end the run, never wrap around.
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if settings.master.startswith("local") or "//127.0.0.1:" in settings.master:
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return options


@contextmanager
def _telling() -> Iterator[None]:
    """Says what became of the run instead of what Spark says, which may quote a row."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException, PySparkRuntimeError

    try:
        yield
    except PySparkRuntimeError:
        raise
    except (Py4JError, PySparkException) as error:
        raise GuardError(
            f"Spark gave up: {_reason(error)}",
            happened="nothing was computed; what was computed before stands.",
            hint='look whether the cluster of [spark] is up, or set [workspace] engine = "duckdb"',
            code="CS519",
        ) from None


def _reason(error: Any) -> str:
    condition = getattr(error, "getCondition", lambda: None)()
    return str(condition or type(error).__name__)
