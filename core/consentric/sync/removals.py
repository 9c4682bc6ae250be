"""Small sealed plans that only execute a person's own no; they are never braked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from consentric.control.outbox import open_removals
from consentric.control.ownership import owned_by, revision
from consentric.control.plans import (
    OpRow,
    Plan,
    PlanHash,
    PlanHead,
    insert_ops,
    insert_plan,
    load_plan,
    new_plan_id,
    op_rows,
    seal,
    set_plan_state,
)

from .outlet import Outlet
from .planner import DENIAL_STEP, is_list


def seal_removals(outlet: Outlet, parent: Plan, denied: Mapping[bytes, str]) -> Plan | None:
    """Seals a plan that takes all our labels off these records; None when none carries any.

    Args:
        denied: Record to reason code, for people whose denial has effect `remove`.
    """
    # An answer may be missing: what was sent is settled by reading back, never sent twice.
    under_way = {rref: open_removals(outlet.store, outlet.name, rref) for rref in denied}
    rows = [
        OpRow(
            rref=rref,
            verb="remove" if is_list(label.label) else "clear",
            target=label.label,
            old=label.segment,
            new="",
            change="leave",
            cause="consent changed",
            reason=denied[rref],
            effect="remove",
            step=DENIAL_STEP,
        )
        for rref, labels in sorted(owned_by(outlet.store, outlet.name, sorted(denied)).items())
        for label in labels
        if label.label not in under_way[rref]
    ]
    if not rows:
        return None
    plan = _seal_under(outlet, parent, rows)
    with outlet.store.transaction() as database:  # begun with its parent, resumed and ended with it
        set_plan_state(database, plan.id, "applying", now=outlet.clock())
    return plan


def denials_only(outlet: Outlet, plan_id: str) -> Plan | None:
    """Seals the explicit denials of a plan that is braked; None when it has none.

    The plan itself stays as it is: executing them makes it neither stale nor used.
    """
    parent = load_plan(outlet.store, plan_id)
    if parent is None:
        return None
    rows = [row for row in op_rows(outlet.store, plan_id) if row.effect == "remove"]
    return _seal_under(outlet, parent, rows) if rows else None


def seal_denials(
    outlet: Outlet, rows: Sequence[OpRow], *, parent: str | None, config_digest: str, as_of_day: date
) -> Plan:
    """Seals removals that people asked for as a plan, of another one or of its own."""
    store, now = outlet.store, outlet.clock()
    with store.transaction() as database:
        head = PlanHead(
            run=outlet.run,
            destination=outlet.name,
            parent=parent,
            kind="denials",
            base_rev=revision(store, outlet.name),
            config_digest=config_digest,
            as_of_day=as_of_day,
        )
        plan_id = new_plan_id(store, head, now=now)
        insert_plan(database, plan_id, head, now=now)
        digest = PlanHash(head, store_id=store.store_id)
        for row in rows:
            digest.add(row)
        insert_ops(database, plan_id, head.destination, rows)
        seal(database, plan_id, sha256=digest.seal(()), brake=(), report={})
    plan = load_plan(store, plan_id)
    assert plan is not None
    return plan


def _seal_under(outlet: Outlet, parent: Plan, rows: Sequence[OpRow]) -> Plan:
    return seal_denials(
        outlet,
        rows,
        parent=parent.id,
        config_digest=parent.head.config_digest,
        as_of_day=parent.head.as_of_day,
    )
