"""The properties of the decision hold in random worlds, and would notice if they did not."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentric.testing import consent_worlds
from consentric.testing.__main__ import main
from consentric.testing.consent_model import check, check_worlds
from consentric.testing.consent_worlds import World, worlds
from consentric_privacy.decision import Decision, decide


@settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.integers(0, 1 << 16))
def test_every_property_holds_in_random_worlds(world: World, luck: int) -> None:
    check(world, random.Random(luck))


def deaf_to_wildcards(person: object, *rest: object, **question: object) -> Decision:
    heard = tuple(event for event in person.events if event.channel != "*")  # type: ignore[attr-defined]
    return decide(replace(person, events=heard), *rest, **question)  # type: ignore[type-var,arg-type]


def without_end(*world: object, **question: object) -> Decision:
    return replace(decide(*world, **question), valid_until=None)  # type: ignore[arg-type]


def first_word_counts(person: object, *rest: object, **question: object) -> Decision:
    return decide(replace(person, events=person.events[:2]), *rest, **question)  # type: ignore[attr-defined,type-var,arg-type]


@pytest.mark.parametrize(
    ("defect", "law"),
    [
        (deaf_to_wildcards, "A denial after everything else"),
        (without_end, "The decision changed before its `valid_until`"),
        (first_word_counts, "denial|Another order|said more|Removing|another purpose"),
    ],
)
def test_a_defect_of_the_decision_is_noticed(
    monkeypatch: pytest.MonkeyPatch, defect: object, law: str
) -> None:
    monkeypatch.setattr(consent_worlds, "decide", defect)

    violations = check_worlds(1_000, seed=1)

    assert len(violations) == 1
    assert any(word in violations[0] for word in law.split("|"))


def test_the_command_prints_one_line_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "--only", "consent", "--examples", "20"]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert (figures["command"], figures["worlds"], figures["violations"]) == ("model", 20, 0)
