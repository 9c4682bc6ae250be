"""What a way of scoring gives: its cells and usual segments, an expression over tables, and explanations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

import duckdb

from consentric.control.fits import Fits
from consentric.segments.explanation import Details, Inputs
from consentric.segments.score_maps import Usual
from consentric.segments.settings import MethodName, SegmentSetSettings
from consentric.warehouse.lookups import ScoreRow

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person in one set, read back from the tables that the engine left."""

    connection: duckdb.DuckDBPyConnection
    segment_set: SegmentSet
    subject: int
    as_of_day: date
    measures: Inputs
    """By column of `measure`; `own_cadence` is the cadence as used."""
    score: ScoreRow
    money_factor: int
    """Minor units of one unit of the reporting currency."""

    def segment_of(self, cell: str) -> str | None:
        """The segment that a cell belongs to; None when the set leaves it out."""
        return next((one.key for one in self.segment_set.segments if cell in one.cells), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What a method may read and set before its expression runs."""

    connection: duckdb.DuckDBPyConnection
    """Population and measures of this run stand in it already."""
    segment_set: SegmentSet
    as_of_day: date
    reporting_currency: str
    measures: str
    """The compiled select of the measures; of another day when `run_context` names another."""
    fits: Fits
    """Parameters of earlier runs; what a method puts here is kept for the next ones."""


class Method(ABC):
    """Sorts the people of a population into cells; a segment of the set is some of the cells.

    Nothing here may import Ibis at module level: a run that finds its SQL in the cache needs none of it.
    """

    name: ClassVar[MethodName]
    all_cells: ClassVar[tuple[str, ...]] = ()
    """The cells, where they are the same whatever the settings; else the method overrides `cells`."""
    usual: ClassVar[tuple[Usual, ...]] = ()
    """The usual segments, likewise."""

    def cells(self, settings: SegmentSetSettings) -> tuple[str, ...]:
        """Every cell that somebody may be in; the segments of a set name each exactly once."""
        return self.all_cells

    def usual_segments(self, settings: SegmentSetSettings) -> tuple[Usual, ...]:
        """The segments of a set that names none of its own."""
        return self.usual

    def prepare(self, given: Preparation) -> None:
        """Puts into tables what changes between runs, so that the compiled SQL holds none of it.

        Raises:
            ConfigError: The data do not suffice, with a sentence that says what is missing and what works.
        """
        return None

    @abstractmethod
    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per scored person: subject, cell, and columns of table `score`."""

    @abstractmethod
    def explain(self, case: Case) -> Details:
        """Inputs as used, scores, limits and the nearest changes of one person."""

    def notes(self, connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> Iterator[str]:
        """What deserves a look in the result of this run."""
        return iter(())
