"""Everything that explains one person: segments, consent, and what was written where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from consentric.control.ownership import owned_by
from consentric.gate.questions import Question
from consentric.segments.explain import explain
from consentric.segments.explanation import SetExplanation
from consentric_privacy.decision import Decision

from .outlets import segment_sets
from .reading import policy_of, questions_of
from .subjects import names_of, person_named
from .withdrawals import Withdrawal, withdrawals_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says to one question about the person, now."""

    purpose: str
    channel: str
    action: str
    is_allowed: bool
    reason: str
    rule: int
    """Number of the rule of the decision that fired."""
    basis: str | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLabel:
    """One label of ours that a CRM shows for the person."""

    destination: str
    label: str
    segment: str
    previous: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One person, named by their records; holds no name, address or number."""

    records: tuple[str, ...]
    """As `crm:hubspot:4711`."""
    sets: tuple[SetExplanation, ...]
    verdicts: tuple[Verdict, ...]
    labels: tuple[WrittenLabel, ...]
    withdrawals: tuple[Withdrawal, ...] = ()
    """What was taken off because the person said no, and how long that took."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return asdict(self)


def explain_subject(workspace: Workspace, subject: str) -> Explanation:
    """Explains the person whom a record or an address names.

    Args:
        workspace: Holds the vault, whose keys it needs.
        subject: `crm:CONNECTION:ID`, an address, or a telephone number; the latter two are turned into a
            fingerprint and forgotten.

    Raises:
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    sid = person_named(workspace, subject)
    live = workspace.vault.records_of(sid)
    rrefs = [record.rref for record in live]
    names = names_of(workspace, rrefs)
    return Explanation(
        records=tuple(names[rref] for rref in rrefs if rref in names),
        sets=tuple(_sets(workspace, sid)),
        verdicts=tuple(_verdicts(workspace, sid)),
        labels=tuple(_labels(workspace, rrefs)),
        withdrawals=tuple(withdrawals_of(workspace, rrefs)),
    )


def _sets(workspace: Workspace, sid: bytes) -> list[SetExplanation]:
    settings = workspace.settings
    return explain(
        workspace.warehouse,
        segment_sets(workspace),
        workspace.pseudonyms.pid(sid),
        attributes=sorted({field.attribute for field in settings.field if field.attribute}),
        reporting_currency=settings.money.reporting,
    )


def _verdicts(workspace: Workspace, sid: bytes) -> list[Verdict]:
    policy, at, reads = policy_of(workspace), workspace.clock(), workspace.ledger.reads()
    verdicts = []
    for _, person in workspace.ledger.persons([sid]):
        for question in questions_of(workspace):
            decision = policy.decide(person, question, at=at, reads=reads)
            verdicts.append(_verdict(question, decision))
    return verdicts


def _verdict(question: Question, decision: Decision) -> Verdict:
    return Verdict(
        purpose=question.purpose,
        channel=question.channel,
        action=question.action,
        is_allowed=decision.verdict == "ALLOW",
        reason=decision.reason,
        rule=decision.rule,
        basis=decision.basis,
        valid_until=decision.valid_until,
    )


def _labels(workspace: Workspace, rrefs: Sequence[bytes]) -> list[WrittenLabel]:
    return [
        WrittenLabel(
            destination=destination.name,
            label=label.label,
            segment=label.segment,
            previous=label.previous,
            since=label.since,
        )
        for destination in workspace.settings.destination
        for labels in owned_by(workspace.control, destination.name, rrefs).values()
        for label in labels
    ]
