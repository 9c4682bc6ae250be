"""The life cycle on small tables worked out by hand."""

from __future__ import annotations

import pytest

from consentric.segments.settings import LifecycleSettings, SegmentSetSettings

from .people import Town


def cycle(**options: int) -> SegmentSetSettings:
    return SegmentSetSettings(
        name="cycle", purpose="segmentation", method="lifecycle", lifecycle=LifecycleSettings(**options)
    )


def test_somebody_who_never_acted_is_a_suspect_and_somebody_who_did_a_prospect(town: Town) -> None:
    town.add("silent", "mailed", "machine", "reader", "visitor")
    town.act("mailed", "send", 5)
    town.act("machine", "open", 5, machine=True)
    town.act("reader", "open", 5)
    town.act("visitor", "visit", 500)

    town.run(cycle())

    assert town.cells("cycle") == {
        "machine": "suspect",
        "mailed": "suspect",
        "reader": "prospect",
        "silent": "suspect",
        "visitor": "prospect",
    }


def test_a_first_order_is_new_for_sixty_days_and_with_fewer_than_three_orders(town: Town) -> None:
    town.add("first", "day60", "day61", "two", "three")
    town.order("first", 0)
    town.order("day60", 60)
    town.order("day61", 61)
    town.order("two", 30)
    town.order("two", 2)
    for age in (30, 20, 10):
        town.order("three", age)

    town.run(cycle())

    assert town.cells("cycle") == {
        "day60": "new",
        "day61": "active",
        "first": "new",
        "three": "active",
        "two": "new",
    }


@pytest.mark.parametrize(
    ("since_last", "stage"), [(180, "active"), (181, "inactive"), (360, "inactive"), (361, "lost")]
)
def test_a_buyer_every_two_months_is_inactive_after_six_and_lost_after_twelve(
    town: Town, since_last: int, stage: str
) -> None:
    town.add("ann")
    for age in (since_last + 120, since_last + 60, since_last):
        town.order("ann", age)

    town.run(cycle())

    assert town.cells("cycle") == {"ann": stage}


def test_without_a_cadence_of_ones_own_ninety_days_count_while_few_have_one(town: Town) -> None:
    town.add("day270", "day271", "day541")
    town.order("day270", 270)
    town.order("day271", 271)
    town.order("day541", 541)

    town.run(cycle())

    assert town.cells("cycle") == {"day270": "active", "day271": "inactive", "day541": "lost"}


def test_the_median_of_the_others_counts_once_enough_have_a_cadence(town: Town) -> None:
    town.add("one", "two", "once")
    for age in (130, 120, 110):  # cadence 10, last order 110 days ago
        town.order("one", age)
    for age in (70, 50, 30):  # cadence 20
        town.order("two", age)
    town.order("once", 61)

    town.run(cycle(people_for_cadence=2))
    few = town.cells("cycle")["once"]
    usual = town.rows("SELECT days, people FROM usual_cadence")
    town.run(cycle(people_for_cadence=3))

    # median of 10 and 20 is 15: 61 > 45; with 90 days it is not.
    assert usual == [(15, 2)]
    assert few == "inactive"
    assert town.cells("cycle")["once"] == "active"


def test_an_inactive_person_who_unsubscribed_or_answers_nothing_is_lost(town: Town) -> None:
    town.add("quiet", "left", "silent", "clicks", "long_ago", "machine")
    for name in ("quiet", "left", "silent", "clicks", "long_ago", "machine"):
        town.order(name, 300)
    town.act("left", "unsubscribe", 200)
    for name in ("silent", "clicks", "machine"):
        town.act(name, "send", 100)
    town.act("clicks", "click", 99)
    town.act("machine", "open", 99, machine=True)
    town.act("long_ago", "send", 400)

    town.run(cycle())

    assert town.cells("cycle") == {
        "clicks": "inactive",
        "left": "lost",
        "long_ago": "inactive",
        "machine": "lost",
        "quiet": "inactive",
        "silent": "lost",
    }


def test_an_active_person_who_unsubscribed_stays_active(town: Town) -> None:
    town.add("ann")
    town.order("ann", 100)
    town.act("ann", "unsubscribe", 50)

    town.run(cycle())

    assert town.cells("cycle") == {"ann": "active"}


def test_the_factors_are_settings(town: Town) -> None:
    town.add("ann")
    town.order("ann", 100)

    town.run(cycle(usual_cadence_days=30, inactive_after=2, lost_after=3))

    assert town.cells("cycle") == {"ann": "lost"}
