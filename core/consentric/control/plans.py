"""Sealed plans and their ops: what would change, under which hash, and what became of the plan."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sqlite3 import Connection
from typing import Any, Literal

from consentric.sdk.errors import ConfigError
from consentric_privacy.redaction import redact

from .ownership import move_revision, revision
from .store import ControlStore, from_text, to_text

PlanState = Literal["sealed", "applying", "applied", "abandoned"]
PlanKind = Literal["changes", "denials"]

COLUMNS = (
    "id, run, destination, parent, kind, base_rev, config_digest, as_of_day, state, own_rev, sealed_at,"
    " sha256, brake, report, approved_sha256, used_at"
)
_IS_WHOLE = "coalesce(json_extract(report, '$.part'), '') = ''"
OP_COLUMNS = "rref, verb, target, old, new, change, cause, reason, effect, step"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpRow:
    """One change of a plan as it is sealed; `rref` is empty for a provision."""

    rref: bytes
    verb: str
    target: str
    old: str
    new: str
    change: str
    cause: str
    reason: str
    effect: str
    step: int

    def values(self) -> tuple[bytes | str | int, ...]:
        """The columns in the order of `OP_COLUMNS`."""
        return (
            self.rref, self.verb, self.target, self.old, self.new,
            self.change, self.cause, self.reason, self.effect, self.step,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """What is sealed of a plan beside its ops; part of its hash."""

    run: str
    destination: str
    parent: str | None
    """The plan whose explicit denials these are."""
    kind: PlanKind
    base_rev: int
    config_digest: str
    as_of_day: date

    def canonical(self, store_id: str) -> bytes:
        """The head as bytes that are the same for the same content."""
        return json.dumps(
            [store_id, *self.values()],
            separators=(",", ":"),
        ).encode()

    def values(self) -> tuple[str | int | None, ...]:
        """The columns from `run` to `as_of_day`."""
        return (
            self.run,
            self.destination,
            self.parent,
            self.kind,
            self.base_rev,
            self.config_digest,
            self.as_of_day.isoformat(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sealed plan and where it stands."""

    id: str
    head: PlanHead
    state: PlanState
    own_rev: int
    """Revision of the destination that it leaves behind; another one means that somebody else changed it."""
    brake: tuple[str, ...]
    """Codes of the limits it exceeds."""
    sealed_at: datetime
    sha256: str
    report: Mapping[str, Any]
    approved_sha256: str | None
    used_at: datetime | None

    @property
    def is_approved(self) -> bool:
        """Whether somebody approved exactly these rows."""
        return self.approved_sha256 == self.sha256

    @property
    def is_part(self) -> bool:
        """Whether it left changes to a later plan on purpose."""
        return bool(self.report.get("part"))


class PlanHash:
    """SHA-256 over the head of a plan, its rows in the order of the ops, and its brake."""

    def __init__(self, head: PlanHead, *, store_id: str) -> None:
        self._digest = hashlib.sha256(head.canonical(store_id))

    def add(self, row: OpRow) -> None:
        """Adds one op."""
        for value in row.values():
            data = value if isinstance(value, bytes) else str(value).encode()
            self._digest.update(b"%d:" % len(data) + data)

    def seal(self, brake: Sequence[str]) -> str:
        """The hash, once all rows were added."""
        self._digest.update(json.dumps(list(brake)).encode())
        return self._digest.hexdigest()


def insert_ops(database: Connection, plan: str, destination: str, rows: Iterable[OpRow]) -> None:
    """Writes ops of a plan; inside the caller's transaction, the plan's own row first."""
    marks = ", ".join("?" * 12)
    database.executemany(
        f"INSERT INTO op(plan, destination, {OP_COLUMNS}) VALUES({marks})",
        ((plan, destination, *row.values()) for row in rows),
    )


def insert_plan(database: Connection, plan_id: str, head: PlanHead, *, now: datetime) -> None:
    """Writes the head of a plan; `seal` adds the rest. Inside the caller's transaction."""
    marks = ", ".join("?" * 16)
    rest = ("sealed", head.base_rev, to_text(now), "", "[]", "{}", None, None)
    database.execute(
        f"INSERT INTO plan({COLUMNS}) VALUES({marks})",
        (plan_id, *head.values(), *rest),
    )


