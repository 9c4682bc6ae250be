"""Properties that the decision must have in every world, tried in random ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from consentric.testing.consent_worlds import INSTANTS, LATER, NOON, SOURCES, STATES, World, worlds
from consentric_privacy.decision import Decision, Event
from consentric_privacy.months import add_months


def check_worlds(examples: int, *, seed: int) -> list[str]:
    """Try every property in a number of worlds; gives what was violated, in the smallest world found."""
    try:
        _many(examples, seed)()
    except AssertionError as error:
        return [str(error)]
    return []


def check(world: World, rng: random.Random) -> None:
    """Assert every property of one world.

    Raises:
        AssertionError: A property does not hold; the message names it.
    """
    trial = _Trial(world, world.decide(), rng)
    for law in _LAWS:
        assert law(trial), f"{law.__doc__} {world}"


def _many(examples: int, start: int) -> Callable[[], None]:
    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds(), st.integers(0, 1 << 16))
    def trial(world: World, luck: int) -> None:
        check(world, random.Random(luck))  # noqa: S311 - chooses examples, guards nothing

    return trial


@dataclass(frozen=True, slots=True)
class _Trial:
    world: World
    before: Decision
    rng: random.Random


def _a_denial_never_allows(trial: _Trial) -> bool:
    """Adding a denial turned DENY into ALLOW, or `remove` into another effect."""
    denial = _event(
        trial.rng,
        state=trial.rng.choice(("denied", "withdrawn")),
        purpose=trial.rng.choice(("news", "*")),
        channel=trial.rng.choice(("email", "*")),
    )
    after = trial.world.having(events=(*trial.world.person.events, denial)).decide()
    return _is_no_looser(trial.before, after) and (
        trial.before.effect != "remove" or after.effect == "remove"
    )


def _a_last_denial_denies(trial: _Trial) -> bool:
    """A denial after everything else left consent, soft opt-in or legitimate interest standing."""
    denial = _event(
        trial.rng,
        state="denied",
        purpose=trial.rng.choice(("news", "*")),
        channel=trial.rng.choice(("email", "*")),
        occurred_at=LATER,
    )
    after = trial.world.having(events=(*trial.world.person.events, denial)).decide()
    return after.verdict == "DENY" or after.rule == 1 or after.basis in ("contract", "legal_obligation")


def _no_grants_never_allow(trial: _Trial) -> bool:
    """Removing all grants turned DENY into ALLOW."""
    rest = tuple(event for event in trial.world.person.events if event.state != "granted")
    return _is_no_looser(trial.before, trial.world.having(events=rest).decide())


def _order_of_events_is_nothing(trial: _Trial) -> bool:
    """Another order of events, hits, objections or restrictions changed the decision."""
    person = trial.world.person
    parts = {
        name: tuple(trial.rng.sample(values, len(values)))
        for name, values in (
            ("events", person.events),
            ("hits", person.hits),
            ("objections", person.objections),
            ("restrictions", person.restrictions),
        )
    }
    return trial.world.having(**parts).decide() == trial.before


def _order_of_bases_is_nothing(trial: _Trial) -> bool:
    """Another order of the bases changed the verdict."""
    basis = tuple(trial.rng.sample(trial.world.purpose.basis, len(trial.world.purpose.basis)))
    after = replace(trial.world, purpose=replace(trial.world.purpose, basis=basis)).decide()
    return after.verdict == trial.before.verdict


def _an_ending_concerns_its_source(trial: _Trial) -> bool:
    """An ending of one record said more than that its own grants are gone."""
    source = trial.rng.choice(SOURCES)
    ending = _event(trial.rng, state="ended", source=source, occurred_at=None, first_observed_at=LATER)
    ended = trial.world.having(events=(*trial.world.person.events, ending)).decide()
    others = tuple(
        event for event in trial.world.person.events if event.state != "granted" or event.source != source
    )
    return ended.verdict == trial.world.having(events=others).decide().verdict


def _other_purposes_are_others(trial: _Trial) -> bool:
    """An event of another purpose or channel changed the decision, or a wildcard grant counted."""
    stranger = _event(
        trial.rng, state=trial.rng.choice(STATES), purpose="other", channel=trial.rng.choice(("email", "*"))
    )
    elsewhere = _event(
        trial.rng, state=trial.rng.choice(STATES), channel="post", purpose=trial.rng.choice(("news", "*"))
    )
    wild = _event(trial.rng, state="granted", purpose="*")
    # The claims of an opt-out look at where an address came from, so the sources stay the same.
    strangers = tuple(event._replace(origin=None) for event in (stranger, elsewhere, wild))
    events = (*trial.world.person.events, *strangers)
    return (
        trial.world.having(events=events, sources=SOURCES).decide()
        == trial.world.having(sources=SOURCES).decide()
    )


def _claims_overrule_no_no(trial: _Trial) -> bool:
    """An evidence claim overruled a no."""
    bare = replace(trial.world, claims=()).decide()
    return bare.reason != "CONSENT_WITHDRAWN" or bare.effect != "remove" or trial.before == bare


def _valid_until_is_the_next_change(trial: _Trial) -> bool:
    """The decision changed before its `valid_until`, or did not change at it."""
    if trial.before.reason == "SOURCE_STALE":
        return True  # it is the person's own verdict that has an end
    end = trial.before.valid_until or add_months(NOON, 60)
    seconds = int((end - NOON).total_seconds())
    moments = [NOON + timedelta(seconds=trial.rng.randrange(seconds)) for _ in range(2)]
    moments += [end - timedelta(seconds=1), *(moment for moment in INSTANTS if NOON < moment < end)]
    is_steady = all(_is_same(trial.world.decide(moment), trial.before) for moment in moments)
    has_end = trial.before.valid_until is not None
    return is_steady and has_end != _is_same(trial.world.decide(end), trial.before)


_LAWS = (
    _a_denial_never_allows,
    _a_last_denial_denies,
    _no_grants_never_allow,
    _order_of_events_is_nothing,
    _order_of_bases_is_nothing,
    _an_ending_concerns_its_source,
    _other_purposes_are_others,
    _claims_overrule_no_no,
    _valid_until_is_the_next_change,
)


def _is_no_looser(before: Decision, after: Decision) -> bool:
    return before.verdict == "ALLOW" or after.verdict == "DENY"


def _is_same(one: Decision, other: Decision) -> bool:
    return (one.verdict, one.reason, one.effect) == (other.verdict, other.reason, other.effect)


def _event(rng: random.Random, **given: Any) -> Event:
    """An event with what is given and chance for the rest."""
    source = given.pop("source", None) or rng.choice(SOURCES)
    values: dict[str, Any] = {
        "id": rng.randbytes(4),
        "rref": source.encode(),
        "source": source,
        "purpose": "news",
        "channel": "email",
        "grade": rng.choice("ABCD"),
        "occurred_at": rng.choice([None, *INSTANTS]),
        "first_observed_at": rng.choice(INSTANTS),
    }
    return Event(**(values | given))
