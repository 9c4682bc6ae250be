"""Reads at the end of a pull what the CRM shows under our names, so that no human's change is missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sys import intern

from consentric.control.outbox import GONE_HASH
from consentric.control.ownership import GONE, MirrorRow, gone_records, owned_labels, replace_mirror
from consentric.sdk.contracts import Shown
from consentric.sdk.records import RecordRef

from .outlet import Outlet, read_back
from .planner import value_shown_by
from .settle import settle

Find = Callable[[Sequence[RecordRef]], Mapping[RecordRef, bytes]]
"""Looks records up in the vault by their CRM ids; one that was never pulled is left out."""

CHUNK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorReport:
    """What reading the labels back found."""

    shown: int
    """Labels that stand in the CRM, on records we know."""
    unknown: int
    """Labels on records that were never pulled."""
    missing: int
    """Labels of ours that are no longer shown as written."""
    gone: int
    """Records with labels of ours that the CRM no longer has."""
    changed: int
    """Rows that differ from what was known before."""


def read_labels(outlet: Outlet, find: Find) -> MirrorReport:
    """Replaces the mirror of a destination by what its CRM shows now, in one transaction.

    What was sent without an answer is settled first. A listing may lag behind, so every label that it
    shows otherwise than we wrote it is asked for again by id.

    Raises:
        RemoteError: When the CRM does not answer; the mirror is then as it was.
    """
    settle(outlet)
    shown, unknown = _listed(outlet, find)
    written = {
        (label.rref, label.label): value_shown_by(label.label, label.segment)
        for label in owned_labels(outlet.store, outlet.name)
    }
    doubtful = [key for key in written.keys() | shown.keys() if written.get(key) != shown.get(key)]
    known_gone = [(rref, GONE) for rref in gone_records(outlet.store, outlet.name)]
    seen = read_back(outlet, [*sorted(doubtful), *known_gone])
    for key in doubtful:
        shown[key] = seen.shown.get(key, "")
    rows = [
        MirrorRow(rref=rref, target=target, value_hash=outlet.store.hash_value(value))
        for (rref, target), value in shown.items()
        if value
    ]
    rows += [MirrorRow(rref=rref, target=GONE, value_hash=GONE_HASH) for rref in seen.gone]
    changed = replace_mirror(outlet.store, outlet.name, rows, now=outlet.clock())
    return MirrorReport(
        shown=len(rows) - len(seen.gone),
        unknown=unknown,
        missing=sum(shown.get(key, "") != value for key, value in written.items()),
        gone=len(seen.gone),
        changed=changed,
    )


def _listed(outlet: Outlet, find: Find) -> tuple[dict[tuple[bytes, str], str], int]:
    """Every label that the CRM lists, by rref; and how many stand on records we do not know."""
    shown: dict[tuple[bytes, str], str] = {}
    unknown = 0
    chunk: list[Shown] = []

    def take() -> int:
        found = find(list(dict.fromkeys(one.record for one in chunk)))
        for one in chunk:
            if one.record in found and one.value:
                shown[found[one.record], intern(one.target)] = one.value  # a million of a dozen texts
        return sum(one.record not in found for one in chunk)

    for one in outlet.writer.labelled(outlet.labels):
        chunk.append(one)
        if len(chunk) >= CHUNK:
            unknown += take()
            chunk.clear()
    return shown, unknown + take()
