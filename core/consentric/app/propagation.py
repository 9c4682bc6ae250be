"""How long a no took from its source until the CRMs no longer showed the label: figures of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Self

from consentric.control.runs import Run, list_runs
from consentric.control.store import ControlStore

LIMIT = timedelta(hours=24)
"""A no that takes longer is a failure of the workspace, and is told as one."""
LATE = 5
"""Exit code of a run in which a no took longer, or still waits."""
LATE_CODE = "CS540"

_RUNS_LOOKED_AT = 200
_MEASURED = "withdrawals_open"
"""Stands in the summary of every run that measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """Seconds from a person's no to the last of their labels being gone; one figure per person."""

    people: int = 0
    """Whose labels went in this run."""
    p50: int | None = None
    p95: int | None = None
    max: int | None = None
    open: int = 0
    """People whose no is known while a label still stands."""
    open_max: int | None = None
    """Seconds since the oldest of these."""

    @property
    def is_late(self) -> bool:
        """Whether a no took, or waits, longer than the limit."""
        return any(one is not None and one > LIMIT.total_seconds() for one in (self.max, self.open_max))

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {**asdict(self), "limit": int(LIMIT.total_seconds()), "is_late": self.is_late}

    def as_summary(self) -> dict[str, int]:
        """For the summary of a run; what is unknown is left out."""
        values = {
            "withdrawals": self.people,
            "withdrawal_p50": self.p50,
            "withdrawal_p95": self.p95,
            "withdrawal_max": self.max,
            "withdrawals_open": self.open,
            "withdrawal_open_max": self.open_max,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any]) -> Self:
        """What `as_summary` wrote."""
        return cls(
            people=summary.get("withdrawals", 0),
            p50=summary.get("withdrawal_p50"),
            p95=summary.get("withdrawal_p95"),
            max=summary.get("withdrawal_max"),
            open=summary.get("withdrawals_open", 0),
            open_max=summary.get("withdrawal_open_max"),
        )


def measured_runs(store: ControlStore) -> list[tuple[Run, Propagation]]:
    """The latest runs that carried out what people forbade, newest first, with their figures."""
    return [
        (run, Propagation.from_summary(run.summary))
        for run in list_runs(store, limit=_RUNS_LOOKED_AT)
        if _MEASURED in run.summary
    ]


def late_since(store: ControlStore, now: datetime) -> str:
    """Why the limit is broken, within the last day or by what still waits; empty when it is not."""
    runs = measured_runs(store)
    if runs:
        run, latest = runs[0]
        waited = timedelta(seconds=latest.open_max or 0) + (now - (run.ended or run.started))
        if latest.open and waited > LIMIT:
            hours = int(waited.total_seconds() // 3600)
            return f"{latest.open} people said no and still carry a label, the oldest for {hours} hours"
    for run, one in runs:
        if one.max is not None and one.max > LIMIT.total_seconds() and now - run.started < LIMIT:
            return f"run {run.id} carried out a no after {one.max // 3600} hours"
    return ""


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least so many per cent do not exceed; None of nothing.

    >>> percentile([60, 120, 3600], 50), percentile([60, 120, 3600], 95), percentile([], 50)
    (120, 3600, None)
    """
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1] if ordered else None
