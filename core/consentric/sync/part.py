"""A part of a plan: a few records first, or one segment alone; the rest waits for a later plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .record_plan import LEFT_OUT, RecordPlan, SetPlan


@dataclass(slots=True, kw_only=True)
class Part:
    """Chooses among the changes of a plan; a person's own no belongs to every part.

    Without a limit it is the whole plan. Records come in the order of their references, which are random
    numbers: the first of them are a fair sample.
    """

    records: int | None = None
    """At most so many records with changes."""
    segment: str = ""
    """Only what enters, moves to or leaves this segment, as `SET.SEGMENT`."""
    _taken: int = field(default=0, init=False)

    def __str__(self) -> str:
        """As it stands in the plan's report; empty for the whole.

        >>> str(Part(records=50, segment="rfm5.at_risk"))
        'only rfm5.at_risk, at most 50 records'
        """
        limits = [f"only {self.segment}" if self.segment else ""]
        limits += [f"at most {self.records} records" if self.records is not None else ""]
        return ", ".join(limit for limit in limits if limit)

    def of(self, record: RecordPlan) -> RecordPlan:
        """The record with the changes that this part takes; the others are withheld."""
        if not str(self):
            return record
        has_room = self.records is None or self._taken < self.records
        kept = [one for one in record.sets if has_room and one.ops and self._concerns(one)]
        self._taken += bool(kept)
        return replace(
            record,
            sets=tuple(one if one in kept or _is_denial(one) else _held_back(one) for one in record.sets),
        )

    def _concerns(self, one: SetPlan) -> bool:
        places = {f"{one.set}.{one.before}", f"{one.set}.{one.after}"}
        return (not self.segment or self.segment in places) and not _is_denial(one)


def _is_denial(one: SetPlan) -> bool:
    return any(op.is_explicit_denial for op in one.ops)


def _held_back(one: SetPlan) -> SetPlan:
    if not one.ops:
        return one
    if one.state == "rejected":  # what the CRM refused before stays the worst that can be said of it
        return replace(one, ops=(), kind=None, cause=None)
    return replace(one, state="withheld", reason=LEFT_OUT, effect="", ops=(), kind=None, cause=None)
