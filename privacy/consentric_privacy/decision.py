"""The decision: may this person's data be used for this purpose, channel and action at this instant?

One pure function, `decide`: no clock, no I/O, no second version anywhere. The first matching rule wins and
the numbers of the rules are part of the contract; the texts of law stand beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from consentric_privacy.bases import (
    ALLOW_REASONS,
    Voices,
    consent_test,
    contract_test,
    expiry,
    has_parental_grant,
    interest_test,
    listen,
    soft_opt_in_test,
)
from consentric_privacy.effects import EFFECTS, STRENGTH, Effect, Verdict, effect_of
from consentric_privacy.months import add_months
from consentric_privacy.person import Event, Facts, Hit, Objection, Person, Restriction
from consentric_privacy.purpose import Action, Basis, Claim, Purpose, Transfer

__all__ = [
    "Claim",
    "Decision",
    "Event",
    "Facts",
    "Hit",
    "Objection",
    "Person",
    "Purpose",
    "Restriction",
    "decide",
]

_LEAVES_THE_HOUSE = frozenset({"export", "write_back", "send"})
_PASSES_RESTRICTION = frozenset({"store", "legal_claim"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with all that explains it."""

    verdict: Verdict
    reason: str
    effect: Effect | None
    """What a denial does to a label already written; None for an ALLOW."""
    valid_until: datetime | None
    """The next instant at which the person's own verdict changes by time alone; None if there is none."""
    rule: int
    """Number of the rule that fired, 1 to 17."""
    basis: Basis | None = None
    event_id: bytes | None = None
    """The consent event it rests on, if any."""


class _Answer(NamedTuple):
    rule: int
    reason: str
    effect: Effect | None
    basis: Basis | None = None
    event: Event | None = None


class _Question(NamedTuple):
    person: Person
    purpose: Purpose
    voices: Voices
    channel: str
    action: Action
    claims: Sequence[Claim]
    transfer: Transfer | None
    uses_special_category: bool
    is_human_reviewed: bool


def decide(
    person: Person,
    purpose: Purpose | None,
    *,
    channel: str,
    action: Action,
    at: datetime,
    reads: Mapping[str, datetime],
    max_staleness: timedelta,
    transfer: Transfer | None = None,
    claims: Sequence[Claim] = (),
    uses_special_category: bool = False,
    is_human_reviewed: bool = False,
) -> Decision:
    """Decide one question about one person.

    Args:
        person: Everything known about the subject; the order of its parts does not matter.
        purpose: The configured purpose; None if there is none of that name.
        channel: The channel asked for; `none` where nobody is contacted.
        action: What would be done.
        at: The time of the decision, aware, UTC.
        reads: Source to its last successful read; a source that is missing was never read.
        max_staleness: How old a read of an authority may be before something leaves the house.
        transfer: How the destination is covered for a transfer; None when no destination is involved.
        claims: Evidence claims, in the order of the configuration.
        uses_special_category: Whether the inputs include data of Art. 9 GDPR.
        is_human_reviewed: Whether a named human confirmed a result with significant effect (Art. 22).
    """
    if action == "rights_request":
        return Decision(verdict="ALLOW", reason="RIGHTS_REQUEST", effect=None, valid_until=None, rule=1)
    if purpose is None:
        return _refusal("PURPOSE_UNKNOWN", rule=2)
    if channel not in purpose.channels:
        return _refusal("CHANNEL_NOT_COVERED", rule=3)
    voices = listen(person, purpose.id, channel)
    question = _Question(
        person, purpose, voices, channel, action, claims, transfer, uses_special_category, is_human_reviewed
    )
    answer = _judge(question, at)
    valid_until = _valid_until(question, answer, at)
    # Rule 13 is asked here, because a known no stands however old the reads, and only rule 14 can tell.
    if (
        action in _LEAVES_THE_HOUSE
        and answer.rule > 13
        and not (answer.rule == 14 and answer.effect == "remove")
        and _is_stale(purpose, at, reads, max_staleness)
    ):
        answer = _deny(13, "SOURCE_STALE")
    return Decision(
        verdict="DENY" if answer.effect else "ALLOW",
        reason=answer.reason,
        effect=answer.effect,
        valid_until=valid_until,
        rule=answer.rule,
        basis=answer.basis,
        event_id=answer.event.id if answer.event is not None else None,
    )


