"""Why a person has no label in a destination: what its newest plan says of their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from consentric.control.ownership import owned_by
from consentric.control.plans import Plan, list_plans
from consentric.control.store import ControlStore
from consentric.sync.listing import LISTING_FILE
from consentric.sync.record_plan import LEFT_OUT

from .places import PLANS_FOLDER
from .workspace import Workspace

_PLANS_LOOKED_AT = 50
"""Removals have plans of their own, which say nothing of the rest; so many of them may lie in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """One destination without a label of ours for the person."""

    destination: str
    plan: str
    why: Literal["approval", "apply", "part", "withheld"]
    """The plan waits to be approved or applied, it is a part that left the record out, or it withheld it."""
    reason: str = ""
    """Code of what withholds it."""


def unwritten_of(workspace: Workspace, rrefs: Sequence[bytes]) -> list[Unwritten]:
    """Each destination where none of these records has a label, if its newest plan has one of them."""
    found = []
    for destination in workspace.settings.destination:
        if owned_by(workspace.control, destination.name, rrefs):
            continue
        plans = list_plans(workspace.control, destination.name, limit=_PLANS_LOOKED_AT)
        newest = next((one for one in plans if one.head.kind == "changes"), None)
        told = newest and _told(workspace.control, newest, workspace.folder, rrefs)
        if told:
            found.append(told)
    return found


def _told(store: ControlStore, plan: Plan, folder: Path, rrefs: Sequence[bytes]) -> Unwritten | None:
    name = plan.head.destination
    if plan.state in ("sealed", "applying") and _has_pending(store, plan.id, rrefs):
        is_held = bool(plan.brake) and not plan.is_approved
        return Unwritten(destination=name, plan=plan.id, why="approval" if is_held else "apply")
    for reason in _withheld(folder / PLANS_FOLDER / plan.id / LISTING_FILE, rrefs):
        why: Literal["part", "withheld"] = "part" if reason == LEFT_OUT else "withheld"
        return Unwritten(destination=name, plan=plan.id, why=why, reason=reason)
    return None


def _has_pending(store: ControlStore, plan: str, rrefs: Sequence[bytes]) -> bool:
    query = "SELECT 1 FROM op WHERE plan = ? AND rref = ? AND state = 'pending' LIMIT 1"
    return any(store.connection.execute(query, (plan, rref)).fetchone() for rref in rrefs)


def _withheld(listing: Path, rrefs: Sequence[bytes]) -> list[str]:
    """Reasons why a plan withholds these records; none when its list is not kept any more."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not listing.is_file() or not rrefs:
        return []
    rows = pq.read_table(listing, columns=["rref", "state", "reason"])
    mine = rows.filter(pc.is_in(rows["rref"], value_set=pa.array(rrefs, pa.binary(16))))
    return [row["reason"] for row in mine.to_pylist() if row["state"] == "withheld"]
