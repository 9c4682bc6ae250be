"""Compares what a record should carry with what we wrote and what the CRM shows: pure, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Generic, Literal, TypeVar

from consentric.control.outbox import RECORD_GONE
from consentric.control.ownership import GONE, MirrorRow, Owned
from consentric.sdk.contracts import Verb

from .record_plan import BY_HAND, REJECTED_BEFORE, Cause, ChangeKind, PlannedOp, RecordPlan, SetPlan, State
from .wanted import Wanted

Row = TypeVar("Row")

MEMBER = "member"
"""What a list shows and what we own of it."""

MAX_REJECTIONS = 8
"""A label that a CRM refused so often is not sent again until somebody says so."""

# Removals go before additions, so nobody stands in two segments; the person's own no goes before all.
DENIAL_STEP = 1
_STEPS: Mapping[Verb, int] = {"clear": 2, "remove": 2, "set": 3, "add": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the planner must know beside the record itself."""

    hash_value: Callable[[str], bytes]
    fields: bool = True
    """Whether the CRM has fields of ours."""
    lists: bool = True
    changed_sets: frozenset[str] = frozenset()
    """Sets whose rules changed since the last finished plan."""
    last_run: str = ""
    """Run of the last finished plan, empty before the first."""
    merged: frozenset[bytes] = frozenset()
    """Records that took over labels by a merge since then."""
    rejections: Mapping[tuple[bytes, str], int] = field(default_factory=dict)
    """How often a CRM refused a label, by record and target."""


@dataclass(slots=True)
class _Facts:
    """One record and set while it is planned."""

    wanted: Wanted
    owned: dict[str, Owned]
    shown: dict[str, bytes]
    around: Circumstances
    is_retired: bool = False
    """The set is no longer configured for this destination."""

    @property
    def is_merged(self) -> bool:
        return self.wanted.rref in self.around.merged


def plan_records(
    wanted: Iterable[Wanted],
    owned: Iterable[Owned],
    mirror: Iterable[MirrorRow],
    around: Circumstances,
) -> Iterator[RecordPlan]:
    """One plan per live record; all three inputs come in the order of rref and are read once.

    What belongs to a record that is not among the wanted ones is left alone.
    """
    owned_groups = _Groups(owned, lambda row: row.rref)
    mirror_groups = _Groups(mirror, lambda row: row.rref)
    for rref, rows in groupby(wanted, key=lambda row: row.rref):
        yield plan_record(tuple(rows), owned_groups.of(rref), mirror_groups.of(rref), around)


def plan_record(
    wanted: Sequence[Wanted], owned: Sequence[Owned], mirror: Sequence[MirrorRow], around: Circumstances
) -> RecordPlan:
    """The plan of one record; `wanted` has one row for each configured set, at least one."""
    rref = wanted[0].rref
    shown = {row.target: row.value_hash for row in mirror}
    labels: dict[str, dict[str, Owned]] = {}
    for label in owned:
        labels.setdefault(set_of(label.label), {})[label.label] = label
    facts = [_Facts(row, labels.pop(row.set, {}), shown, around) for row in wanted]
    for name, left in sorted(labels.items()):
        facts.append(_Facts(_retired(name, wanted), left, shown, around, is_retired=True))
    return _marked(RecordPlan(rref=rref, sets=tuple(_plan_set(one) for one in facts)))


def set_of(target: str) -> str:
    """The set that a target belongs to: `rfm5` of `field:rfm5` and of `list:rfm5.champions`."""
    return target.partition(":")[2].partition(".")[0]


def is_list(target: str) -> bool:
    """Whether a target is a list rather than a field."""
    return target.startswith("list:")


def value_shown_by(target: str, segment: str) -> str:
    """What the CRM shows at a target while the label is on."""
    return MEMBER if segment and is_list(target) else segment


def segment_of(owned: Iterable[Owned]) -> str | None:
    """The segment that our labels of one set stand for; the field's counts before a list's."""
    fields_first = sorted(owned, key=lambda label: (is_list(label.label), label.label))
    return fields_first[0].segment if fields_first else None


def _marked(record: RecordPlan) -> RecordPlan:
    """Marks what is still tried on a record that is rejected: whatever becomes of it, rejected is worse."""
    if record.state != "rejected":
        return record
    sets = tuple(
        replace(one, ops=tuple(replace(op, reason=REJECTED_BEFORE) for op in one.ops)) for one in record.sets
    )
    return replace(record, sets=sets)


def _retired(name: str, wanted: Sequence[Wanted]) -> Wanted:
    """A set that is no longer configured: nothing is wanted; what denies all other sets denies it too."""
    first = wanted[0]
    is_denied = all(row.effect == first.effect for row in wanted)
    return Wanted(
        rref=first.rref,
        set=name,
        segment=None,
        from_run="",
        reason=first.reason if is_denied else "",
        effect=first.effect if is_denied else "",
    )


