"""The tests of the legal bases: whether consent, legitimate interest, soft opt-in, contract or law holds.

A test answers with None when the basis holds, else with the reason why it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from consentric_privacy.months import add_months
from consentric_privacy.person import Event, Person
from consentric_privacy.purpose import Basis, Claim, Grade, Purpose

ALLOW_REASONS: dict[Basis, str] = {
    "consent": "CONSENT_VALID",
    "legitimate_interest": "LEGITIMATE_INTEREST",
    "soft_opt_in": "SOFT_OPT_IN",
    "contract": "CONTRACT",
    "legal_obligation": "LEGAL_OBLIGATION",
}
_RANK: dict[Grade, int] = {"A": 0, "B": 1, "C": 2, "D": 3}
_WITHDRAWN = "CONSENT_WITHDRAWN"


class Voices(NamedTuple):
    """The events that speak about one purpose and channel, sorted out once for all bases."""

    grants: list[Event]
    endings: list[Event]
    no: Event | None
    """The latest denial or withdrawal."""
    no_at: datetime | None
    """Its time, or when it was first observed if the source does not know."""
    is_pending: bool
    erased_at: datetime | None
    """Grants and purchases up to this erasure never count again."""


def listen(person: Person, purpose: str, channel: str) -> Voices:
    """Sort a person's events for one purpose and channel, whatever order they come in.

    The wildcard `*` covers the purpose for denials and endings, never for grants: consent is specific.
    """
    grants: list[Event] = []
    endings: list[Event] = []
    no: Event | None = None
    no_at: datetime | None = None
    is_pending = False
    erased_at = _erased_at(person) if person.hits else None
    for event in person.events:
        of_purpose = event.purpose
        of_channel = event.channel
        if (of_purpose != purpose and of_purpose != "*") or (of_channel != channel and of_channel != "*"):
            continue
        state = event.state
        if state == "withdrawn" or state == "denied":
            time = event.occurred_at or event.first_observed_at
            if no is None or no_at is None or time > no_at or (time == no_at and event.id < no.id):
                no, no_at = event, time
        elif state == "ended":
            endings.append(event)
        elif of_purpose == purpose and of_channel == channel:
            if state == "pending":
                is_pending = True
            elif erased_at is None or event.occurred_at is None or event.occurred_at > erased_at:
                grants.append(event)
    return Voices(grants, endings, no, no_at, is_pending, erased_at)


def consent_test(
    voices: Voices, purpose: Purpose, claims: Sequence[Claim], at: datetime, *, parental_only: bool
) -> tuple[str | None, Event | None]:
    """The test of consent: the reason it fails for, or None with the grant that holds.

    Args:
        voices: What was said about the purpose and channel.
        purpose: The conditions a consent must meet.
        claims: Evidence claims of the controller.
        at: The time of the decision.
        parental_only: Below the age of digital consent only a verified parental grant counts (Art. 8).
    """
    effective: Event | None = None
    worst: tuple[int, str] | None = None
    for grant in voices.grants:
        if parental_only and not _is_parental(grant):
            continue
        fate = _fate(grant, voices, purpose, claims, at)
        if fate is None:
            if effective is None or _recency(grant) > _recency(effective):
                effective = grant
        elif worst is None or fate < worst:
            worst = fate
    if effective is not None:
        return None, effective
    if worst is not None:
        return worst[1], voices.no
    if voices.no is not None:
        return _WITHDRAWN, voices.no
    return ("CONSENT_UNCONFIRMED" if voices.is_pending else "CONSENT_MISSING"), None


def has_parental_grant(voices: Voices, at: datetime) -> bool:
    """Whether a verified grant of the holder of parental responsibility counts: given by now, not ended."""
    return any(
        _is_parental(grant)
        and (grant.occurred_at is None or grant.occurred_at <= at)
        and not _has_ended(grant, voices.endings)
        for grant in voices.grants
    )


def interest_test(voices: Voices, purpose: Purpose) -> str | None:
    """The test of legitimate interest (Art. 6(1)(f)): no denial, and a signed assessment that stands."""
    if voices.no is not None:
        return _WITHDRAWN
    return None if purpose.has_assessment else "LIA_MISSING"


def soft_opt_in_test(person: Person, voices: Voices, claims: Sequence[Claim], at: datetime) -> str | None:
    """The test of the soft opt-in (Directive 2002/58/EC Art. 13(2)): a customer, offered an opt-out."""
    if voices.no is not None:
        return _WITHDRAWN
    since = person.facts.customer_since
    if since is None or since > at or (voices.erased_at is not None and since <= voices.erased_at):
        return "SOFT_OPT_IN_NOT_CUSTOMER"
    if person.facts.optout_offered or (claims and _claims_optout(person, claims)):
        return None
    return "SOFT_OPT_IN_NO_OPTOUT_OFFERED"


def contract_test(person: Person, at: datetime) -> str | None:
    """The test of contract (Art. 6(1)(b)): one that has not ended."""
    until = person.facts.contract_until
    return None if until is not None and at < until else "CONTRACT_ENDED"


def expiry(grant: Event, purpose: Purpose) -> datetime | None:
    """The instant from which a dated grant is too old for a purpose; None if it has no age limit."""
    if grant.occurred_at is None or purpose.max_age_months is None:
        return None
    return add_months(grant.occurred_at, purpose.max_age_months)


def proven(grant: Event, claims: Sequence[Claim]) -> tuple[Grade, str | None]:
    """Grade and notice with the controller's claims: never above B, never against what the source says."""
    grade, notice = grant.grade, grant.notice
    for claim in claims:
        if not claim.covers(grant.source, grant.origin, grant.occurred_at):
            continue
        if claim.grade is not None and _RANK[claim.grade] < _RANK[grade]:
            grade = claim.grade
        if notice is None:
            notice = claim.notice
    return grade, notice


