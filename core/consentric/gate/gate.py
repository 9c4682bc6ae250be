"""Asks the decision about every person who may have changed, and writes the verdicts as rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa

from consentric.sdk.permit import Permit
from consentric.sdk.progress import Progress
from consentric.warehouse.store import Warehouse
from consentric_privacy.decision import Claim, Decision, Person, Purpose, decide
from consentric_privacy.effects import combine
from consentric_privacy.ledger import Decided, Ledger
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.purpose import policy_hash

from .questions import Question

MAX_STALENESS = timedelta(hours=24)
_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the decision is asked with: purposes and claims of the configuration."""

    purposes: Mapping[str, Purpose]
    claims: tuple[Claim, ...] = ()
    max_staleness: timedelta = MAX_STALENESS

    def decide(
        self, person: Person, question: Question, *, at: datetime, reads: Mapping[str, datetime]
    ) -> Decision:
        """One question about one person."""
        return decide(
            person,
            self.purposes.get(question.purpose),
            channel=question.channel,
            action=question.action,
            at=at,
            reads=reads,
            max_staleness=self.max_staleness,
            claims=self.claims,
        )


@dataclass(slots=True, kw_only=True)
class GateReport:
    """How many people were decided again, and what the table now says of everybody."""

    decided: int = 0
    people: int = 0
    allowed: dict[str, int] = field(default_factory=dict)
    """Question, as `segmentation/none/process`, to the number of people."""
    denied: dict[str, dict[str, int]] = field(default_factory=dict)
    """Question to reason to the number of people."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "decided": self.decided,
            "people": self.people,
            "allowed": self.allowed,
            "denied": self.denied,
        }


def decide_permissions(
    ledger: Ledger,
    pseudonyms: Pseudonyms,
    warehouse: Warehouse,
    *,
    policy: Policy,
    questions: Sequence[Question],
    run: str,
    at: datetime,
    progress: Progress,
) -> GateReport:
    """Decides again whoever has new events or a verdict that ran out; everybody when the policy changed.

    What a policy is includes which authorities are stale: when one turns stale or fresh, everybody's
    permission to write changes with it.
    """
    progress.step("deciding")
    reads = ledger.reads()
    current = _state_of(policy, questions, reads, at)
    due = ledger.subjects_to_decide(current, at)
    if warehouse.permission_policy() != current:
        due = None
    report = GateReport()
    for batch in _batches(ledger.persons(due)):
        decided = [
            Decided(
                sid=sid,
                purpose=question.purpose,
                channel=question.channel,
                action=question.action,
                decision=policy.decide(person, question, at=at, reads=reads),
            )
            for sid, person in batch
            for question in questions
        ]
        # The rows first: a crash before the ledger's book is written only means deciding again.
        warehouse.put_permissions(_table(decided, pseudonyms))
        ledger.record_decisions(decided, run_id=run, policy_hash=current, at=at)
        report.decided += len(batch)
        progress.advance(len(batch))
    warehouse.set_permission_run(at, current)
    ledger.finish_decisions(current, at)
    _count(warehouse, questions, report)
    return report


def permits(
    ledger: Ledger,
    subjects: Mapping[bytes, bytes],
    *,
    policy: Policy,
    questions: Sequence[Question],
    at: datetime,
) -> dict[bytes, Permit]:
    """Decides records at the moment of writing, from the ledger and with a fresh clock.

    Args:
        subjects: rref to sid of the records of one batch.
        questions: All that must be allowed.

    Returns:
        One permit per rref; a record of nobody is held.
    """
    reads = ledger.reads()
    answers = {
        sid: _permit([policy.decide(person, question, at=at, reads=reads) for question in questions])
        for sid, person in ledger.persons(sorted(set(subjects.values())))
    }
    unknown = Permit(allowed=False, reason="PERMISSION_MISSING", effect="hold")
    return {rref: answers.get(sid, unknown) for rref, sid in subjects.items()}


def _permit(decisions: Sequence[Decision]) -> Permit:
    denials = [decision for decision in decisions if decision.effect is not None]
    strongest = combine(denial.effect for denial in denials if denial.effect is not None)
    if strongest is None:
        return Permit(allowed=True, reason="", effect="")
    reason = next(denial.reason for denial in denials if denial.effect == strongest)
    return Permit(allowed=False, reason=reason, effect=strongest)


def _state_of(
    policy: Policy, questions: Sequence[Question], reads: Mapping[str, datetime], at: datetime
) -> str:
    authorities = {source for purpose in policy.purposes.values() for source in purpose.authorities}
    stale = sorted(
        source
        for source in authorities
        if source not in reads or at - reads[source] > policy.max_staleness
    )  # fmt: skip
    parts = [policy_hash(policy.purposes.values(), policy.claims), repr(questions), repr(stale)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _batches(people: Iterable[tuple[bytes, Person]]) -> Iterator[list[tuple[bytes, Person]]]:
    waiting = iter(people)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def _table(decided: Sequence[Decided], pseudonyms: Pseudonyms) -> pa.Table:
    pids = {sid: pseudonyms.pid(sid) for sid in {one.sid for one in decided}}
    return pa.table(
        {
            "pid": pa.array([pids[one.sid] for one in decided], pa.string()),
            "purpose": pa.array([one.purpose for one in decided], pa.string()),
            "channel": pa.array([one.channel for one in decided], pa.string()),
            "action": pa.array([one.action for one in decided], pa.string()),
            "verdict": pa.array([one.decision.verdict for one in decided], pa.string()),
            "reason": pa.array([one.decision.reason for one in decided], pa.string()),
            "effect": pa.array([one.decision.effect for one in decided], pa.string()),
            "valid_until": pa.array(
                [one.decision.valid_until for one in decided], pa.timestamp("us", tz="UTC")
            ),
        }
    )


def _count(warehouse: Warehouse, questions: Sequence[Question], report: GateReport) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    rows = warehouse.connection.execute(
        "SELECT purpose, channel, action, verdict, reason, count(*) FROM permission"
        " WHERE subject IN (SELECT subject FROM record WHERE live) GROUP BY ALL"
    ).fetchall()
    for purpose, channel, action, verdict, reason, number in rows:
        counts[f"{purpose}/{channel}/{action}", "" if verdict == "ALLOW" else reason] += number
    for question in questions:
        name = f"{question.purpose}/{question.channel}/{question.action}"
        report.allowed[name] = counts[name, ""]
        report.denied[name] = {
            reason: number for (asked, reason), number in sorted(counts.items()) if asked == name and reason
        }
    row = warehouse.connection.execute("SELECT count(DISTINCT subject) FROM record WHERE live").fetchone()
    report.people = int(row[0]) if row else 0
