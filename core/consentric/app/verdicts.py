"""What the decision says about one person, with everything that explains it (GDPR art. 5(2), 7(1))."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from consentric.gate.audit import Class, Row, case_of, class_of, evidence_of, questions_about
from consentric.gate.gate import Policy
from consentric.gate.questions import Question
from consentric_privacy.bases import proven
from consentric_privacy.changes import Case
from consentric_privacy.decision import Decision
from consentric_privacy.purpose import RULES_VERSION, policy_hash

from .consent_audit import unmapped_of
from .messages import unknown_name
from .reading import policy_of
from .subjects import names_of, person_named
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The consent event that a verdict rests on, as its source told it and as claims complete it."""

    state: str
    source: str
    origin: str | None
    """Form, list or tag, as the source names it."""
    occurred_at: datetime | None
    first_observed_at: datetime
    grade: str
    notice: str | None
    proven_grade: str
    """The grade with the claims of the controller."""
    proven_notice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the decision says to one question about the person, now."""

    purpose: str
    channel: str
    action: str
    is_allowed: bool
    reason: str
    rule: int
    """Number of the rule of the decision that fired."""
    effect: str | None
    """What a denial does to a label already written."""
    basis: str | None
    valid_until: datetime | None
    proof: Proof | None
    policy: str
    """Version of the rules, and the beginning of the hash of purposes and claims it was decided with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExplanation:
    """One person's consent, named by their records; holds no name, address or number."""

    records: tuple[str, ...]
    """As `crm:hubspot:4711`."""
    verdicts: tuple[Verdict, ...]
    classes: tuple[tuple[Class, Row], ...]
    """For each verdict what is known of the consent, and what would change it, as an audit has it."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        changes = [[asdict(change) for change in one.changes] for one, _ in self.classes]
        return {
            "records": self.records,
            "verdicts": [
                {**asdict(verdict), "changes": would}
                for verdict, would in zip(self.verdicts, changes, strict=True)
            ],
        }


def explain_consent(workspace: Workspace, subject: str, *, purpose: str | None = None) -> ConsentExplanation:
    """Explains what the person whom a record or an address names allows.

    Args:
        workspace: Holds the vault, whose keys it needs.
        subject: As `subjects.person_named` takes it.
        purpose: Only this one; else each purpose of the configuration with its channels.

    Raises:
        ConfigError: No purpose has this name.
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    policy = policy_of(workspace)
    if purpose is not None and purpose not in policy.purposes:
        raise unknown_name("purpose", purpose, list(policy.purposes))
    sid = person_named(workspace, subject)
    rrefs = [record.rref for record in workspace.vault.records_of(sid)]
    unmapped = unmapped_of(workspace, policy)
    cases = cases_about(workspace, policy, sid, questions_about(policy, purpose))
    return ConsentExplanation(
        records=tuple(names_of(workspace, rrefs).values()),
        verdicts=tuple(verdict_of(policy, question, case) for question, case in cases),
        classes=tuple(
            class_of(question, case, unmapped.places(case, unmapped.lists.get(sid, ())))
            for question, case in cases
        ),
    )


def verdicts_about(workspace: Workspace, sid: bytes, questions: Iterable[Question]) -> list[Verdict]:
    """The verdicts on a person, in the order of the questions."""
    policy = policy_of(workspace)
    cases = cases_about(workspace, policy, sid, questions)
    return [verdict_of(policy, question, case) for question, case in cases]


def cases_about(
    workspace: Workspace, policy: Policy, sid: bytes, questions: Iterable[Question]
) -> list[tuple[Question, Case]]:
    """Each question about a person as the decision is asked it now; none about a sid that is nobody's."""
    at, reads = workspace.clock(), workspace.ledger.reads()
    return [
        (question, case_of(policy, person, question, at=at, reads=reads))
        for _, person in workspace.ledger.persons([sid])
        for question in questions
    ]


def verdict_of(policy: Policy, question: Question, case: Case) -> Verdict:
    """The verdict on one question."""
    decision = case.decide()
    digest = policy_hash(policy.purposes.values(), policy.claims)[:12]
    return Verdict(
        purpose=question.purpose,
        channel=question.channel,
        action=question.action,
        is_allowed=decision.verdict == "ALLOW",
        reason=decision.reason,
        rule=decision.rule,
        effect=decision.effect,
        basis=decision.basis,
        valid_until=decision.valid_until,
        proof=_proof(case, decision),
        policy=f"{RULES_VERSION}.{digest}",
    )


def _proof(case: Case, decision: Decision) -> Proof | None:
    _, event = evidence_of(case, decision)
    if event is None:
        return None
    grade, notice = proven(event, case.claims) if event.state == "granted" else (event.grade, event.notice)
    return Proof(
        state=event.state,
        source=event.source,
        origin=event.origin,
        occurred_at=event.occurred_at,
        first_observed_at=event.first_observed_at,
        grade=event.grade,
        notice=event.notice,
        proven_grade=grade,
        proven_notice=notice,
    )
