"""The five-way ledger of an apply: how every live record of the account ended, adding up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consentric.control.plans import Plan, load_plan
from consentric.control.store import ControlStore
from consentric.sdk.errors import ConsentricError

from .record_plan import KIND_ORDER, REJECTED_BEFORE
from .report import ApplyReport

# One row per record with ops, over the plan and the removals sealed while it was sent.
QUERY = """
SELECT rref,
  max(reason = :before AND plan = :plan) AS was_rejected,
  max(CASE WHEN state = 'dead' THEN outcome END) AS dead,
  max(state IN ('pending', 'sent')) AS is_open,
  max(state = 'done' AND change = 'leave') AS leaves,
  max(state = 'done' AND change = 'move') AS moves,
  max(state = 'done' AND change = 'enter') AS enters,
  min(CASE WHEN state = 'skipped' THEN outcome END) AS skipped
FROM op
WHERE rref <> x'' AND (plan = :plan OR plan IN (SELECT id FROM plan WHERE parent = :plan))
GROUP BY rref ORDER BY rref
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnd:
    """How one record with ops ended."""

    rref: bytes
    state: str
    """`rejected`, `not finished`, `written` or `withheld`."""
    detail: str
    """Kind of change, or reason."""


def record_ends(store: ControlStore, plan_id: str) -> Iterator[RecordEnd]:
    """Each record with ops, the worst of its ops counting: what `runs rows` lists."""
    rows = store.connection.execute(QUERY, {"plan": plan_id, "before": REJECTED_BEFORE})
    for rref, was_rejected, dead, is_open, leaves, moves, enters, skipped in rows:
        kinds = {"leave": leaves, "move": moves, "enter": enters}
        kind = next((name for name in KIND_ORDER if kinds[name]), None)
        if was_rejected or dead is not None:
            state, detail = "rejected", dead or REJECTED_BEFORE
        elif is_open:
            state, detail = "not finished", ""
        elif kind is not None:
            state, detail = "written", kind
        else:
            state, detail = "withheld", skipped or ""
        yield RecordEnd(rref=rref, state=state, detail=detail)


def apply_report(
    store: ControlStore,
    plan: Plan,
    *,
    calls_saved: int,
    verified: int,
    interrupted: bool,
    stopped_by: ConsentricError | None,
) -> ApplyReport:
    """Counts a plan after sending; records without ops are as the plan found them.

    The explicit denials of a braked plan have no records of their own to account for beyond those they
    change: their total is the number of these.
    """
    ends: Counter[tuple[str, str]] = Counter()
    before = 0
    for end in record_ends(store, plan.id):
        ends[end.state, end.detail] += 1
        before += end.detail == REJECTED_BEFORE
    base = _base(store, plan)
    withheld = Counter(base.get("withheld", {}))
    withheld.update(_details(ends, "withheld"))
    rejected = Counter(_details(ends, "rejected"))
    idle = base.get("rejected", 0) - base.get("rejected_with_ops", 0)
    if idle:
        rejected[REJECTED_BEFORE] += idle
    written = _details(ends, "written")
    unchanged = base.get("unchanged", 0)
    not_finished = ends["not finished", ""]
    total = sum([*withheld.values(), *rejected.values(), *written.values(), unchanged, not_finished])
    assert total == base.get("total", total)
    return ApplyReport(
        plan=plan.id,
        destination=plan.head.destination,
        total=total,
        enter=written.get("enter", 0),
        move=written.get("move", 0),
        leave=written.get("leave", 0),
        unchanged=unchanged,
        no_segment=base.get("no_segment", 0),
        withheld=dict(withheld),
        rejected=dict(rejected),
        not_finished=not_finished,
        ops=_op_states(store, plan.id),
        calls_saved=calls_saved,
        verified=verified,
        interrupted=interrupted,
        stopped_by=stopped_by,
    )


def _base(store: ControlStore, plan: Plan) -> Mapping[str, Any]:
    stored = load_plan(store, plan.id)
    return {} if stored is None else stored.report


def _details(ends: Mapping[tuple[str, str], int], state: str) -> dict[str, int]:
    return {detail: count for (name, detail), count in ends.items() if name == state}


def _op_states(store: ControlStore, plan_id: str) -> dict[str, int]:
    rows = store.connection.execute(
        "SELECT state, count(*) FROM op WHERE rref <> x''"
        " AND (plan = :plan OR plan IN (SELECT id FROM plan WHERE parent = :plan)) GROUP BY state",
        {"plan": plan_id},
    )
    return dict(rows.fetchall())
