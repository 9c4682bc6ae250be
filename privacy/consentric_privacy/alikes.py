"""Which people the decision cannot tell apart: one of them is decided for all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime

from consentric_privacy.bases import expiry
from consentric_privacy.months import add_months
from consentric_privacy.person import Event, Facts, Hit, Person
from consentric_privacy.purpose import Claim, Purpose

_NONE = -1
_SAID = frozenset({"granted", "pending"})
"""States that count for their own purpose and channel only, and have no time when their source knows none."""
_OTHER = "*"


class Alikes:
    """Gives each person a value that two share only when a purpose and channel have one answer for both.

    The decision compares instants with each other, with its own time and with the limits of claims, and
    asks whether something is older than so many months; it looks at no instant for itself. So the value
    holds the outcome of these comparisons in place of the instants, and only of what the purpose looks at.

    Args:
        purpose: What is asked about.
        channel: By which channel.
        claims: All that may be applied.
        at: The time of the decision.
    """

    def __init__(self, purpose: Purpose, channel: str, claims: Iterable[Claim], at: datetime) -> None:
        self._purpose = purpose
        self._channel = channel
        self._at = at
        known = tuple(claims)
        self._claims_optout = any(claim.optout_offered for claim in known)
        limits = {limit for claim in known for limit in (claim.from_at, claim.until_at) if limit is not None}
        self._limits = sorted({at, *limits})

    def value_of(self, person: Person) -> Hashable:
        """The value of a person; it holds no instant."""
        events = self.heard(person)
        hits = [hit for hit in person.hits if self._counts(hit)]
        ranks = _ranks(events, hits, person.facts)
        return (
            self._events(events, ranks),
            tuple(sorted(self._hit(hit, ranks) for hit in hits)) if hits else (),
            self._objections(person) if person.objections else (),
            tuple(sorted(self._place(one.lifted_at) for one in person.restrictions)),
            self._facts(person.facts),
            _rank(ranks, person.facts.customer_since) if hits else _NONE,
            self._places(person),
        )

    def heard(self, person: Person) -> list[Event]:
        """The events that speak about the purpose and channel; a yes to everything is none (`listen`)."""
        purpose, channel = self._purpose.id, self._channel
        return [
            event
            for event in person.events
            if (event.purpose == purpose and event.channel == channel)
            or (
                event.state not in _SAID
                and event.purpose in (purpose, "*")
                and event.channel in (channel, "*")
            )
        ]

    def _events(self, events: Sequence[Event], ranks: Mapping[datetime, int]) -> Hashable:
        ordered = sorted((self._event(event, ranks), event.rref) for event in events)
        records = {rref: number for number, rref in enumerate(dict.fromkeys(rref for _, rref in ordered))}
        return tuple((value, records[rref]) for value, rref in ordered)

    def _event(self, event: Event, ranks: Mapping[datetime, int]) -> tuple[str | int, ...]:
        time = _time(event)
        ends_at = expiry(event, self._purpose) if event.state == "granted" else None
        accepted = self._purpose.accepted_notices
        notice = event.notice or ""
        return (
            *(event.source, event.origin or "", event.state, event.grade, event.parental),
            notice if not notice or notice in accepted else _OTHER,
            *(self._place(time), _rank(ranks, time)),
            *(self._place(event.shown_again_at), _rank(ranks, event.shown_again_at)),
            ends_at is not None and self._at >= ends_at,
        )

    def _counts(self, hit: Hit) -> bool:
        return hit.reason == "erasure" or (
            hit.channel in (self._channel, "*") and hit.purpose in (self._purpose.id, "*")
        )

    def _hit(self, hit: Hit, ranks: Mapping[datetime, int]) -> tuple[str | int, ...]:
        ends = (self._place(hit.expires_at), self._place(hit.closed_at))
        return hit.reason, self._place(hit.since), ranks[hit.since], *ends

    def _objections(self, person: Person) -> Hashable:
        return tuple(
            sorted(
                (one.kind, one.has_compelling_grounds, self._place(one.lifted_at))
                for one in person.objections
                if one.scope in (self._purpose.id, "*")
            )
        )

    def _facts(self, facts: Facts) -> Hashable:
        purpose = self._purpose
        since = facts.last_contact_at or facts.created_at
        is_silent = since is not None and self._at >= add_months(since, purpose.inactivity_months)
        is_known: tuple[int, ...] = ()
        if "soft_opt_in" in purpose.basis:
            is_known = (self._place(facts.customer_since), facts.optout_offered)
        if "contract" in purpose.basis:
            is_known += (self._place(facts.contract_until),)
        return is_silent, self._place(facts.consent_age_at), self._place(facts.adult_at), is_known

    def _places(self, person: Person) -> Hashable:
        """Where the person's address came from; the forms, lists and tags only where a claim may ask."""
        sources = tuple(sorted(person.sources))
        if not self._claims_optout:
            return sources
        told = frozenset((event.source, event.origin) for event in person.events)
        return sources, told, self._place(person.facts.created_at)

    def _place(self, instant: datetime | None) -> int:
        """Where an instant lies among the limits: before, at or after each."""
        if instant is None:
            return _NONE
        return bisect_left(self._limits, instant) + bisect_right(self._limits, instant)


def _time(event: Event) -> datetime | None:
    return event.occurred_at if event.state in _SAID else event.occurred_at or event.first_observed_at


def _ranks(events: Sequence[Event], hits: Sequence[Hit], facts: Facts) -> dict[datetime, int]:
    """The instants that are compared with each other, in their order."""
    instants = {time for event in events for time in (_time(event), event.shown_again_at)}
    if hits:  # nothing from before an erasure counts after it
        instants |= {facts.customer_since, *(hit.since for hit in hits)}
    return {instant: rank for rank, instant in enumerate(sorted(filter(None, instants)))}


def _rank(ranks: Mapping[datetime, int], instant: datetime | None) -> int:
    return _NONE if instant is None else ranks.get(instant, _NONE)