def _plan_set(facts: _Facts) -> SetPlan:
    wanted, before = facts.wanted, segment_of(facts.owned.values())
    if GONE in facts.shown:
        return SetPlan(set=wanted.set, before=before, after=None, state="withheld", reason=RECORD_GONE)
    if wanted.effect in ("hold", "refuse"):
        return SetPlan(
            set=wanted.set,
            before=before,
            after=None,
            state="withheld",
            reason=wanted.reason,
            effect=wanted.effect,
        )
    after = None if wanted.effect else wanted.segment
    targets = _targets(facts, after)
    kind = _kind(before, after)
    cause = _cause(facts, kind)
    ops: list[PlannedOp] = []
    conflicts = adopted = rejected = 0
    for target, segment in targets.items():
        match _compare(facts, target, segment):
            case "conflict":
                conflicts += 1
            case "shown":
                adopted += 1
            case "change":
                if facts.around.rejections.get((wanted.rref, target), 0) >= MAX_REJECTIONS:
                    rejected += 1
                else:
                    ops.append(_op(facts, target, segment, kind, cause))
            case _:
                pass
    if conflicts and kind != "leave":
        ops = []  # a human took the label in hand: nothing is added, moved or half removed
    return _judge(facts, before, after, kind, cause, ops, conflicts, adopted, rejected)


def _targets(facts: _Facts, after: str | None) -> dict[str, str]:
    """Each target that carries or should carry a label, with the segment it should show (or empty)."""
    name = facts.wanted.set
    targets = dict.fromkeys(sorted(facts.owned), "")
    if after is not None:
        if facts.around.fields:
            targets[f"field:{name}"] = after
        if facts.around.lists:
            targets[f"list:{name}.{after}"] = after
    return targets


def _compare(facts: _Facts, target: str, segment: str) -> Literal["nothing", "change", "shown", "conflict"]:
    hash_value = facts.around.hash_value
    shown = facts.shown.get(target, b"")
    new = hash_value(value_shown_by(target, segment))
    label = facts.owned.get(target)
    if label is not None and facts.is_merged and not shown and segment:
        label = None  # the CRM dropped it while merging, no human did
    if label is None:
        if not segment:
            return "nothing"
        if not shown:
            return "change"
        return "shown" if shown == new else "conflict"
    ours = hash_value(value_shown_by(target, label.segment))
    if label.segment == segment:
        return "nothing" if shown == ours else "conflict"
    if shown == ours:
        return "change"
    if not segment:
        return "conflict" if shown else "change"  # gone already: the op closes our books without a call
    return "shown" if shown == new else "conflict"


def _op(facts: _Facts, target: str, segment: str, kind: ChangeKind, cause: Cause) -> PlannedOp:
    wanted, label = facts.wanted, facts.owned.get(target)
    verb: Verb
    if is_list(target):
        verb = "add" if segment else "remove"
    else:
        verb = "set" if segment else "clear"
    return PlannedOp(
        rref=wanted.rref,
        verb=verb,
        target=target,
        old="" if label is None else label.segment,
        new=segment,
        change=kind,
        cause=cause,
        reason=wanted.reason,
        effect=wanted.effect,
        step=DENIAL_STEP if wanted.effect == "remove" else _STEPS[verb],
    )


def _kind(before: str | None, after: str | None) -> ChangeKind:
    if after is None:
        return "leave"
    return "move" if before is not None and before != after else "enter"


def _cause(facts: _Facts, kind: ChangeKind) -> Cause:
    wanted, around = facts.wanted, facts.around
    if wanted.effect:
        return "consent changed"
    if facts.is_merged:
        return "records merged"
    if facts.is_retired or wanted.set in around.changed_sets:
        return "rule changed"
    # In the segment since before the last plan, and yet without a label: permission came since.
    if kind == "enter" and wanted.from_run and wanted.from_run <= around.last_run:
        return "consent changed"
    return "people changed"


def _judge(
    facts: _Facts,
    before: str | None,
    after: str | None,
    kind: ChangeKind,
    cause: Cause,
    ops: list[PlannedOp],
    conflicts: int,
    adopted: int,
    rejected: int,
) -> SetPlan:
    state: State
    reason, effect = facts.wanted.reason, facts.wanted.effect
    if rejected:
        state, reason, effect = "rejected", REJECTED_BEFORE, ""
    elif ops:
        state = "written"
    elif conflicts:
        state, reason, effect = "withheld", BY_HAND, ""
    else:
        state = "withheld" if effect else "unchanged"
    return SetPlan(
        set=facts.wanted.set,
        before=before,
        after=after,
        state=state,
        kind=kind if ops else None,
        cause=cause if ops else None,
        reason=reason,
        effect=effect,
        ops=tuple(ops),
        not_adopted=adopted,
    )


class _Groups(Generic[Row]):
    """Hands out the rows of one rref after the other from a stream in that order."""

    def __init__(self, rows: Iterable[Row], key: Callable[[Row], bytes]) -> None:
        self._rows = iter(rows)
        self._key = key
        self._next = next(self._rows, None)

    def of(self, rref: bytes) -> list[Row]:
        """The rows of this rref; those before it belong to nobody who was asked for."""
        found: list[Row] = []
        while self._next is not None and self._key(self._next) <= rref:
            if self._key(self._next) == rref:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found
