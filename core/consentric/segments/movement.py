"""Where the people of a set went between two runs, its sizes run by run, and whose permission ends soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from consentric.warehouse import figures, quality
from consentric.warehouse.figures import SegmentRun

WITHIN_DAYS = (30, 60, 90)
"""Days ahead that are looked at."""
RUNS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSizes:
    """How many people were in each segment of a set after one run."""

    run: str
    day: date
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """People of one segment whose permission for a purpose ends if nothing renews it."""

    segment: str
    purpose: str
    people: Mapping[int, int]
    """Days ahead to the people whose permission ends within them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One set between two runs."""

    set: str
    before: SegmentRun
    after: SegmentRun
    flows: Mapping[tuple[str | None, str | None], int]
    """Segment before and after to people, those who stayed included; None is in no segment."""
    history: tuple[RunSizes, ...]
    """The last runs, the oldest first."""
    endings: tuple[Ending, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "set": self.set,
            "from": {"run": self.before.run, "day": self.before.day.isoformat()},
            "to": {"run": self.after.run, "day": self.after.day.isoformat()},
            "flows": [
                {"before": before, "after": after, "people": people}
                for (before, after), people in self.flows.items()
            ],
            "history": [
                {"run": one.run, "day": one.day.isoformat(), "sizes": dict(one.sizes)} for one in self.history
            ],
            "endings": [
                {"segment": one.segment, "purpose": one.purpose, "people": dict(one.people)}
                for one in self.endings
            ],
        }


def movement_of(
    connection: duckdb.DuckDBPyConnection,
    segment_set: str,
    *,
    before: SegmentRun,
    after: SegmentRun,
    purposes: Sequence[str],
    now: datetime,
) -> Movement:
    """The movement of one set between two runs, with what stands around it. Needs no key.

    Args:
        purposes: Those whose permissions are looked at.
        now: What `ends within 30 days` counts from.
    """
    runs = figures.segment_runs(connection)[-RUNS_SHOWN:]
    sizes = figures.sizes_at(connection, segment_set, [one.run for one in runs])
    flows = figures.flows_between(connection, segment_set, before.run, after.run)
    return Movement(
        set=segment_set,
        before=before,
        after=after,
        flows={(one.before, one.after): one.people for one in flows},
        history=tuple(
            RunSizes(
                run=one.run,
                day=one.day,
                sizes={segment: people for (run, segment), people in sizes.items() if run == one.run},
            )
            for one in runs
        ),
        endings=_endings(connection, segment_set, purposes, now),
    )


def _endings(
    connection: duckdb.DuckDBPyConnection, segment_set: str, purposes: Sequence[str], now: datetime
) -> tuple[Ending, ...]:
    found = quality.permissions_ending(connection, segment_set, purposes, now=now, days=WITHIN_DAYS)
    pairs = sorted({(segment, purpose) for segment, purpose, _ in found})
    return tuple(
        Ending(
            segment=segment,
            purpose=purpose,
            people={days: found.get((segment, purpose, days), 0) for days in WITHIN_DAYS},
        )
        for segment, purpose in pairs
    )
