"""Memberships are intervals of runs: only changes are rows, and only the allowed take part."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from consentric.sdk.errors import GuardError
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts

from .people import NOW, TODAY, Town

BUYERS = SegmentSetSettings(name="buyers", purpose="segmentation", allow_other=True)
SEGMENTS = [
    SegmentSettings(set="buyers", key=key, name=Texts(fr=key, en=key), when=rule)
    for key, rule in (("often", "orders >= 2"), ("once", "orders = 1"))
]
KINDS = ("order", "click", "send", "visit")
INTERVALS = """SELECT pid[4:], segment, from_run[18:19], to_run[18:19] FROM membership
               JOIN subject USING (subject) ORDER BY ALL"""


def test_the_same_data_twice_moves_nobody(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5)

    first = town.run(BUYERS, SEGMENTS).sets[0]
    second = town.run(BUYERS, SEGMENTS).sets[0]

    assert (first.entered, first.moved, first.left) == (1, 0, 0)
    assert (second.entered, second.moved, second.left) == (0, 0, 0)
    assert first.sizes == second.sizes == {"often": 0, "once": 1}
    assert town.rows(INTERVALS) == [("ann", "once", "01", None)]


def test_a_move_ends_one_interval_and_opens_another(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5)
    town.order("bob", 5)
    town.run(BUYERS, SEGMENTS)
    town.order("ann", 1)

    report = town.run(BUYERS, SEGMENTS, as_of_day=TODAY + timedelta(days=1)).sets[0]

    assert (report.entered, report.moved, report.left) == (0, 1, 0)
    assert town.rows(INTERVALS) == [
        ("ann", "often", "02", None),
        ("ann", "once", "01", "02"),
        ("bob", "once", "01", None),
    ]
    assert town.rows("SELECT segment, previous, since FROM current_membership ORDER BY segment") == [
        ("often", "once", date(2026, 7, 1)),
        ("once", None, date(2026, 6, 30)),
    ]


def test_a_later_move_leaves_earlier_intervals_as_they_were(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.run(BUYERS, SEGMENTS)
    town.order("ann", 1, order_number="A1")
    town.run(BUYERS, SEGMENTS)
    town.act("ann", "refund", 0, amount_minor=-1000, currency="EUR", order_number="A1")
    town.run(BUYERS, SEGMENTS)

    assert town.rows(INTERVALS) == [
        ("ann", "often", "02", "03"),
        ("ann", "once", "01", "02"),
        ("ann", "once", "03", None),
    ]
    assert town.rows("SELECT segment, previous FROM current_membership") == [("once", "often")]


def test_somebody_whom_the_purpose_no_longer_allows_leaves(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5)
    town.order("bob", 5)
    town.run(BUYERS, SEGMENTS)
    town.permit("ann", verdict="DENY")

    report = town.run(BUYERS, SEGMENTS).sets[0]

    assert (report.entered, report.moved, report.left) == (0, 0, 1)
    assert report.population == 1
    assert town.segments("buyers") == {"bob": "once"}
    assert town.rows("SELECT count(*) FROM measure JOIN subject USING (subject) WHERE pid = 'p1.ann'") == [
        (0,)
    ]


def test_only_the_allowed_take_part_and_only_while_it_is_valid(town: Town) -> None:
    town.add("allowed", "until_later", "until_now", "denied", "other_purpose", "undecided")
    for name in ("allowed", "until_later", "until_now", "denied", "other_purpose", "undecided"):
        town.order(name, 5)
    town.permit("until_later", until=NOW + timedelta(seconds=1))
    town.permit("until_now", until=NOW)
    town.permit("denied", verdict="DENY")
    named = "subject = (SELECT subject FROM subject WHERE pid = ?)"
    execute = town.warehouse.connection.execute
    execute(f"UPDATE permission SET purpose = 'advice' WHERE {named}", ["p1.other_purpose"])
    execute(f"DELETE FROM permission WHERE {named}", ["p1.undecided"])

    report = town.run(BUYERS, SEGMENTS).sets[0]

    assert report.population == 2
    assert town.segments("buyers") == {"allowed": "once", "until_later": "once"}


def test_another_channel_or_action_allows_nothing(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5)
    town.order("bob", 5)
    town.warehouse.connection.execute("UPDATE permission SET channel = 'email' WHERE subject = 1")
    town.warehouse.connection.execute("UPDATE permission SET action = 'write_back' WHERE subject = 2")

    report = town.run(BUYERS, SEGMENTS).sets[0]

    assert report.population == 0
    assert report.notes == ('purpose "segmentation" allows nobody',)


def test_somebody_without_a_live_record_takes_no_part(town: Town) -> None:
    from .people import rref

    town.add("ann")
    town.order("ann", 5)
    town.warehouse.merge_records([rref("ann", "crm")])

    assert town.run(BUYERS, SEGMENTS).sets[0].population == 0


def test_permissions_older_than_a_day_stop_the_run_before_anything_changes(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.run(BUYERS, SEGMENTS)
    town.order("ann", 4)

    with pytest.raises(GuardError) as caught:
        town.run(BUYERS, SEGMENTS, now=NOW + timedelta(hours=24, seconds=1))

    assert caught.value.exit_code == 5
    assert caught.value.hint.endswith("consentric pull")
    assert town.segments("buyers") == {"ann": "once"}
    assert town.rows("SELECT count(*) FROM segment_run") == [(1,)]


def test_a_set_that_is_no_longer_configured_ends_its_memberships(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.run(BUYERS, SEGMENTS)

    town.run(SegmentSetSettings(name="cycle", purpose="segmentation", method="lifecycle"))

    assert town.segments("buyers") == {}
    assert town.segments("cycle") == {"ann": "new"}
    assert town.rows("""SELECT DISTINCT "set" FROM score""") == [("cycle",)]


def test_two_purposes_have_two_populations(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5)
    town.order("bob", 5)
    town.permit("bob", purpose="advice")
    advice = SegmentSetSettings(name="advice", purpose="advice", allow_other=True)
    rule = SegmentSettings(set="advice", key="all", name=Texts(fr="tous", en="all"), when="orders > 0")

    report = town.run([BUYERS, advice], [*SEGMENTS, rule])

    assert [one.population for one in report.sets] == [2, 1]
    assert town.segments("advice") == {"bob": "all"}


def test_a_lost_warehouse_yields_the_same_labels(tmp_path: Path) -> None:
    sets = [
        SegmentSetSettings(name=method, purpose="segmentation", method=method)
        for method in ("rfm", "lifecycle", "engagement")
    ]
    labels = []
    for build in (1, 2):
        # The same people and acts arrive in another order, so every integer is another.
        chance = random.Random(7)
        acts = [
            (
                f"p{chance.randrange(20)}",
                chance.choice(KINDS),
                chance.randrange(700),
            )
            for _ in range(300)
        ]
        town = Town(tmp_path / str(build))
        names = [f"p{number}" for number in range(20)]
        random.Random(build).shuffle(names)
        random.Random(build).shuffle(acts)
        town.add(*names)
        for name in names:
            for kind in KINDS:
                ages = [age for who, what, age in acts if (who, what) == (name, kind)]
                if ages:
                    town.act(name, kind, *ages, amount_minor=100 if kind == "order" else None)
        town.run(sets)
        labels.append({one.name: town.segments(one.name) for one in sets})

    assert labels[0] == labels[1]
    assert len(labels[0]["rfm"]) > 15


def test_nobody_allowed_for_want_of_a_signed_assessment_says_what_helps_once_it_is(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.warehouse.connection.execute("UPDATE permission SET verdict = 'DENY', reason = 'LIA_MISSING'")
    assert town.run(BUYERS, SEGMENTS).sets[0].notes == (
        'purpose "segmentation" allows nobody',
        "its assessment was not signed when consent was last decided; once it is:  consentric pull",
    )
