"""What a segment run gives: counts per set, and sentences about what deserves a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .gates import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReport:
    """The result of one set."""

    name: str
    purpose: str
    population: int
    """People whom the purpose allows."""
    sizes: Mapping[str, int]
    """People by segment key, every segment of the set named, in the order of the configuration."""
    entered: int
    """People who were in no segment of the set before this run."""
    moved: int
    left: int
    """People who are in no segment of the set any more."""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Limits of quality that the set misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReport:
    """The result of one segment run."""

    as_of_day: date
    run: str
    sets: tuple[SetReport, ...]

    @property
    def stopping(self) -> tuple[Finding, ...]:
        """The findings for which the run ends."""
        return tuple(one for report in self.sets for one in report.findings if one.stops)
