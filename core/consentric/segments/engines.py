"""Where compiled selects are computed: in the warehouse's own DuckDB, or elsewhere over a copy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar, Literal

import duckdb

from consentric.warehouse import results
from consentric.warehouse.store import Warehouse

from .engine_settings import EngineName, SparkSettings

Dialect = Literal["duckdb", "databricks"]


class Engine(ABC):
    """Computes the selects of one run; what comes out is the same to the last digit, whichever engine it is.

    The warehouse stays the place of all tables: results are written into it, in the run's one transaction.
    """

    dialect: ClassVar[Dialect]
    """What the expressions are compiled to."""

    @abstractmethod
    def at_work(self, warehouse: Warehouse) -> AbstractContextManager[None]:
        """Starts what is needed, and takes everything away that was put elsewhere."""

    @abstractmethod
    def changed(self, *tables: str) -> None:
        """Tables that have other rows now than when the last select read them."""

    @abstractmethod
    def result(self, select: str) -> AbstractContextManager[str]:
        """A select with the rows of this one, which the connection of the warehouse can run."""

    def fill(self, connection: duckdb.DuckDBPyConnection, table: results.Filled, select: str) -> None:
        """Adds the rows of a compiled select to a table."""
        with self.result(select) as rows:
            results.fill(connection, table, rows)
        self.changed(table)

    def score(self, connection: duckdb.DuckDBPyConnection, segment_set: str, select: str) -> None:
        """Replaces the scores of one set by the rows of a compiled select."""
        with self.result(select) as rows:
            results.replace_scores(connection, segment_set, rows)
        self.changed("score")


class InWarehouse(Engine):
    """DuckDB computes where the tables are: nothing to copy, nothing to start."""

    dialect = "duckdb"

    @contextmanager
    def at_work(self, warehouse: Warehouse) -> Iterator[None]:
        """Nothing to do."""
        yield

    def changed(self, *tables: str) -> None:
        """Nothing to do."""

    @contextmanager
    def result(self, select: str) -> Iterator[str]:
        """The select itself."""
        yield select


def engine_of(name: EngineName, settings: SparkSettings, *, base: Path) -> Engine:
    """The engine that the configuration names.

    Args:
        base: The folder that a relative path in the settings starts from.
    """
    if name == "duckdb":
        return InWarehouse()
    from .spark import Spark

    return Spark(settings, folder=None if settings.folder is None else base / settings.folder)
