"""Everything that explains one person: segments, consent, and what was written where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from consentric.control.ownership import owned_by
from consentric.gate.questions import Question
from consentric.sdk.errors import NotIdentifiedError
from consentric.segments.explain import explain
from consentric.segments.explanation import SetExplanation
from consentric_privacy.decision import Decision
from consentric_privacy.normalise import email, phone

from .connecting import DEFAULT_COUNTRY
from .messages import unknown_name
from .outlets import segment_sets
from .reading import policy_of, questions_of
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
    sid = _person(workspace, subject)
    live = workspace.vault.records_of(sid)
    rrefs = [record.rref for record in live]
    links = workspace.vault.links(rrefs)
    return Explanation(
        records=tuple(f"crm:{links[rref].account}:{links[rref].id}" for rref in rrefs if rref in links),
        sets=tuple(_sets(workspace, sid)),
        verdicts=tuple(_verdicts(workspace, sid)),
        labels=tuple(_labels(workspace, rrefs)),
    )


def _person(workspace: Workspace, subject: str) -> bytes:
    rrefs = _by_record(workspace, subject) if subject.startswith("crm:") else _by_address(workspace, subject)
    for sid in workspace.vault.subject_of(rrefs).values():
        return sid
    raise NotIdentifiedError(
        "nobody is known under what was given",
        happened="nothing was read from a CRM; what was given is not kept.",
        hint="name a record as crm:CONNECTION:ID; after a change in the CRM run  consentric pull  first",
    )


def _by_record(workspace: Workspace, subject: str) -> list[bytes]:
    _, _, rest = subject.partition(":")
    connection, _, record_id = rest.partition(":")
    known = list(workspace.settings.connections)
    if connection not in known:
        raise unknown_name("connection", connection, known)
    return [
        rref
        for kind, partition in workspace.vault.places(connection)
        for rref in workspace.vault.find(connection, kind, partition, [record_id]).values()
    ]


def _by_address(workspace: Workspace, subject: str) -> list[bytes]:
    controller = workspace.settings.controller
    country = controller.country if controller is not None else DEFAULT_COUNTRY
    for kind, normalised in (("email", email(subject)), ("phone", phone(subject, country))):
        if normalised is not None:
            found = workspace.vault.carriers(kind, normalised)
            if found:
                return found
    return []


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
