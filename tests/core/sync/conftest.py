"""A workspace of six people, a pretend CRM in memory that counts accepted writes, a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consentric.control.store import ControlStore
from consentric.sdk.contracts import (
    Accepted,
    Change,
    LabelSet,
    Limits,
    Outcome,
    Provision,
    SegmentLabel,
    Shown,
    Writer,
)
from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.permit import Permit
from consentric.sdk.records import RecordRef
from consentric.sync.apply import apply_plan
from consentric.sync.mirror import read_labels
from consentric.sync.outlet import open_outlet
from consentric.sync.part import Part
from consentric.sync.seal import approve_plan, seal_plan
from consentric.sync.settings import BrakeSettings, DestinationSettings
from consentric.sync.wanted import Wanted

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
OPEN_BRAKE = BrakeSettings(
    removals_at_least=10_000,
    moves_percent=100,
    moves_at_least=10_000,
    rule_moves_percent=100,
    population_fall_percent=100,
)

PROD = DestinationSettings(
    name="prod",
    to="memory",
    sets=("rfm5",),
    purpose="email_marketing",
    channel="email",
    transfer="eea",
    brake=OPEN_BRAKE,
)


def rref(number: int) -> bytes:
    return number.to_bytes(16, "big")


def ref(number: int) -> RecordRef:
    return RecordRef(object="contact", id=f"crm-{number}")


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Crm:
    """The account: contacts with a field per set and lists; outlives every writer."""

    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    """(id, target) to value."""
    lists: dict[str, set[str]] = field(default_factory=dict)
    contacts: set[str] = field(default_factory=set)
    provisioned: set[str] = field(default_factory=set)
    consents: dict[str, str] = field(default_factory=dict)
    writes: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Every accepted change: verb, target, id, new."""
    calls: int = 0

    def picture(self) -> dict[str, Any]:
        """All that stands in it."""
        return {
            "fields": {key: value for key, value in sorted(self.fields.items()) if value},
            "lists": {name: sorted(ids) for name, ids in sorted(self.lists.items()) if ids},
        }


class MemoryWriter(Writer):
    """Writes to a `Crm`; `faults` answers the next calls of `apply` otherwise than expected."""

    name = "memory"
    settings_model = DestinationSettings

    def __init__(self, crm: Crm, *, batch_size: int = 3, lists_by_id: bool = True) -> None:
        self.crm = crm
        self.faults: list[Any] = []
        self.bad: dict[str, str] = {}
        """CRM id to `rejected`, `gone`, `retry`, `lies` or `whole` (refuses the whole batch)."""
        self.batch_size = batch_size
        self.lists_by_id = lists_by_id
        self.seen: list[Change] = []

    @property
    def limits(self) -> Limits:
        return Limits(
            batch_size=self.batch_size,
            list_batch_size=self.batch_size * 2,
            calls_per_second=2,
            calls_per_day=1000,
        )

    def prepare(self, labels):
        wanted = [f"field:{one.name}" for one in labels] if self.has_fields else []
        wanted += [f"list:{one.name}.{segment.key}" for one in labels for segment in one.segments]
        return [
            Provision(target=target, description=f"creates {target}")
            for target in wanted
            if target not in self.crm.provisioned
        ]

    def provision(self, labels, target):
        self.crm.provisioned.add(target)

    def current(self, labels, records) -> Iterator[Shown]:
        self.crm.calls += 1
        for record in records:
            if record.id not in self.crm.contacts:
                continue
            for one in labels:
                target = f"field:{one.name}"
                yield Shown(record=record, target=target, value=self.crm.fields.get((record.id, target), ""))
                for segment in one.segments if self.lists_by_id else ():
                    target = f"list:{one.name}.{segment.key}"
                    member = record.id in self.crm.lists.get(target, ())
                    yield Shown(record=record, target=target, value="member" if member else "")

    def labelled(self, labels) -> Iterator[Shown]:
        for (id, target), value in sorted(self.crm.fields.items()):
            if value and any(target == f"field:{one.name}" for one in labels):
                yield Shown(record=RecordRef(object="contact", id=id), target=target, value=value)
        for one in labels:
            for segment in one.segments:
                target = f"list:{one.name}.{segment.key}"
                for id in sorted(self.crm.lists.get(target, ())):
                    yield Shown(record=RecordRef(object="contact", id=id), target=target, value="member")

    def apply(self, labels, changes) -> Iterator[Outcome | Accepted]:
        self.crm.calls += 1
        self.seen.extend(changes)
        assert len({(change.verb, change.target) for change in changes}) == 1
        assert len(changes) <= self.batch_size * 2
        fault = self.faults.pop(0) if self.faults else None
        if fault == "before":  # the connection broke before the CRM read the request
            raise RemoteError("no answer", kind=RemoteKind.AMBIGUOUS)
        if isinstance(fault, RemoteKind):
            raise RemoteError("no", kind=fault, vendor_code=fault.value)
        if any(self.bad.get(change.record.id) == "whole" for change in changes):
            raise RemoteError("bad batch", kind=RemoteKind.REJECTED, status=400, vendor_code="INVALID")
        outcomes = [self._one(change) for change in changes]
        if fault == "after":  # it was applied, the answer was lost
            raise RemoteError("no answer", kind=RemoteKind.AMBIGUOUS)
        if fault == "half answered":
            outcomes = outcomes[:1]
        if fault == "kill":
            raise Killed
        if fault == "consent changed":
            self.crm.consents[changes[0].record.id] = "changed"
        yield from outcomes

    def _one(self, change: Change) -> Outcome:
        id, how = change.record.id, self.bad.get(change.record.id)
        if id not in self.crm.contacts or how == "gone":
            return Outcome(op=change.op, state="gone", vendor_code="NOT_FOUND")
        if how in ("rejected", "retry"):
            return Outcome(op=change.op, state=how, vendor_code="VALIDATION", message="400 VALIDATION")
        if how == "lies":
            return Outcome(op=change.op, state="done")
        self.crm.writes.append((change.verb, change.target, id, change.new))
        members = self.crm.lists.setdefault(change.target, set())
        match change.verb:
            case "set":
                self.crm.fields[id, change.target] = change.new
            case "clear":
                self.crm.fields.pop((id, change.target), None)
            case "add":
                members.add(id)
            case _:
                members.discard(id)
        return Outcome(op=change.op, state="done")

    def consent_fingerprint(self, records):
        return {record: self.crm.consents.get(record.id, "yes") for record in records}