def _refusal(reason: str, *, rule: int) -> Decision:
    return Decision(verdict="DENY", reason=reason, effect=EFFECTS[reason], valid_until=None, rule=rule)


def _deny(rule: int, reason: str) -> _Answer:
    return _Answer(rule, reason, EFFECTS[reason])


def _is_stale(
    purpose: Purpose, at: datetime, reads: Mapping[str, datetime], max_staleness: timedelta
) -> bool:
    return any(source not in reads or at - reads[source] > max_staleness for source in purpose.authorities)


def _judge(question: _Question, at: datetime) -> _Answer:
    """Rules 4 to 17 but 13, which depends on the reads and not on the person."""
    person, purpose = question.person, question.purpose
    denial = _stopped(question, at)
    if denial is not None:
        return denial
    struck: dict[Basis, _Answer] = {}
    if person.objections and _is_objected(person, purpose, at):
        denial = _strike(purpose, struck, 8, "OBJECTED", "legitimate_interest")
    if denial is None and _is_inactive(person.facts, purpose, at):
        denial = _deny(9, "RETENTION_EXPIRED")
    if denial is None:
        denial = _age_rules(question, struck, at)
    if denial is None and question.uses_special_category and not purpose.special_category:
        denial = _deny(12, "SPECIAL_CATEGORY")
    if denial is not None:
        return denial
    answer = _first_basis(question, struck, at)
    if answer.effect is not None:
        return answer
    if purpose.significant_effect and not question.is_human_reviewed:
        return _deny(15, "AUTOMATED_DECISION")
    if question.transfer == "uncovered" and question.action in _LEAVES_THE_HOUSE:
        return _deny(16, "TRANSFER_NOT_COVERED")
    return answer


def _stopped(question: _Question, at: datetime) -> _Answer | None:
    """Rules 4 to 7: erased, restricted, objected to marketing, suppressed."""
    person, purpose = question.person, question.purpose
    if person.hits and any(
        hit.reason == "erasure" and _is_open(hit.closed_at, at) and _is_open(hit.expires_at, at)
        for hit in person.hits
    ):
        return _deny(4, "SUBJECT_ERASED")
    if (
        person.restrictions
        and question.action not in _PASSES_RESTRICTION
        and any(_is_open(restriction.lifted_at, at) for restriction in person.restrictions)
    ):
        return _deny(5, "RESTRICTED")
    if not purpose.direct_marketing:
        return None
    if person.objections and any(
        objection.kind == "21.2" and _is_active(objection, purpose, at) for objection in person.objections
    ):
        return _deny(6, "OBJECTED_MARKETING")
    if person.hits and any(
        hit.reason != "erasure"
        and hit.channel in ("*", question.channel)
        and hit.purpose in ("*", purpose.id)
        and _is_open(hit.closed_at, at)
        and _is_open(hit.expires_at, at)
        for hit in person.hits
    ):
        return _deny(7, "SUPPRESSED")
    return None


def _is_open(ends_at: datetime | None, at: datetime) -> bool:
    return ends_at is None or at < ends_at


def _is_active(objection: Objection, purpose: Purpose, at: datetime) -> bool:
    return objection.scope in ("*", purpose.id) and _is_open(objection.lifted_at, at)


def _is_objected(person: Person, purpose: Purpose, at: datetime) -> bool:
    return any(
        objection.kind == "21.1"
        and not objection.has_compelling_grounds
        and _is_active(objection, purpose, at)
        for objection in person.objections
    )


def _retention_ends_at(facts: Facts, purpose: Purpose) -> datetime | None:
    since = facts.last_contact_at or facts.created_at
    if since is None or not purpose.direct_marketing:
        return None
    return add_months(since, purpose.inactivity_months)


def _is_inactive(facts: Facts, purpose: Purpose, at: datetime) -> bool:
    ends_at = _retention_ends_at(facts, purpose)
    return ends_at is not None and at >= ends_at


