"""Settles what was sent and never answered: by reading back, never by sending again on a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from consentric.control.outbox import RECORD_GONE, Op, Resolved, open_jobs, resolve, sent_ops
from consentric.control.plans import Plan, load_plan
from consentric.sdk.contracts import Outcome

from .outlet import Outlet, ReadBack, read_back
from .planner import value_shown_by
from .record_plan import BY_HAND

MAX_ATTEMPTS = 8
"""Sendings of one op, then it is a dead letter (a poison record must not be tried for ever)."""
FIRST_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of the ops that were open."""

    states: Mapping[str, int]
    """Next state to ops."""
    open: int
    """Still without an answer: the CRM works on a job, or was not reached."""


def settle(outlet: Outlet) -> Settled:
    """Gives every sent op of the destination a trustworthy end; touches the network.

    Shown as wanted: done. As before: pending again, to be decided anew before it is sent. Anything else is
    somebody else's hand: skipped. A provision that is missing is pending again, creating twice being once.

    Raises:
        RemoteError: When the CRM does not answer; what was settled until then stays settled.
    """
    states: Counter[str] = Counter()
    if not sent_ops(outlet.store, outlet.name):
        return Settled(states=states, open=0)
    busy = _harvest_jobs(outlet, states)
    by_plan: dict[str, list[Op]] = {}
    for op in sent_ops(outlet.store, outlet.name):
        if op.batch not in busy:
            by_plan.setdefault(op.plan, []).append(op)
    for plan_id, ops in by_plan.items():
        plan = load_plan(outlet.store, plan_id)
        assert plan is not None
        provisions = [op for op in ops if op.verb == "provision"]
        if provisions:
            _commit(outlet, plan, _settle_provisions(outlet, plan, provisions), states)
        changes = [op for op in ops if op.verb != "provision"]
        for start in range(0, len(changes), outlet.writer.limits.batch_size):
            part = changes[start : start + outlet.writer.limits.batch_size]
            seen = read_back(outlet, [(op.rref, op.target) for op in part])
            _commit(outlet, plan, [judge(outlet, plan, op, seen) for op in part], states)
    return Settled(states=states, open=len(sent_ops(outlet.store, outlet.name)))


def judge(outlet: Outlet, plan: Plan, op: Op, seen: ReadBack) -> Resolved:
    """The end of one sent op, from what the CRM shows."""
    if op.rref in seen.gone:
        return Resolved(op=op, state="skipped", outcome=RECORD_GONE)
    value = seen.shown[op.rref, op.target]
    shown = outlet.store.hash_value(value)
    if value == value_shown_by(op.target, op.new):
        return Resolved(op=op, state="done", shown=shown)
    if value and value != value_shown_by(op.target, op.old):
        return Resolved(op=op, state="skipped", outcome=BY_HAND, shown=shown)
    return again(outlet, plan, op, outcome="NOT_APPLIED")


def resolved_by(outlet: Outlet, plan: Plan, op: Op, outcome: Outcome) -> Resolved | None:
    """The end of one op, from the writer's answer; None while it stays in doubt."""
    match outcome.state:
        case "done":
            shown = outlet.store.hash_value(value_shown_by(op.target, op.new))
            return Resolved(op=op, state="done", shown=shown)
        case "gone":
            return Resolved(op=op, state="skipped", outcome=RECORD_GONE, vendor_code=outcome.vendor_code)
        case "rejected":
            return Resolved(
                op=op,
                state="dead",
                outcome=outcome.vendor_code or "REJECTED",
                vendor_code=outcome.vendor_code,
                message=outcome.message,
            )
        case "retry":
            return again(outlet, plan, op, outcome=outcome.vendor_code, delay=True)
        case _:
            return None


def again(outlet: Outlet, plan: Plan, op: Op, *, outcome: str, delay: bool = False) -> Resolved:
    """Back to the queue; not for ever, and not for a plan that another one has replaced."""
    if plan.state == "abandoned":
        return Resolved(op=op, state="skipped", outcome="superseded")
    if op.attempts >= MAX_ATTEMPTS:
        return Resolved(op=op, state="dead", outcome=outcome or "GAVE_UP", vendor_code=outcome)
    due_at = outlet.clock() + FIRST_WAIT * 2 ** max(0, op.attempts - 1) if delay else None
    return Resolved(op=op, state="pending", outcome=outcome, due_at=due_at)


def commit(outlet: Outlet, plan: Plan, resolved: Iterable[Resolved]) -> None:
    """Writes how ops ended, in one transaction."""
    resolve(outlet.store, plan, resolved, run=outlet.run, now=outlet.clock())


def _commit(outlet: Outlet, plan: Plan, resolved: Sequence[Resolved], states: Counter[str]) -> None:
    commit(outlet, plan, resolved)
    states.update(one.state for one in resolved)


def _settle_provisions(outlet: Outlet, plan: Plan, ops: Sequence[Op]) -> list[Resolved]:
    missing = {one.target for one in outlet.writer.prepare(outlet.labels)}
    return [
        again(outlet, plan, op, outcome="NOT_APPLIED")
        if op.target in missing
        else Resolved(op=op, state="done")
        for op in ops
    ]


def _harvest_jobs(outlet: Outlet, states: Counter[str]) -> frozenset[int]:
    """Takes the outcomes of jobs; gives the batches that the CRM still works on."""
    busy: set[int] = set()
    for batch, job in open_jobs(outlet.store, outlet.name):
        ops = {op.id: op for op in sent_ops(outlet.store, outlet.name) if op.batch == batch}
        plan = load_plan(outlet.store, next(iter(ops.values())).plan)
        assert plan is not None
        outcomes = [one for one in outlet.writer.collect(job) if one.op in ops]
        if not outcomes:
            busy.add(batch)
        ends = [resolved_by(outlet, plan, ops[one.op], one) for one in outcomes]
        _commit(outlet, plan, [end for end in ends if end is not None], states)
    return frozenset(busy)
