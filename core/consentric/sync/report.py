"""What a plan and an apply say of themselves: counts that add up to the live records of the account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from consentric.sdk.errors import ConsentricError

from .record_plan import RecordPlan, SetPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """People of one set on their way from one segment to another."""

    set: str
    before: str
    after: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What applying will take, in the vendor's currency."""

    calls: int
    read_back_calls: int
    """Part of `calls`."""
    seconds: float
    share_of_day: float
    """Of the calls that the writer may make in a day: 0.01 is one per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeReason:
    """One limit that a plan exceeds."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProvision:
    """Something the destination lacks; created before the first label."""

    target: str
    description: str
    is_possible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What a sealed plan would do; nothing has been written.

    Records are counted once: leave before move before enter. `enter_by_segment`, `moves` and `causes`
    count labels, so a record in two sets counts twice there.
    """

    plan: str
    """Id of the plan; `denials` of a braked plan have their own."""
    part: str = ""
    """Which part of all changes it takes, in words; empty for all."""
    destination: str
    account: str
    as_of_day: str
    sha256: str
    total: int
    """Live records of the account, the sum of the states below."""
    enter: int
    move: int
    leave: int
    leave_by_consent: int
    """Part of `leave`: the gate denies."""
    unchanged: int
    no_segment: int = 0
    """Part of `unchanged`: nothing forbids a label, and no segment has the person."""
    withheld: Mapping[str, int]
    """Reason code to records."""
    rejected: int
    """Refused so often by the CRM that they are not sent again."""
    rejected_with_ops: int
    """Part of `rejected`: something else of the record is still tried."""
    enter_by_segment: Mapping[str, int]
    """`SET.SEGMENT` to labels."""
    moves: tuple[Move, ...]
    causes: Mapping[str, int]
    population: int
    """Labels that should stand after the plan."""
    not_adopted: int
    """Labels that are shown already though we never wrote them; left alone."""
    refused: Mapping[str, int]
    """Codes of our own configuration that forbid this destination; such a plan cannot be approved."""
    explicit_denials: int
    """Ops that take a label off because the person said no."""
    ops: int
    provisions: tuple[PlannedProvision, ...]
    cost: Cost
    rules: Mapping[str, str]
    """Set to the hash of its rules."""
    first_apply: bool
    brake: tuple[BrakeReason, ...]
    rows: str
    """Path of the listing by record reference."""

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to apply."""
        return self.ops > 0 or bool(self.provisions)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, under a versioned name."""
        return {"schema": "consentric.plan/1", **asdict(self)}


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts a plan while its records go by."""

    total: int = 0
    states: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    no_segment: int = 0
    rejected_with_ops: int = 0
    leave_by_consent: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    enters: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    rule_moves: int = 0
    removals: int = 0
    """Labels that go, other than by the person's own no."""
    denials: int = 0
    """Labels that go by the person's own no."""
    explicit_ops: int = 0
    owned: Counter[str] = field(default_factory=Counter)
    """`SET.SEGMENT` to labels that stand before the plan."""
    after: Counter[str] = field(default_factory=Counter)
    """`SET.SEGMENT` to labels that stand after it, held ones included."""
    emptying: set[str] = field(default_factory=set)
    """Segments that lose somebody by other than the person's own no."""
    not_adopted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, record: RecordPlan) -> None:
        """Counts one record."""
        self.total += 1
        self.states[record.state] += 1
        self.no_segment += record.is_in_no_segment
        if record.state == "rejected":
            self.rejected_with_ops += any(one.ops for one in record.sets)
        if record.state == "withheld":
            self.withheld[record.reason] += 1
        if record.state == "written" and record.kind is not None:
            self.kinds[record.kind] += 1
            if record.kind == "leave" and any(one.kind == "leave" and one.effect for one in record.sets):
                self.leave_by_consent += 1
        for one in record.sets:
            self._add_set(one)

    def _add_set(self, one: SetPlan) -> None:
        self.not_adopted += one.not_adopted
        self.explicit_ops += sum(op.is_explicit_denial for op in one.ops)
        if one.effect == "refuse":
            self.refused[one.reason] += 1
        if one.before is not None:
            self.owned[f"{one.set}.{one.before}"] += 1
        if one.kind is not None:
            self._add_change(one)
        standing = one.before if one.kind is None else one.after
        if standing is not None:
            self.after[f"{one.set}.{standing}"] += 1

    def _add_change(self, one: SetPlan) -> None:
        self.causes[str(one.cause)] += 1
        if one.kind == "enter":
            self.enters[f"{one.set}.{one.after}"] += 1
            return
        if one.kind == "move":
            self.moves[one.set, str(one.before), str(one.after)] += 1
            self.rule_moves += one.cause == "rule changed"
        elif one.effect == "remove":
            self.denials += 1
            return
        else:
            self.removals += 1
        self.emptying.add(f"{one.set}.{one.before}")

    def check_sum(self) -> None:
        """Holds the promise that the states add up to the live records, each counted once."""
        assert sum(self.states.values()) == self.total
        assert sum(self.kinds.values()) == self.states["written"]
        assert sum(self.withheld.values()) == self.states["withheld"]

    def moved(self) -> tuple[Move, ...]:
        """The moves, most people first."""
        ordered = sorted(self.moves.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Move(set=s, before=b, after=a, people=n) for (s, b, a), n in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """How every live record of the account ended: the five states add up to `total`."""

    plan: str
    destination: str
    total: int
    enter: int
    move: int
    leave: int
    unchanged: int
    no_segment: int = 0
    """Part of `unchanged`, as the plan found it."""
    withheld: Mapping[str, int]
    rejected: Mapping[str, int]
    """Reason or vendor code to records."""
    not_finished: int
    ops: Mapping[str, int]
    """State of the outbox to ops, provisions left out."""
    calls_saved: int
    """Ops that needed no call: the CRM showed the wanted value already."""
    verified: int
    """Ops whose value was read back."""
    interrupted: bool = False
    stopped_by: ConsentricError | None = None
    """The guard or error that ended the apply; everything done before it is settled and counted."""

    @property
    def written(self) -> int:
        """Records with a change that the CRM took."""
        return self.enter + self.move + self.leave

    @property
    def exit_code(self) -> int:
        """75 when interrupted, the code of what stopped it, 3 when something is open or refused, else 0."""
        if self.interrupted:
            return 75
        if self.stopped_by is not None:
            return self.stopped_by.exit_code
        return 3 if self.not_finished or self.rejected else 0

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, under a versioned name."""
        plain = {
            name: dict(value) if isinstance(value, Mapping) else value
            for name in self.__slots__
            if name != "stopped_by"
            for value in [getattr(self, name)]
        }
        error = self.stopped_by
        stopped = None if error is None else {"code": error.code, "message": error.message}
        return {
            "schema": "consentric.apply/1",
            **plain,
            "written": self.written,
            "stopped_by": stopped,
            "exit_code": self.exit_code,
        }
