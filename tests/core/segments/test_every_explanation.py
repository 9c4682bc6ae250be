"""Every explanation of every method is held to its word: inputs give the segment, changes give the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from consentric.segments.assembly import assemble
from consentric.segments.explanation import SetExplanation
from consentric.segments.methods import clv, propensity_model
from consentric.segments.settings import (
    EngagementSettings,
    RfmSettings,
    SegmentSetSettings,
    SegmentSettings,
    Texts,
)
from consentric.testing import explanations
from consentric.testing.__main__ import main
from consentric.testing.explanations import Proof, prove

from .people import Town
from .shoppers import shop

PEOPLE = 40
FIXED = RfmSettings(
    scoring="fixed",
    recency_limits=(30, 90, 180, 365),
    frequency_limits=(2, 3, 5, 8),
    monetary_limits=(10, 50, 100, 300),
)
THIRDS = RfmSettings(scoring="thirds", map="klaviyo", recency_limits=(180, 365))
SETS = [
    SegmentSetSettings(name="ranked", purpose="segmentation", method="rfm"),
    SegmentSetSettings(name="fixed", purpose="segmentation", method="rfm", rfm=FIXED),
    SegmentSetSettings(name="thirds", purpose="segmentation", method="rfm", rfm=THIRDS),
    SegmentSetSettings(name="classes", purpose="segmentation", method="pareto"),
    SegmentSetSettings(name="cycle", purpose="segmentation", method="lifecycle"),
    SegmentSetSettings(name="heat", purpose="segmentation", method="engagement"),
    SegmentSetSettings(
        name="stars",
        purpose="segmentation",
        method="engagement",
        engagement=EngagementSettings.model_validate({"preset": "mailchimp"}),
    ),
    SegmentSetSettings(name="ahead", purpose="segmentation", method="clv"),
    SegmentSetSettings(name="soon", purpose="segmentation", method="propensity"),
    SegmentSetSettings(name="own", purpose="segmentation", allow_other=True),
    SegmentSetSettings(name="inner", purpose="segmentation", method="rfm", within=("cycle.active",)),
]
RULES = [
    SegmentSettings(set="own", key=key, name=Texts(fr=key, en=key), when=when)
    for key, when in (
        ("vip", 'orders >= 3 and spent >= 100 and city != "Lyon"'),
        ("near", "last_order within 120 days or unsubscribed"),
        ("late", 'days_since_last_order > 300 and bought_category in ("a", "b")'),
    )
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("town"))
    chance = random.Random(5)
    names = shop(town, PEOPLE - 4, seed=4)
    town.add("ann", "bob", "cid")
    town.add("dan", verdict="DENY")
    town.order("dan", 3)
    town.act("bob", "visit", 4)
    for name in names[::4]:
        town.act(name, "unsubscribe", chance.randrange(300))
        town.describe(name, city=chance.choice(["Lyon", "Nantes"]))
    with pytest.MonkeyPatch.context() as patch:
        # Estimates of so few people say nothing, and are replayed all the same.
        for module, name in (
            (clv, "LEAST_BUYERS"),
            (clv, "LEAST_AMOUNTS"),
            (propensity_model, "LEAST_PEOPLE"),
            (propensity_model, "LEAST_BUYERS"),
            (propensity_model, "LEAST_AUC_PERCENT"),
        ):
            patch.setattr(module, name, 5)
        town.run(SETS, RULES, attributes=["city"])
    yield town
    town.warehouse.close()


def proof(town: Town, *names: str) -> Proof:
    sets = [one for one in assemble(SETS, RULES) if not names or one.name in names]
    return prove(town.warehouse.connection, sets, attributes=["city"])


def test_inputs_of_all_explanations_give_the_segment_and_every_stated_change_flips_it(town: Town) -> None:
    found = proof(town)

    assert found.faults == []
    assert found.subjects == PEOPLE
    # Engagement, life cycle and rules explain everybody but dan; six sets the people with orders.
    assert found.explanations > (PEOPLE - 1) * 4 + (PEOPLE - 4) * 6
    assert found.changes > 400


def test_a_change_that_is_one_off_is_a_fault(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = explanations.explain_set

    def off_by_one(*given: object) -> SetExplanation:
        told: SetExplanation = honest(*given)  # type: ignore[arg-type]
        changes = [
            replace(one, then=one.then + (1 if one.then < one.now else -1))  # type: ignore[operator]
            for one in told.nearest
            if isinstance(one.then, int) and not isinstance(one.then, bool)
        ]
        return replace(told, nearest=tuple(changes))

    monkeypatch.setattr(explanations, "explain_set", off_by_one)

    faults = proof(town, "thirds", "cycle").faults
    assert {fault.partition(",")[0] for fault in faults} == {"thirds", "cycle"}
    assert not any("p1." in fault for fault in faults)


def test_an_input_that_was_not_used_is_a_fault(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = explanations.explain_set

    def without_the_last(*given: object) -> SetExplanation:
        told: SetExplanation = honest(*given)  # type: ignore[arg-type]
        return replace(told, inputs=told.inputs[:-1], nearest=())

    monkeypatch.setattr(explanations, "explain_set", without_the_last)

    faults = proof(town, "classes", "ahead").faults
    assert {fault.partition(",")[0] for fault in faults} == {"classes", "ahead"}


def test_a_workspace_that_is_not_there_is_a_sentence_and_exit_2(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explanations", "--workspace", str(town.folder / "nowhere")]) == 2

    assert capsys.readouterr().err.startswith("explanations: ")
