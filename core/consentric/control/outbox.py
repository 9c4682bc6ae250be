"""The outbox: what is about to be sent, what was sent, and how each change ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection
from typing import Literal

from consentric.sdk.contracts import Verb

from .ownership import GONE, MirrorRow, Owned, drop_owned, put_mirror, put_owned
from .plans import Plan, move_own_revision
from .store import ControlStore, from_text, to_text

COLUMNS = "id, plan, rref, verb, target, old, new, change, effect, attempts, batch"
GONE_HASH = b"gone"
RECORD_GONE = "GONE"
"""Outcome of an op whose record the CRM no longer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One change of the outbox."""

    id: int
    plan: str
    rref: bytes
    verb: Verb
    target: str
    old: str
    new: str
    change: str
    effect: str
    attempts: int
    batch: int | None

    @property
    def is_explicit_denial(self) -> bool:
        """Whether the person's own no takes the label off."""
        return self.effect == "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A label that a person's own no took off a record."""

    rref: bytes
    destination: str
    reason: str
    removed_at: datetime | None
    """End of the run that was told so by the CRM; None while that run is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """How one op goes on: its next state, and what the CRM shows now if that is known."""

    op: Op
    state: Literal["done", "pending", "dead", "skipped"]
    outcome: str = ""
    """Code, as `GONE`, `CHANGED_BY_HAND`, `NOT_APPLIED`, the reason of a denial, or the vendor's."""
    vendor_code: str = ""
    message: str = ""
    due_at: datetime | None = None
    shown: bytes | None = None
    """Hash of what the target shows now; None when nothing was learnt."""


def pending_ops(store: ControlStore, plan_id: str, *, limit: int, now: datetime) -> list[Op]:
    """The next changes that are due: of one verb and target, in the order of the plan's steps."""
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM op WHERE plan = ? AND state = 'pending' AND step > 0"  # noqa: S608 - constant
        " AND (due_at IS NULL OR due_at <= ?) ORDER BY step, target, id LIMIT ?",
        (plan_id, to_text(now), limit),
    ).fetchall()
    ops = [_op_of(row) for row in rows]
    return [op for op in ops if (op.verb, op.target) == (ops[0].verb, ops[0].target)]


def pending_provisions(store: ControlStore, plan_id: str) -> list[Op]:
    """What the destination still lacks of the plan, in order."""
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM op WHERE plan = ? AND state = 'pending' AND step = 0 ORDER BY id",  # noqa: S608
        (plan_id,),
    )
    return [_op_of(row) for row in rows]


def sent_ops(store: ControlStore, destination: str) -> list[Op]:
    """Changes without a trustworthy answer, of all plans of a destination."""
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM op WHERE destination = ? AND state = 'sent' ORDER BY id",  # noqa: S608
        (destination,),
    )
    return [_op_of(row) for row in rows]


def open_removals(store: ControlStore, destination: str, rref: bytes) -> frozenset[str]:
    """Targets of a record whose removal by its person's own no is under way already."""
    rows = store.connection.execute(
        "SELECT op.target FROM op JOIN plan ON plan.id = op.plan WHERE op.rref = ? AND op.destination = ?"
        " AND op.new = '' AND op.state IN ('pending', 'sent') AND (op.state = 'sent'"
        " OR (op.state = 'pending' AND plan.kind = 'denials' AND plan.state = 'applying'))",
        (rref, destination),
    )
    return frozenset(row[0] for row in rows)


def done_ops(store: ControlStore, plan_id: str) -> Iterator[Op]:
    """Changes that a call of this plan made, in the order of rref."""
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM op WHERE plan = ? AND state = 'done' AND step > 0 AND batch IS NOT NULL"  # noqa: S608
        " ORDER BY rref, id",
        (plan_id,),
    )
    for row in rows:
        yield _op_of(row)


def count_done_records(store: ControlStore, plan_id: str) -> int:
    """Records that a call of this plan changed."""
    row = store.connection.execute(
        "SELECT count(DISTINCT rref) FROM op"
        " WHERE plan = ? AND state = 'done' AND step > 0 AND batch IS NOT NULL",
        (plan_id,),
    ).fetchone()
    return int(row[0])


def has_open_ops(store: ControlStore, plan_id: str) -> bool:
    """Whether a plan has ops that are to be sent or in doubt."""
    row = store.connection.execute(
        "SELECT EXISTS(SELECT 1 FROM op WHERE plan = ? AND state IN ('pending', 'sent'))", (plan_id,)
    ).fetchone()
    return bool(row[0])


def mark_sent(store: ControlStore, plan: Plan, ops: Sequence[Op], *, run: str, now: datetime) -> int:
    """Commits that a batch is about to leave, before its first byte does; gives the batch."""
    with store.transaction() as database:
        batch = database.execute(
            "INSERT INTO batch(plan, destination, verb, target, state, run, sent_at)"
            " VALUES(?, ?, ?, ?, 'sent', ?, ?)",
            (plan.id, plan.head.destination, ops[0].verb, ops[0].target, run, to_text(now)),
        ).lastrowid
        database.executemany(
            "UPDATE op SET state = 'sent', batch = ?, run = ?, attempts = attempts + 1 WHERE id = ?",
            ((batch, run, op.id) for op in ops),
        )
    assert batch is not None
    return batch


def note_job(store: ControlStore, batch: int, job: str) -> None:
    """Keeps the name under which the CRM works on a batch."""
    with store.transaction() as database:
        database.execute("UPDATE batch SET vendor_job_id = ? WHERE id = ?", (job, batch))