def _age_rules(question: _Question, struck: dict[Basis, _Answer], at: datetime) -> _Answer | None:
    """Rules 10 and 11; an unknown age passes unless the purpose is directed at children."""
    purpose, facts = question.purpose, question.person.facts
    if facts.adult_at is None and facts.consent_age_at is None:
        return _deny(10, "AGE_UNKNOWN") if purpose.child_directed else None
    denial = None
    if purpose.profiling and facts.adult_at is not None and at < facts.adult_at:
        denial = _strike(purpose, struck, 10, "MINOR_PROFILING", "legitimate_interest")
    if denial is None and _is_below_consent_age(facts, at) and not has_parental_grant(question.voices, at):
        denial = _strike(purpose, struck, 11, "MINOR_NO_PARENTAL_CONSENT", "consent", "soft_opt_in")
    return denial


def _is_below_consent_age(facts: Facts, at: datetime) -> bool:
    return facts.consent_age_at is not None and at < facts.consent_age_at


def _strike(
    purpose: Purpose, struck: dict[Basis, _Answer], rule: int, reason: str, *bases: Basis
) -> _Answer | None:
    """Strike bases out of the list; the denial of this rule if it strikes the last one."""
    answer = _deny(rule, reason)
    newly = [basis for basis in bases if basis in purpose.basis and basis not in struck]
    struck.update(dict.fromkeys(newly, answer))
    return answer if newly and len(struck) == len(purpose.basis) else None


def _first_basis(question: _Question, struck: Mapping[Basis, _Answer], at: datetime) -> _Answer:
    """Rules 14 and 17: the first basis that holds, else the reason of the strongest effect."""
    worst: _Answer | None = None
    is_said = question.voices.no is not None
    for basis in question.purpose.basis:
        if basis in struck:
            failure = _Answer(14, struck[basis].reason, struck[basis].effect)
        else:
            reason, event = _test(basis, question, at)
            if reason is None:
                return _Answer(17, ALLOW_REASONS[basis], None, basis, event)
            failure = _Answer(14, reason, effect_of(reason, is_said=is_said), None, event)
        if worst is None or _strength(failure) < _strength(worst):
            worst = failure
    # A purpose without a basis is refused by the settings; a bare one allows nothing (Art. 6(1)).
    return worst if worst is not None else _deny(14, "CONSENT_MISSING")


def _test(basis: Basis, question: _Question, at: datetime) -> tuple[str | None, Event | None]:
    person, purpose, voices = question.person, question.purpose, question.voices
    if basis == "consent":
        parental_only = _is_below_consent_age(person.facts, at)
        return consent_test(voices, purpose, question.claims, at, parental_only=parental_only)
    if basis == "legitimate_interest":
        return interest_test(voices, purpose), voices.no
    if basis == "soft_opt_in":
        return soft_opt_in_test(person, voices, question.claims, at), voices.no
    if basis == "contract":
        return contract_test(person, at), None
    return None, None


def _strength(answer: _Answer) -> int:
    return STRENGTH.index(answer.effect) if answer.effect is not None else len(STRENGTH)


def _valid_until(question: _Question, answer: _Answer, at: datetime) -> datetime | None:
    """The first instant after `at` whose answer differs, of those at which anything changes by itself."""
    if answer.rule == 9:
        return None  # inactivity does not end by time, and no rule before it begins by time
    points = _lapses(question.person)
    retention_ends_at = _retention_ends_at(question.person.facts, question.purpose)
    if answer.rule > 9:
        points += _turning_points(question)
        points.append(retention_ends_at)
    for instant in sorted({point for point in points if point is not None and point > at}):
        if instant == retention_ends_at and answer.rule > 9:
            return instant
        later = _judge(question, instant)
        if later.reason != answer.reason or later.effect != answer.effect:
            return instant
    return None


def _lapses(person: Person) -> list[datetime | None]:
    """When hits, objections and restrictions end; the rules 4 to 8 change at no other instant."""
    points: list[datetime | None] = []
    for hit in person.hits:
        points += (hit.expires_at, hit.closed_at)
    for objection in person.objections:
        points.append(objection.lifted_at)
    for restriction in person.restrictions:
        points.append(restriction.lifted_at)
    return points


def _turning_points(question: _Question) -> list[datetime | None]:
    """Birthdays, purchases, ends of contracts, grants and their expiries."""
    facts = question.person.facts
    points = [facts.consent_age_at, facts.adult_at, facts.customer_since, facts.contract_until]
    for grant in question.voices.grants:
        points += (grant.occurred_at, expiry(grant, question.purpose))
    return points
