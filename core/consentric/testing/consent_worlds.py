"""Random worlds for the decision, small on purpose: with few instants and sources, ties are common."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

from hypothesis import strategies as st

from consentric_privacy.decision import (
    Claim,
    Decision,
    Event,
    Facts,
    Hit,
    Objection,
    Person,
    Purpose,
    Restriction,
    decide,
)
from consentric_privacy.months import add_months

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
_DAY = timedelta(hours=24)
INSTANTS = [add_months(NOON, months) for months in (-40, -36, -13, -12, -3, -1, 0, 1, 6)]
INSTANTS += [NOON - timedelta(seconds=1), NOON + timedelta(seconds=1), NOON - _DAY]
LATER = add_months(NOON, 12)
SOURCES = ("hubspot", "mailchimp")
_BASES = ("consent", "legitimate_interest", "soft_opt_in", "contract")
STATES = ("granted", "granted", "granted", "denied", "withdrawn", "pending", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One question about one person."""

    person: Person
    purpose: Purpose
    action: Any
    claims: tuple[Claim, ...]
    transfer: Any
    is_read: bool
    """Whether the authorities were read just now; else two days ago."""
    special: bool
    reviewed: bool

    def decide(self, at: datetime = NOON) -> Decision:
        """Ask the question at an instant, the reads being as old as they are."""
        read_at = at if self.is_read else at - 2 * _DAY
        return decide(
            self.person,
            self.purpose,
            channel="email",
            action=self.action,
            at=at,
            reads=dict.fromkeys(SOURCES, read_at),
            max_staleness=_DAY,
            transfer=self.transfer,
            claims=self.claims,
            uses_special_category=self.special,
            is_human_reviewed=self.reviewed,
        )

    def having(self, **parts: Any) -> World:
        """The same question about a person who differs in some parts."""
        return replace(self, person=replace(self.person, **parts))


def _mixed(of: Callable[..., Any], **choices: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Objects with a value of each choice, drawn as one number: many times faster than a draw for each."""

    def build(number: int) -> Any:
        values = {}
        for name, among in choices.items():
            number, place = divmod(number, len(among))
            values[name] = among[place]
        return of(**values)

    return st.integers(0, math.prod(map(len, choices.values())) - 1).map(build)


def _drawn_event(source: str, **values: Any) -> Event:
    shown_again_at = values.pop("shown_again_at") if values["state"] == "granted" else None
    values["shown_again_at"] = shown_again_at
    return Event(id=b"", rref=source.encode(), source=source, **values)


def _numbered(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(event._replace(id=bytes([number])) for number, event in enumerate(events))


def _few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Mostly none, at most two."""
    return st.one_of(*[st.just(())] * 4, st.lists(strategy, max_size=2).map(tuple))


_FLAGS = (False, True)
_MOSTLY_NOT = (*[False] * 7, True)
_MAYBE = (None, *INSTANTS)
_RARELY = (None,) * len(INSTANTS) * 3 + tuple(INSTANTS)
_BASIS_LISTS = (("consent",),) * 6 + tuple(
    basis for size in (1, 2, 3) for basis in permutations(_BASES, size)
)

_events = st.lists(
    _mixed(
        _drawn_event,
        source=SOURCES,
        state=STATES,
        purpose=(*["news"] * 8, "*", "other"),
        channel=(*["email"] * 8, "*", "post"),
        grade=("A", "A", "B", "B", "C", "D"),
        occurred_at=_MAYBE,
        first_observed_at=INSTANTS,
        notice=(None, "n1", "n2", "n2"),
        origin=(None, "form"),
        parental=_MOSTLY_NOT,
        shown_again_at=_RARELY,
    ),
    max_size=5,
).map(_numbered)
_hits = _mixed(
    Hit,
    reason=("erasure", "objection", "complaint", "bounce"),
    since=INSTANTS,
    channel=("*", "email", "phone"),
    purpose=("*", "news", "other"),
    expires_at=_MAYBE,
    closed_at=_MAYBE,
)
_objections = _mixed(
    Objection,
    kind=("21.1", "21.2"),
    scope=("*", "news", "other"),
    lifted_at=_MAYBE,
    has_compelling_grounds=_MOSTLY_NOT,
)
_facts = _mixed(
    Facts,
    created_at=_RARELY,
    last_contact_at=_RARELY,
    consent_age_at=_RARELY,
    adult_at=_RARELY,
    customer_since=_MAYBE,
    optout_offered=_FLAGS,
    contract_until=_MAYBE,
)
_purposes = _mixed(
    partial(Purpose, id="news", channels=("email",)),
    basis=_BASIS_LISTS,
    direct_marketing=_FLAGS,
    profiling=_FLAGS,
    significant_effect=_MOSTLY_NOT,
    special_category=_MOSTLY_NOT,
    min_grade=("A", "B"),
    max_age_months=(None, 12, 36),
    accepted_notices=((), ("n2",)),
    authorities=((), SOURCES),
    has_assessment=(True, True, False),
    child_directed=_MOSTLY_NOT,
)
_claims = _mixed(
    Claim,
    source=SOURCES,
    origin=(None, "form"),
    from_at=_MAYBE,
    until_at=_MAYBE,
    grade=(None, "B", "C"),
    notice=(None, "n1", "n2"),
    optout_offered=_FLAGS,
)
_questions = _mixed(
    dict,
    action=(
        *("process", "process", "process", "write_back", "write_back", "write_back"),
        *("send", "export", "store", "legal_claim", "rights_request"),
    ),
    transfer=(None, "eea", "adequacy", "scc", "bcr", "uncovered"),
    is_read=(True, True, True, False),
    special=_MOSTLY_NOT,
    reviewed=_FLAGS,
)


def worlds() -> st.SearchStrategy[World]:
    """Random worlds, all at the same noon."""
    person = st.builds(
        Person,
        events=_events,
        hits=_few(_hits),
        objections=_few(_objections),
        restrictions=_few(_mixed(Restriction, lifted_at=_MAYBE)),
        facts=_facts,
        sources=st.sampled_from([(), ("hubspot",), SOURCES]),
    )
    return st.builds(_world, person, _purposes, _few(_claims), _questions)


def _world(person: Person, purpose: Purpose, claims: tuple[Claim, ...], question: dict[str, Any]) -> World:
    return World(person=person, purpose=purpose, claims=claims, **question)
