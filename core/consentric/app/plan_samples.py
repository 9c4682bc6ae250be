"""A few records of each group of a plan, as their CRM names them: to be looked at before it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from consentric.sync.report import PlanReport

from .plan_rows import read_rows
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some records that a plan treats alike."""

    state: str
    set: str
    change: str
    """`enter`, `move` or `leave`; empty when nothing is written."""
    before: str
    after: str
    reason: str
    records: tuple[str, ...]


Samples = Mapping[str, tuple[Sample, ...]]
"""Plan to its samples."""


def samples_of(workspace: Workspace, plans: Iterable[PlanReport], size: int) -> Samples:
    """Up to `size` records of each group of each plan; what is unchanged is not listed."""
    return {plan.plan: _samples(workspace, plan.plan, size) for plan in plans}


def samples_json(samples: Samples) -> dict[str, Any]:
    """The samples as plain values, by plan."""
    return {plan: [asdict(one) for one in found] for plan, found in samples.items()}


def _samples(workspace: Workspace, plan: str, size: int) -> tuple[Sample, ...]:
    groups: dict[tuple[str, str, str, str, str, str], list[str]] = {}
    rows = read_rows(workspace.folder, plan, store=workspace.control, links=workspace.vault.links)
    for record, state, name, change, before, after, reason in rows:
        told = (before, after, "") if change else ("", "", reason)
        groups.setdefault((state, name, change, *told), []).append(record)
    return tuple(
        Sample(
            state=state,
            set=name,
            change=change,
            before=before,
            after=after,
            reason=reason,
            records=tuple(records[:size]),
        )
        for (state, name, change, before, after, reason), records in sorted(groups.items())
    )
