"""What a plan says of one record: its sets, their changes and the worst that can be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from consentric.control.outbox import RECORD_GONE
from consentric.control.plans import OpRow
from consentric.sdk.contracts import Verb
from consentric.sdk.permit import Effect

from .wanted import EFFECTS

ChangeKind = Literal["enter", "move", "leave"]
Cause = Literal["people changed", "rule changed", "consent changed", "records merged"]
State = Literal["rejected", "written", "withheld", "unchanged"]

BY_HAND = "CHANGED_BY_HAND"
REJECTED_BEFORE = "REJECTED_BEFORE"
LEFT_OUT = "LEFT_OUT"
"""Left for a later plan by a plan of a part."""

KIND_ORDER: tuple[ChangeKind, ...] = ("leave", "move", "enter")
_STATE_ORDER: tuple[State, ...] = ("rejected", "written", "withheld", "unchanged")
_REASON_ORDER = (REJECTED_BEFORE, *EFFECTS, BY_HAND, RECORD_GONE, LEFT_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOp:
    """One change to one target of one record; `old` and `new` are labels of ours or empty."""

    rref: bytes
    verb: Verb
    target: str
    old: str
    new: str
    change: Literal["enter", "move", "leave", "provision"]
    cause: str
    reason: str = ""
    effect: Effect = ""
    step: int

    @property
    def is_explicit_denial(self) -> bool:
        """Whether the person's own no takes this label off; such an op is never braked."""
        return self.effect == "remove"

    def as_row(self) -> OpRow:
        """The row of the plan that it becomes."""
        return OpRow(
            rref=self.rref,
            verb=self.verb,
            target=self.target,
            old=self.old,
            new=self.new,
            change=self.change,
            cause=self.cause,
            reason=self.reason,
            effect=self.effect,
            step=self.step,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlan:
    """What becomes of one record in one segment set."""

    set: str
    before: str | None
    """Segment whose label we own."""
    after: str | None
    """Segment it should be; None when in none, or not permitted."""
    state: State
    kind: ChangeKind | None = None
    cause: Cause | None = None
    reason: str = ""
    effect: Effect = ""
    ops: tuple[PlannedOp, ...] = ()
    not_adopted: int = 0
    """Targets that already show what we would write though we never wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What becomes of one live record: the worst of its sets counts."""

    rref: bytes
    sets: tuple[SetPlan, ...]

    @property
    def state(self) -> State:
        """One of the five states, as far as a plan knows; what is written may still be rejected."""
        return min((one.state for one in self.sets), key=_STATE_ORDER.index)

    @property
    def is_in_no_segment(self) -> bool:
        """Whether it is unchanged because no label stands there, none is due and nothing forbids one."""
        is_bare = all(one.before is None and one.after is None for one in self.sets)
        return is_bare and self.state == "unchanged"

    @property
    def kind(self) -> ChangeKind | None:
        """Leave before move before enter, when the record has changes in several sets."""
        kinds = [one.kind for one in self.sets if one.kind is not None]
        return min(kinds, key=KIND_ORDER.index) if kinds else None

    @property
    def reason(self) -> str:
        """Why it is withheld or rejected; empty otherwise."""
        mine = [one for one in self.sets if one.state == self.state and one.reason]
        if not mine or self.state in ("written", "unchanged"):
            return ""
        return min(mine, key=lambda one: _REASON_ORDER.index(one.effect or one.reason)).reason