def seal(
    database: Connection, plan_id: str, *, sha256: str, brake: Sequence[str], report: Mapping[str, Any]
) -> None:
    """Writes hash, brake and report of a plan; inside the transaction that wrote its rows."""
    database.execute(
        "UPDATE plan SET sha256 = ?, brake = ?, report = ? WHERE id = ?",
        (sha256, json.dumps(list(brake)), json.dumps(report, sort_keys=True), plan_id),
    )


def new_plan_id(store: ControlStore, head: PlanHead, *, now: datetime) -> str:
    """A short name that no plan has: four hex digits or more."""
    digest = hashlib.sha256(head.canonical(store.store_id) + to_text(now).encode()).hexdigest()
    length = 4
    while load_plan(store, digest[:length]) is not None and length < len(digest):
        length += 1
    return digest[:length]


def load_plan(store: ControlStore, plan_id: str) -> Plan | None:
    """A plan by its id, None when there is none."""
    return next(iter(_plans(store, "id = ?", plan_id)), None)


def plan_named(store: ControlStore, plan_id: str) -> Plan:
    """A plan that somebody names.

    Raises:
        ConfigError: There is none; the message says which name is near (CS230).
    """
    plan = load_plan(store, plan_id)
    if plan is None:
        known = [
            row[0] for row in store.connection.execute("SELECT id FROM plan ORDER BY rowid DESC LIMIT 200")
        ]
        near = difflib.get_close_matches(plan_id, known, n=1)
        raise ConfigError(
            f'there is no plan "{redact(plan_id)}"',
            hint=f'did you mean "{near[0]}"?' if near else "consentric plan   makes one and prints its name",
            happened="nothing was sent.",
            code="CS230",
        )
    return plan


def list_plans(store: ControlStore, destination: str, *, limit: int = 20) -> list[Plan]:
    """The latest plans of a destination, newest first."""
    return _plans(store, "destination = ? ORDER BY sealed_at DESC, rowid DESC LIMIT ?", destination, limit)


def unfinished_plans(store: ControlStore, destination: str) -> list[Plan]:
    """Plans that were begun and not ended, oldest first: killed, interrupted, or waiting for a CRM."""
    return _plans(store, "destination = ? AND state = 'applying' ORDER BY rowid", destination)


def children_of(store: ControlStore, plan_id: str) -> list[Plan]:
    """The removals that were sealed while a plan was sent or braked, oldest first."""
    return _plans(store, "parent = ? ORDER BY rowid", plan_id)


def finished_plans(store: ControlStore, destination: str, *, limit: int) -> list[Plan]:
    """Plans of all changes that were applied or found nothing to do, newest first; no parts, no removals."""
    return _plans(
        store,
        f"destination = ? AND kind = 'changes' AND {_IS_WHOLE}"
        " AND (state = 'applied' OR (state = 'sealed' AND json_extract(report, '$.ops') = 0"
        " AND json_array_length(report, '$.provisions') = 0)) ORDER BY rowid DESC LIMIT ?",
        destination,
        limit,
    )


def was_ever_applied(store: ControlStore, destination: str) -> bool:
    """Whether a plan of all changes was finished there; one that found nothing to do proves nothing."""
    row = store.connection.execute(
        "SELECT EXISTS(SELECT 1 FROM plan WHERE destination = ? AND state = 'applied'"  # noqa: S608 - constant
        f" AND kind = 'changes' AND {_IS_WHOLE}"
        " AND json_extract(report, '$.ops') > 0)",
        (destination,),
    ).fetchone()
    return bool(row[0])


def records_sent_in_parts(store: ControlStore, destination: str) -> int:
    """Records that plans of a part wrote something of, as a canary does."""
    row = store.connection.execute(
        "SELECT count(DISTINCT op.rref) FROM op JOIN plan ON plan.id = op.plan"  # noqa: S608 - constant
        f" WHERE plan.destination = ? AND plan.kind = 'changes' AND NOT {_IS_WHOLE}"
        " AND op.state = 'done' AND op.rref <> x''",
        (destination,),
    ).fetchone()
    return int(row[0])