@dataclass
class World:
    """What a run holds: the store, the CRM, who should carry what, and what the gate says at send."""

    folder: Path
    store: ControlStore
    crm: Crm
    writer: MemoryWriter
    segments: dict[int, str | None] = field(default_factory=dict)
    denied: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Record to (reason, effect): known when planning and when sending."""
    denied_at_send: dict[int, tuple[str, str]] = field(default_factory=dict)
    consents_readable: bool = True
    refreshes: int = 0
    now: datetime = START
    run: str = "run-1"
    settings: DestinationSettings = PROD
    labels: tuple[LabelSet, ...] = (
        LabelSet(
            name="rfm5",
            title="RFM",
            segments=(
                SegmentLabel(key="champions", title="Champions"),
                SegmentLabel(key="loyal", title="Loyal"),
            ),
            prefix="consentric_",
            marker="managed by consentric test",
        ),
    )
    rules: dict[str, str] = field(default_factory=lambda: {"rfm5": "rule-1"})
    should_stop: Any = None

    def clock(self) -> datetime:
        return self.now

    def links(self, rrefs):
        return {one: ref(int.from_bytes(one, "big")) for one in rrefs}

    def find(self, refs):
        numbers = {one: int(one.id.removeprefix("crm-")) for one in refs}
        return {one: rref(number) for one, number in numbers.items() if number in self.segments}

    def wanted(self) -> list[Wanted]:
        rows = []
        for number, segment in sorted(self.segments.items()):
            reason, effect = self.denied.get(number, ("", ""))
            rows.append(
                Wanted(
                    rref=rref(number),
                    set="rfm5",
                    segment=segment,
                    from_run=self.run if segment else "",
                    reason=reason,
                    effect=effect,
                )
            )
        return rows

    def permits(self, rrefs):
        denied = {**self.denied, **self.denied_at_send}
        answers = {}
        for one in rrefs:
            reason, effect = denied.get(int.from_bytes(one, "big"), ("", ""))
            answers[one] = Permit(allowed=not effect, reason=reason, effect=effect)
        return answers

    def refresh(self) -> bool:
        self.refreshes += 1
        return self.consents_readable

    def plan(self, *, approved: bool = True, part: Part | None = None):
        report = seal_plan(
            self.store,
            destination=self.settings,
            labels=self.labels,
            wanted=self.wanted(),
            writer=self.writer,
            links=self.links,
            clock=self.clock,
            run=self.run,
            as_of_day=date(2026, 11, 20),
            plans_folder=self.folder / "plans",
            rules=self.rules,
            part=part,
        )
        if report.brake and approved:
            approve_plan(self.store, report.plan, by="ops", reason="test", clock=self.clock)
        return report

    def apply(self, plan: str):
        return apply_plan(
            self.store,
            plan,
            destination=self.settings,
            labels=self.labels,
            writer=self.writer,
            links=self.links,
            refresh_consents=self.refresh,
            permits=self.permits,
            clock=self.clock,
            run=self.run,
            should_stop=self.should_stop or (lambda: False),
        )

    def outlet(self):
        return open_outlet(
            self.store,
            destination=self.settings,
            labels=self.labels,
            writer=self.writer,
            links=self.links,
            clock=self.clock,
            run=self.run,
        )

    def read_labels(self):
        return read_labels(self.outlet(), self.find)

    def sync(self):
        """Read labels, plan, apply: what a night does."""
        self.read_labels()
        return self.apply(self.plan().plan)

    def reopen(self) -> None:
        """The next process: only what is on disk counts."""
        self.store.close()
        self.store = open_store(self.folder)
        self.now += timedelta(hours=1)
        number = int(self.run.removeprefix("run-"))
        self.run = f"run-{number + 1}"


@pytest.fixture
def world(tmp_path):
    return make_world(tmp_path)


def open_store(folder: Path) -> ControlStore:
    """Without waiting for the disk: a test that raises keeps the page cache, so fsync proves nothing here."""
    store = ControlStore.open(folder / "control.sqlite")
    store.connection.execute("PRAGMA synchronous=OFF")
    return store


def make_world(folder: Path) -> World:
    """Six people: three loyal, two champions, one in no segment."""
    crm = Crm(contacts={f"crm-{number}" for number in range(1, 7)})
    segments = {1: "loyal", 2: "loyal", 3: "loyal", 4: "champions", 5: "champions", 6: None}
    return World(
        folder=folder,
        store=open_store(folder),
        crm=crm,
        writer=MemoryWriter(crm),
        segments=dict(segments),
    )