def open_jobs(store: ControlStore, destination: str) -> list[tuple[int, str]]:
    """Batches that a CRM took as a job and has not answered, with the job's name."""
    rows = store.connection.execute(
        "SELECT DISTINCT batch.id, vendor_job_id FROM batch JOIN op ON op.batch = batch.id"
        " WHERE op.destination = ? AND op.state = 'sent' AND vendor_job_id IS NOT NULL ORDER BY batch.id",
        (destination,),
    )
    return rows.fetchall()


def resolve(
    store: ControlStore, plan: Plan, resolved: Iterable[Resolved], *, run: str, now: datetime
) -> None:
    """Commits how ops ended, together with mirror, ownership and dead letters, in one transaction."""
    results = list(resolved)
    if not results:
        return
    with store.transaction() as database:
        for one in results:
            _move(database, one, run=run)
            _note_labels(database, plan, one, now=now)
            if one.state == "dead":
                _note_dead(database, plan, one, now=now)
        batches = {one.op.batch for one in results if one.op.batch is not None}
        database.executemany(
            "UPDATE batch SET state = 'answered' WHERE id = ? AND NOT EXISTS"
            " (SELECT 1 FROM op WHERE op.batch = batch.id AND op.state = 'sent')",
            ((batch,) for batch in sorted(batches)),
        )
        # Explicit denials move no revision: a braked plan stays valid while they are executed.
        if any(one.shown is not None and not one.op.is_explicit_denial for one in results):
            move_own_revision(database, plan)


def removals_in(store: ControlStore, run: str) -> list[Removal]:
    """What a run took off because people said no; a label that was off already is none."""
    return _removals(store, "op.run = ?", run)


def removals_of(store: ControlStore, rrefs: Iterable[bytes]) -> list[Removal]:
    """What was ever taken off some records because their person said no, oldest first."""
    return [removal for rref in rrefs for removal in _removals(store, "op.rref = ?", rref)]


def rejections(store: ControlStore, destination: str) -> dict[tuple[bytes, str], int]:
    """How often a CRM refused a label, by record and target."""
    rows = store.connection.execute("SELECT rref, target, n FROM dead WHERE destination = ?", (destination,))
    return {(rref, target): n for rref, target, n in rows}


def forget_rejections(database: Connection, plan_id: str) -> None:
    """Labels that the plan brought through at last are no dead letters; inside the caller's transaction."""
    database.execute(
        "DELETE FROM dead WHERE EXISTS (SELECT 1 FROM op WHERE op.plan = ? AND op.state = 'done'"
        " AND op.destination = dead.destination AND op.rref = dead.rref AND op.target = dead.target)",
        (plan_id,),
    )


def _removals(store: ControlStore, condition: str, value: str | bytes) -> list[Removal]:
    rows = store.connection.execute(
        "SELECT rref, destination, reason, run.ended FROM op"  # noqa: S608 - constants of this file
        " LEFT JOIN run ON run.id = op.run"
        " WHERE effect = 'remove' AND op.state = 'done' AND outcome <> 'already'"
        f" AND {condition} ORDER BY run.ended, op.id",
        (value,),
    )
    return [
        Removal(
            rref=rref,
            destination=destination,
            reason=reason,
            removed_at=None if ended is None else from_text(ended),
        )
        for rref, destination, reason, ended in rows
    ]


def _move(database: Connection, one: Resolved, *, run: str) -> None:
    due_at = None if one.due_at is None else to_text(one.due_at)
    database.execute(
        "UPDATE op SET state = ?, outcome = ?, due_at = ?, run = ? WHERE id = ?",
        (one.state, one.outcome, due_at, run, one.op.id),
    )


def _note_labels(database: Connection, plan: Plan, one: Resolved, *, now: datetime) -> None:
    op, destination = one.op, plan.head.destination
    if one.outcome == RECORD_GONE:
        row = MirrorRow(rref=op.rref, target=GONE, value_hash=GONE_HASH)
        put_mirror(database, destination, [row], observed_at=now)
    if one.shown is None:
        return
    row = MirrorRow(rref=op.rref, target=op.target, value_hash=one.shown)
    put_mirror(database, destination, [row], observed_at=now)
    if one.state == "skipped" or op.old == op.new:  # written once more as it was: nobody moved
        return
    # Of ours stands `new` when it is done, and still `old` when the CRM did not apply it.
    is_done = one.state == "done"
    standing = op.new if is_done else op.old
    if not standing:
        drop_owned(database, destination, op.rref, op.target)
        return
    label = Owned(
        rref=op.rref,
        label=op.target,
        segment=standing,
        previous=op.old if is_done else "",
        since=plan.head.as_of_day,
    )
    put_owned(database, destination, label)


def _note_dead(database: Connection, plan: Plan, one: Resolved, *, now: datetime) -> None:
    at = to_text(now)
    database.execute(
        "INSERT INTO dead VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET"
        " op = excluded.op, reason_code = excluded.reason_code, vendor_code = excluded.vendor_code,"
        " message_redacted = excluded.message_redacted, last = excluded.last, n = n + 1",
        (
            plan.head.destination, one.op.rref, one.op.target, one.op.id,
            one.outcome, one.vendor_code, one.message, at, at,
        ),
    )  # fmt: skip


def _op_of(row: tuple[int, str, bytes, Verb, str, str, str, str, str, int, int | None]) -> Op:
    return Op(
        id=row[0], plan=row[1], rref=row[2], verb=row[3], target=row[4],
        old=row[5], new=row[6], change=row[7], effect=row[8], attempts=row[9], batch=row[10],
    )  # fmt: skip