def newer_plan(store: ControlStore, plan: Plan) -> Plan | None:
    """The newest whole plan of the same destination that can still be applied; None when it is this one."""
    found = _plans(
        store,
        f"destination = ? AND kind = 'changes' AND state = 'sealed' AND {_IS_WHOLE}"  # noqa: S608 - constant
        " AND rowid > (SELECT rowid FROM plan WHERE id = ?) ORDER BY rowid DESC LIMIT 1",
        plan.head.destination,
        plan.id,
    )
    return next((one for one in found if is_current(store, one)), None)


def held_plans(store: ControlStore) -> list[Plan]:
    """Of each destination the newest plan, when the brake holds it and nobody approved it yet."""
    newest = _plans(
        store, "rowid IN (SELECT max(rowid) FROM plan WHERE kind = 'changes' GROUP BY destination)"
    )
    return [
        one
        for one in newest
        if one.state == "sealed" and one.brake and not one.is_approved and is_current(store, one)
    ]


def is_current(store: ControlStore, plan: Plan) -> bool:
    """Whether no label of the destination changed since the plan was sealed."""
    return plan.own_rev == revision(store, plan.head.destination)


def op_rows(store: ControlStore, plan_id: str) -> Iterator[OpRow]:
    """The ops of a plan as sealed, in their order."""
    rows = store.connection.execute(
        f"SELECT {OP_COLUMNS} FROM op WHERE plan = ? ORDER BY id",  # noqa: S608 - constant
        (plan_id,),
    )
    for row in rows:
        yield OpRow(
            rref=row[0], verb=row[1], target=row[2], old=row[3], new=row[4],
            change=row[5], cause=row[6], reason=row[7], effect=row[8], step=row[9],
        )  # fmt: skip


def hash_of_stored(store: ControlStore, plan: Plan) -> str:
    """The hash of a plan as its rows stand in the store now."""
    digest = PlanHash(plan.head, store_id=store.store_id)
    for row in op_rows(store, plan.id):
        digest.add(row)
    return digest.seal(plan.brake)


def record_approval(store: ControlStore, plan: Plan, *, by: str, reason: str, now: datetime) -> None:
    """Binds an approval to the hash of the plan."""
    with store.transaction() as database:
        database.execute(
            "UPDATE plan SET approved_sha256 = ?, approved_by = ?, approval_reason = ?, approved_at = ?"
            " WHERE id = ?",
            (plan.sha256, by, reason, to_text(now), plan.id),
        )


def set_plan_state(database: Connection, plan_id: str, state: PlanState, *, now: datetime) -> None:
    """Moves a plan on; its first use is kept. Inside the caller's transaction."""
    database.execute(
        "UPDATE plan SET state = ?, used_at = coalesce(used_at, ?) WHERE id = ?",
        (state, to_text(now), plan_id),
    )


def move_own_revision(database: Connection, plan: Plan) -> None:
    """After a change that the plan itself made: other plans become stale, this one does not."""
    move_revision(database, plan.head.destination)
    database.execute("UPDATE plan SET own_rev = own_rev + 1 WHERE id = ?", (plan.id,))


def abandon_plans(store: ControlStore, destination: str, *, now: datetime) -> int:
    """Ends plans that were begun: their open ops are skipped, a new plan finds anew what is missing."""
    with store.transaction() as database:
        ids = [plan.id for plan in unfinished_plans(store, destination)]
        for plan_id in ids:
            database.execute(
                "UPDATE op SET state = 'skipped', outcome = 'superseded'"
                " WHERE plan = ? AND state = 'pending'",
                (plan_id,),
            )
            set_plan_state(database, plan_id, "abandoned", now=now)
    return len(ids)


def _plans(store: ControlStore, condition: str, *values: str | int) -> list[Plan]:
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM plan WHERE {condition}",  # noqa: S608 - constants of this file
        values,
    )
    return [_plan_of(row) for row in rows]


def _plan_of(row: tuple[Any, ...]) -> Plan:
    head = PlanHead(
        run=row[1],
        destination=row[2],
        parent=row[3],
        kind=row[4],
        base_rev=row[5],
        config_digest=row[6],
        as_of_day=date.fromisoformat(row[7]),
    )
    return Plan(
        id=row[0],
        head=head,
        state=row[8],
        own_rev=row[9],
        sealed_at=from_text(row[10]),
        sha256=row[11],
        brake=tuple(json.loads(row[12])),
        report=json.loads(row[13]),
        approved_sha256=row[14],
        used_at=None if row[15] is None else from_text(row[15]),
    )
