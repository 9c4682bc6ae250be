"""Reads back what was written: an answer that said done is believed only when the CRM shows it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from math import ceil

from consentric.control.outbox import Op, Resolved, count_done_records, done_ops
from consentric.control.ownership import owned_by
from consentric.control.plans import Plan

from .costs import records_to_verify
from .outlet import Outlet, ReadBack, read_back
from .planner import value_shown_by
from .record_plan import BY_HAND
from .settle import commit

NOT_APPLIED = "NOT_APPLIED"


def verify(outlet: Outlet, plan: Plan) -> int:
    """Compares the changed records with the CRM, all of them up to 10 000, else an even sample.

    A change that is not there becomes a dead letter NOT_APPLIED, and what we own is set right.

    Returns:
        The number of ops read back.

    Raises:
        RemoteError: When the CRM does not answer.
    """
    count = 0
    records = _records_to_read(outlet, plan)
    while part := list(islice(records, outlet.writer.limits.batch_size)):
        ops = [op for record in part for op in record]
        seen = read_back(outlet, [(op.rref, op.target) for op in ops])
        ends = [end for op in ops if (end := _judge(outlet, op, seen)) is not None]
        commit(outlet, plan, ends)
        count += len(ops)
    return count


def _records_to_read(outlet: Outlet, plan: Plan) -> Iterator[list[Op]]:
    changed = count_done_records(outlet.store, plan.id)
    stride = ceil(changed / max(1, records_to_verify(changed)))
    # Read whole before the first end is committed: the cursor would see its own corrections.
    ops = list(done_ops(outlet.store, plan.id))
    for position, (_, group) in enumerate(groupby(ops, key=lambda op: op.rref)):
        if position % max(1, stride) == 0:
            yield list(group)


def _judge(outlet: Outlet, op: Op, seen: ReadBack) -> Resolved | None:
    if op.rref in seen.gone:
        return None
    value = seen.shown[op.rref, op.target]
    if value == value_shown_by(op.target, op.new) or _is_overtaken(outlet, op):
        return None
    shown = outlet.store.hash_value(value)
    if value == value_shown_by(op.target, op.old):
        return Resolved(op=op, state="dead", outcome=NOT_APPLIED, shown=shown)
    return Resolved(op=op, state="done", outcome=BY_HAND, shown=shown)


def _is_overtaken(outlet: Outlet, op: Op) -> bool:
    """Whether we took the label off again since, as by the hourly run after a night that was killed."""
    labels = owned_by(outlet.store, outlet.name, [op.rref]).get(op.rref, [])
    return bool(op.new) and op.target not in {label.label for label in labels}
