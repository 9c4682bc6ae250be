"""Where compiled selects are computed: in the warehouse's own DuckDB, or elsewhere over a copy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from consentric.warehouse import results
from consentric.warehouse.store import Warehouse

EngineName = Literal["duckdb", "spark"]
Dialect = Literal["duckdb", "databricks"]


class SparkSettings(BaseModel):
    """`[spark]`: the machine or cluster that computes when `[workspace] engine` is `spark`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    master: str = Field(default="local[2]", pattern=r"^(local(\[.+\])?|[a-z0-9+-]+:.+|yarn)$")
    """`local[2]` for two threads of this machine, or the address of a cluster: `spark://HOST:7077`."""
    memory_mb: int = Field(default=2048, ge=512)
    """Memory of this machine's part, and of the part on each worker."""
    folder: Path | None = None
    """Where tables and results are handed over; workers must see it under the same path."""


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
