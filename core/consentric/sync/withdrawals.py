"""Takes labels off whoever said no, between two whole runs: adds and moves nothing, no brake holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from consentric.control.outbox import GONE_HASH, open_removals, rejections, sent_ops
from consentric.control.ownership import (
    GONE,
    MirrorRow,
    Owned,
    merged_records,
    mirror_of,
    owned_by,
    put_mirror,
)
from consentric.control.plans import Plan
from consentric.control.store import ControlStore

from .outlet import Outlet, config_digest, read_back
from .planner import Circumstances, is_list, plan_record
from .record_plan import PlannedOp
from .removals import seal_denials
from .settle import settle
from .wanted import Wanted


def standing_denials(store: ControlStore, destination: str, denied: Iterable[Wanted]) -> list[PlannedOp]:
    """What a person's no asks to take off a destination and still stands there; touches no network.

    Args:
        denied: The rows of `read_denied` for this destination.
    """
    # A label that the CRM refused to let go stands all the same: rejections count for nothing here.
    around = Circumstances(hash_value=store.hash_value, merged=merged_records(store, destination))
    return [op for rows, labels in _labelled(store, destination, denied)
            for op in _removals(store, destination, rows, labels, around)]  # fmt: skip


def seal_withdrawals(outlet: Outlet, denied: Iterable[Wanted], *, as_of_day: date) -> Plan | None:
    """Seals a plan that takes off what people said no to; None when none of it stands there.

    What was sent without an answer is settled first. Of the records concerned our fields are read by id
    before: what a human put there since the last pull is not ours to clear.

    Raises:
        RemoteError: When the CRM cannot be asked.
    """
    settle(outlet)
    store, name = outlet.store, outlet.name
    concerned = list(_labelled(store, name, denied))
    if not concerned:
        return None
    _observe(outlet, [labels for _, labels in concerned])
    around = Circumstances(
        hash_value=store.hash_value,
        merged=merged_records(store, name),
        rejections=rejections(store, name),
    )
    # What is in flight has no answer yet: it is settled by reading back, never sent again on a guess. What
    # waits in the plan of an earlier run goes with that plan.
    under_way = {(op.rref, op.target) for op in sent_ops(store, name)}
    under_way |= {
        (wanted[0].rref, target)
        for wanted, _ in concerned
        for target in open_removals(store, name, wanted[0].rref)
    }
    rows = [
        op.as_row()
        for wanted, labels in concerned
        for op in _removals(store, name, wanted, labels, around)
        if (op.rref, op.target) not in under_way
    ]
    if not rows:
        return None
    digest = config_digest(outlet.settings, outlet.labels)
    return seal_denials(outlet, rows, parent=None, config_digest=digest, as_of_day=as_of_day)


def _labelled(
    store: ControlStore, destination: str, denied: Iterable[Wanted]
) -> Iterator[tuple[tuple[Wanted, ...], list[Owned]]]:
    """Those of the denied records that carry a label of ours, with what they carry."""
    for rref, rows in groupby(denied, key=lambda row: row.rref):
        labels = owned_by(store, destination, [rref]).get(rref)
        if labels:
            yield tuple(rows), labels


def _removals(
    store: ControlStore,
    destination: str,
    wanted: Sequence[Wanted],
    labels: Sequence[Owned],
    around: Circumstances,
) -> list[PlannedOp]:
    """The part of a record's plan that its person's no asks for."""
    keys = [(wanted[0].rref, target) for target in (GONE, *(label.label for label in labels))]
    mirror = [
        MirrorRow(rref=rref, target=target, value_hash=value_hash)
        for (rref, target), value_hash in mirror_of(store, destination, keys).items()
    ]
    record = plan_record(wanted, labels, mirror, around)
    # What else the record should carry waits for the whole run.
    return [op for one in record.sets for op in one.ops if op.is_explicit_denial]


def _observe(outlet: Outlet, labels: Iterable[Sequence[Owned]]) -> None:
    """Notes what the CRM shows now in our fields of these records, and which of them are gone."""
    keys = [(one.rref, one.label) for group in labels for one in group if not is_list(one.label)]
    if not keys:
        return
    seen = read_back(outlet, keys)
    rows = [*_shown(outlet, seen.shown), *(_gone(rref) for rref in sorted(seen.gone))]
    with outlet.store.transaction() as database:
        put_mirror(database, outlet.name, rows, observed_at=outlet.clock())


def _shown(outlet: Outlet, shown: Mapping[tuple[bytes, str], str]) -> Iterator[MirrorRow]:
    for (rref, target), value in shown.items():
        yield MirrorRow(rref=rref, target=target, value_hash=outlet.store.hash_value(value))


def _gone(rref: bytes) -> MirrorRow:
    return MirrorRow(rref=rref, target=GONE, value_hash=GONE_HASH)
