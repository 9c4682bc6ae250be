"""Sends the ops of a plan batch by batch: asked for again, written down first, settled in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from consentric.control.outbox import RECORD_GONE, Op, Resolved, mark_sent, note_job, pending_ops
from consentric.control.ownership import Owned, mirror_of, owned_by
from consentric.control.plans import Plan
from consentric.sdk.contracts import Accepted, Change, Outcome
from consentric.sdk.errors import ConsentricError, GuardError, RemoteError, RemoteKind
from consentric.sdk.progress import Progress
from consentric.sdk.records import RecordRef

from .outlet import Outlet
from .permits import ConsentDesk
from .planner import is_list, value_shown_by
from .record_plan import BY_HAND
from .removals import seal_removals
from .settle import again, commit, resolved_by

MAX_FAILURES_IN_A_ROW = 5
REJECTED_CHECKED_FROM = 20
"""Answers before the share of rejections is looked at: one of three is no mass."""
FINGERPRINT_EVERY = 100
"""Batches, beginning with the first of each verb: about one per cent of what is written is compared."""
FINGERPRINT_RECORDS = 100

_STOPPING = frozenset({RemoteKind.AUTH, RemoteKind.QUOTA, RemoteKind.FATAL})


class Sending:
    """The sending half of an apply; `stopped_by` and `interrupted` say why it ended early, if it did."""

    def __init__(
        self, outlet: Outlet, desk: ConsentDesk, *, should_stop: Callable[[], bool], progress: Progress
    ) -> None:
        self.stopped_by: ConsentricError | None = None
        self.interrupted = False
        self.calls_saved = 0
        self._outlet = outlet
        self._desk = desk
        self._should_stop = should_stop
        self._progress = progress
        self._batches = 0
        self._verbs_seen: set[str] = set()
        self._answers = self._rejected = self._failures = 0

    @property
    def must_end(self) -> bool:
        """Whether nothing more may be sent."""
        if not self.interrupted and self.stopped_by is None and self._should_stop():
            self.interrupted = True
        return self.interrupted or self.stopped_by is not None

    def drain(self, plan: Plan) -> None:
        """Sends what is due of the plan, until nothing is or something stops it."""
        limits = self._outlet.writer.limits
        largest = max(limits.batch_size, limits.list_batch_size)
        while not self.must_end:
            ops = pending_ops(self._outlet.store, plan.id, limit=largest, now=self._outlet.clock())
            if not ops:
                return
            size = limits.list_batch_size if is_list(ops[0].target) else limits.batch_size
            self._batch(plan, ops[:size])
            self._progress.advance(len(ops[:size]))

    def _batch(self, plan: Plan, ops: Sequence[Op]) -> None:
        ops = self._permitted(plan, ops)
        ops = self._still_needed(plan, ops)
        refs = self._outlet.links([op.rref for op in ops]) if ops else {}
        gone = [Resolved(op=op, state="skipped", outcome=RECORD_GONE) for op in ops if op.rref not in refs]
        commit(self._outlet, plan, gone)
        ops = [op for op in ops if op.rref in refs]
        if not ops or self.must_end:
            return
        try:
            self._exchange(plan, ops, refs)
        except RemoteError as error:  # of the fingerprint: nothing is sent that cannot be compared
            self.stopped_by = error

    def _exchange(self, plan: Plan, ops: Sequence[Op], refs: Mapping[bytes, RecordRef]) -> None:
        outlet, store = self._outlet, self._outlet.store
        sample = self._sample(ops, refs)
        before = outlet.writer.consent_fingerprint(list(sample)) if sample else {}
        batch = mark_sent(store, plan, ops, run=outlet.run, now=outlet.clock())
        sent = [replace(op, attempts=op.attempts + 1, batch=batch) for op in ops]
        ends = self._request(plan, sent, refs, batch)
        commit(outlet, plan, ends)
        self._count(ends)
        if before:
            self._compare(sample, before, outlet.writer.consent_fingerprint(list(before)))

    def _permitted(self, plan: Plan, ops: Sequence[Op]) -> list[Op]:
        """Adding and moving need permission now; removing never does, unless it is one half of a move."""
        asking = [op for op in ops if op.new or op.change == "move"]
        if not asking:
            return list(ops)
        permits = self._desk.ask([op.rref for op in asking])
        denied = [op for op in asking if not permits[op.rref].allowed]
        said_no = {op.rref: permits[op.rref].reason for op in denied if permits[op.rref].effect == "remove"}
        removals = seal_removals(self._outlet, plan, said_no)
        ends = [
            Resolved(op=op, state="skipped", outcome=permits[op.rref].reason or "denial") for op in denied
        ]
        commit(self._outlet, plan, ends)
        if removals is not None:
            self.drain(removals)
        skipped = {op.id for op in denied}
        return [op for op in ops if op.id not in skipped]

    def _still_needed(self, plan: Plan, ops: Sequence[Op]) -> list[Op]:
        """Without a call: what is off already, and what a human has changed since the plan."""
        outlet, ends = self._outlet, []
        shown = mirror_of(outlet.store, outlet.name, [(op.rref, op.target) for op in ops])
        for op in ops:
            value = shown.get((op.rref, op.target), b"")
            known = {outlet.store.hash_value(value_shown_by(op.target, name)) for name in (op.old, op.new)}
            if not op.new and not value:
                ends.append(Resolved(op=op, state="done", outcome="already", shown=b""))
            elif value and value not in known:
                ends.append(Resolved(op=op, state="skipped", outcome=BY_HAND))
        commit(outlet, plan, ends)
        self.calls_saved += sum(end.state == "done" for end in ends)
        ended = {end.op.id for end in ends}
        return [op for op in ops if op.id not in ended]

    def _request(
        self, plan: Plan, ops: Sequence[Op], refs: Mapping[bytes, RecordRef], batch: int
    ) -> list[Resolved]:
        """Sends and reads the answer; an op without an end in the result is in doubt and stays sent."""
        outlet = self._outlet
        kept = self._kept(ops)
        changes = [_change(op, refs[op.rref], plan.head.as_of_day, kept.get(op.id)) for op in ops]
        answers: dict[int, Outcome] = {}
        failure: RemoteError | None = None
        outlet.store.kill_point("before request")
        try:
            for answer in outlet.writer.apply(outlet.labels, changes):
                if isinstance(answer, Accepted):
                    note_job(outlet.store, batch, answer.job)
                else:
                    answers[answer.op] = answer
        except RemoteError as error:
            failure = error
        outlet.store.kill_point("after request")
        ends = [resolved_by(outlet, plan, op, answers[op.id]) for op in ops if op.id in answers]
        rest = [op for op in ops if op.id not in answers]
        found = [end for end in ends if end is not None]
        if failure is None:
            self._failures = 0
            return found
        return found + self._failed(plan, rest, refs, batch, failure)

    def _kept(self, ops: Sequence[Op]) -> dict[int, Owned]:
        """Labels that are written once more as they were: the CRM dropped them while it merged records."""
        repeats = [op for op in ops if op.old == op.new]
        labels = owned_by(self._outlet.store, self._outlet.name, [op.rref for op in repeats])
        return {
            op.id: label for op in repeats for label in labels.get(op.rref, ()) if label.label == op.target
        }

    def _failed(
        self,
        plan: Plan,
        ops: Sequence[Op],
        refs: Mapping[bytes, RecordRef],
        batch: int,
        error: RemoteError,
    ) -> list[Resolved]:
        if error.kind is RemoteKind.REJECTED:
            if len(ops) > 1:  # one bad row refuses them all: halve until it stands alone
                middle = len(ops) // 2
                first = self._request(plan, ops[:middle], refs, batch)
                return first + self._request(plan, ops[middle:], refs, batch)
            code = error.vendor_code or "REJECTED"
            text = f"{error.status or ''} {error.vendor_code}".strip()
            return [
                Resolved(op=op, state="dead", outcome=code, vendor_code=error.vendor_code, message=text)
                for op in ops
            ]
        if error.kind in _STOPPING:
            self.stopped_by = error
            return [Resolved(op=op, state="pending", outcome=error.kind.value) for op in ops]
        self._failures += 1
        if self._failures >= MAX_FAILURES_IN_A_ROW:
            self.stopped_by = error
        if error.kind is RemoteKind.AMBIGUOUS:
            return []
        return [again(self._outlet, plan, op, outcome=error.kind.value, delay=True) for op in ops]

    def _count(self, ends: Sequence[Resolved]) -> None:
        self._answers += sum(end.state in ("done", "dead") for end in ends)
        self._rejected += sum(end.state == "dead" for end in ends)
        percent = self._outlet.settings.brake.rejected_percent
        if self._answers < REJECTED_CHECKED_FROM or self._rejected <= self._answers * percent / 100:
            return
        if self.stopped_by is None:
            self.stopped_by = GuardError(
                f'destination "{self._outlet.name}" refused {self._rejected} of {self._answers} changes,'
                f" over {percent:g} %",
                hint="consentric runs errors   shows what the CRM says",
                happened="the rest of the plan was not sent",
                code="CS535",
            )

    def _sample(self, ops: Sequence[Op], refs: Mapping[bytes, RecordRef]) -> dict[RecordRef, bytes]:
        is_due = self._batches % FINGERPRINT_EVERY == 0 or ops[0].verb not in self._verbs_seen
        self._batches += 1
        self._verbs_seen.add(ops[0].verb)
        return {refs[op.rref]: op.rref for op in ops[:FINGERPRINT_RECORDS]} if is_due else {}

    def _compare(
        self,
        sample: Mapping[RecordRef, bytes],
        before: Mapping[RecordRef, str],
        after: Mapping[RecordRef, str],
    ) -> None:
        """A consent status that changed under our write is an incident, unless the person just said no."""
        changed = [sample[ref] for ref, text in before.items() if ref in after and after[ref] != text]
        if not changed:
            return
        permits = self._desk.ask_anew(changed)
        count = sum(permits[rref].effect != "remove" for rref in changed)
        if count:
            self.stopped_by = GuardError(
                f'consent of {count} records in destination "{self._outlet.name}" changed while labels were'
                " written",
                hint="find out which workflow does this before you apply again",
                happened="the rest of the plan was not sent",
                code="CS536",
            )


def _change(op: Op, ref: RecordRef, since: date, kept: Owned | None) -> Change:
    previous = op.old if kept is None else kept.previous
    return Change(
        op=op.id,
        record=ref,
        verb=op.verb,
        target=op.target,
        new=op.new,
        previous=previous,
        since=since if kept is None else kept.since,
    )