def _is_parental(grant: Event) -> bool:
    return grant.parental and grant.grade == "A"


def _erased_at(person: Person) -> datetime | None:
    return max((hit.since for hit in person.hits if hit.reason == "erasure"), default=None)


def _recency(event: Event) -> tuple[datetime, bytes]:
    return event.occurred_at or event.first_observed_at, event.id


def _fate(
    grant: Event, voices: Voices, purpose: Purpose, claims: Sequence[Claim], at: datetime
) -> tuple[int, str] | None:
    """What became of a grant: None if it is effective, else number and reason of the first rule it fails."""
    time = grant.occurred_at
    if voices.endings and _has_ended(grant, voices.endings):
        return 0, _WITHDRAWN
    if voices.no_at is not None and (time is None or time <= voices.no_at or _RANK[grant.grade] > 1):
        return 1, _WITHDRAWN
    if time is not None and time > at:
        return 2, "CONSENT_NOT_YET_VALID"
    grade, notice = proven(grant, claims) if claims else (grant.grade, grant.notice)
    if time is None:
        return 3, "EVIDENCE_INSUFFICIENT"
    if _RANK[grade] > _RANK[purpose.min_grade]:
        confirmable = purpose.min_grade == "A" and grade == "B"
        return 3, "CONSENT_UNCONFIRMED" if confirmable else "EVIDENCE_INSUFFICIENT"
    if purpose.accepted_notices and notice not in purpose.accepted_notices:
        return 4, "CONSENT_NOTICE_UNKNOWN" if notice is None else "CONSENT_NOTICE_OUTDATED"
    ends_at = expiry(grant, purpose)
    if ends_at is not None and at >= ends_at:
        return 5, "CONSENT_EXPIRED"
    return None


def _has_ended(grant: Event, endings: Sequence[Event]) -> bool:
    """Whether its own source no longer shows it; a grant shown again counts from then on."""
    since = grant.occurred_at
    if grant.shown_again_at is not None and (since is None or grant.shown_again_at > since):
        since = grant.shown_again_at
    return any(
        ending.rref == grant.rref
        and ending.source == grant.source
        and (since is None or (ending.occurred_at or ending.first_observed_at) >= since)
        for ending in endings
    )


def _claims_optout(person: Person, claims: Sequence[Claim]) -> bool:
    """Whether a claim says that an opt-out was offered where and when this person's address was collected."""
    collected_at = person.facts.created_at
    return any(
        claim.covers(source, origin, collected_at)
        for claim in claims
        if claim.optout_offered
        for source, origin in _places(person)
    )


def _places(person: Person) -> set[tuple[str, str | None]]:
    """Where the person's address came from: the accounts, and the forms, lists and tags their events name."""
    return {(source, None) for source in person.sources} | {
        (event.source, event.origin) for event in person.events
    }
