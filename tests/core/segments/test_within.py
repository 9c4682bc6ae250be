"""Sub-segments: a set whose people are those of segments of other sets."""

from __future__ import annotations

from consentric.segments.assembly import assemble
from consentric.segments.checks import validate_sets
from consentric.segments.explain import explain
from consentric.segments.sets import in_order
from consentric.segments.settings import (
    ChannelSettings,
    EngagementSettings,
    SegmentSetSettings,
    SegmentSettings,
    Texts,
)

from .people import Town

NAMES = Texts(fr="x", en="x")
BUYERS = SegmentSetSettings(name="buyers", purpose="segmentation")
SEGMENTS = [
    SegmentSettings(set="buyers", key="many", name=NAMES, when="orders >= 2"),
    SegmentSettings(set="buyers", key="one", name=NAMES, when="orders = 1"),
    SegmentSettings(set="buyers", key="none", name=NAMES, otherwise=True),
]
CLICKS = EngagementSettings(channels={"email": ChannelSettings(weights={"click": 10})})
HEAT = SegmentSetSettings(name="heat", purpose="segmentation", method="engagement", engagement=CLICKS)


def sub_set(*within: str, name: str = "sub", method: str | None = "rfm") -> SegmentSetSettings:
    return SegmentSetSettings.model_validate(
        {"name": name, "purpose": "segmentation", "method": method, "within": within}
    )


def people(town: Town) -> None:
    """Two with two orders, one with one, one with none; bob alone clicked."""
    town.add("ann", "bob", "cat", "dan")
    for name, age in (("ann", 10), ("ann", 9), ("bob", 5), ("bob", 4), ("cat", 1)):
        town.order(name, age)
    town.act("bob", "click", 0)
    town.act("cat", "click", 0)


def test_only_people_of_the_named_segments_take_part_and_are_ranked_among_themselves(town: Town) -> None:
    people(town)

    # Written before the set that it is within: the order of the configuration does not matter.
    report = town.run([sub_set("buyers.many"), BUYERS], SEGMENTS)

    sub, buyers = report.sets
    assert (sub.name, sub.population, sum(sub.sizes.values())) == ("sub", 2, 2)
    assert (buyers.name, buyers.population, buyers.sizes) == ("buyers", 4, {"many": 2, "one": 1, "none": 1})
    # Of two, bob is the more recent; cat, more recent than both, does not count.
    scores = town.rows(
        "SELECT pid[4:], r_score FROM score JOIN subject USING (subject) WHERE \"set\" = 'sub'"
    )
    assert sorted(scores) == [("ann", 1), ("bob", 3)]


def test_segments_of_one_set_are_joined_and_those_of_two_sets_crossed(town: Town) -> None:
    people(town)
    any_of_two = sub_set("buyers.one", "buyers.many", name="anyof", method="lifecycle")
    both = sub_set("buyers.one", "buyers.many", "heat.band_3", name="both", method="lifecycle")

    town.run([BUYERS, HEAT, any_of_two, both], SEGMENTS)

    assert sorted(town.segments("anyof")) == ["ann", "bob", "cat"]
    assert sorted(town.segments("both")) == ["bob", "cat"]


def test_whoever_leaves_the_outer_segment_leaves_the_inner_set_in_the_same_run(town: Town) -> None:
    people(town)
    inner = sub_set("buyers.one", method="lifecycle")
    town.run([BUYERS, inner], SEGMENTS)
    town.order("cat", 0)

    report = town.run([BUYERS, inner], SEGMENTS)

    assert (report.sets[1].population, report.sets[1].left) == (0, 1)
    assert report.sets[1].notes == ("nobody is in buyers.one",)
    assert town.segments("sub") == {}


def test_a_set_within_a_set_within_a_set(town: Town) -> None:
    people(town)
    middle = HEAT.model_copy(update={"name": "middle", "within": ("buyers.many",)})
    inner = sub_set("middle.band_3", method="lifecycle")

    town.run([inner, middle, BUYERS], SEGMENTS)

    assert town.segments("sub") == {"bob": "new"}  # 10 points of 10: band 3; a first order five days ago


def test_rules_are_asked_within_a_segment_too(town: Town) -> None:
    people(town)
    rules = sub_set("buyers.many", method=None)
    asked = [
        SegmentSettings(set="sub", key="clicked", name=NAMES, when="last_click within 9 days"),
        SegmentSettings(set="sub", key="silent", name=NAMES, otherwise=True),
    ]

    town.run([BUYERS, rules], [*SEGMENTS, *asked])

    assert town.segments("sub") == {"ann": "silent", "bob": "clicked"}


def test_an_explanation_names_the_outer_segments(town: Town) -> None:
    people(town)
    sets = [BUYERS, sub_set("buyers.many", method="lifecycle")]
    town.run(sets, SEGMENTS)

    _, inside = explain(town.warehouse, assemble(sets, SEGMENTS), "p1.ann")
    _, outside = explain(town.warehouse, assemble(sets, SEGMENTS), "p1.cat")

    assert (inside.within, inside.segment) == (("buyers.many",), "new")
    assert (outside.within, outside.segment, outside.inputs) == (("buyers.many",), None, ())


def test_faults_of_within_are_named() -> None:
    other = BUYERS.model_copy(update={"purpose": "email_marketing"})
    sets = assemble(
        [
            BUYERS,
            sub_set("buyers.mny", name="typo"),
            sub_set("right.band_1", name="left", method="engagement"),
            sub_set("left.band_1", name="right", method="engagement"),
        ],
        SEGMENTS,
    )
    assert [(fault.message, fault.hint) for fault in validate_sets(sets)] == [
        ('within: no segment is named "buyers.mny"', 'did you mean "buyers.many"?'),
        ("sets are within each other: left, right", ""),
    ]
    [fault] = validate_sets(assemble([other, sub_set("buyers.one")], SEGMENTS))
    assert fault.message == 'within: set "buyers" is computed for another purpose than "segmentation"'
    assert validate_sets(assemble([sub_set("buyers.one")], []), unsure=["buyers"]) == []
    assert validate_sets(assemble([sub_set("sub.new")], []))[0].message == "sets are within each other: sub"


def test_sets_are_computed_in_their_order_where_nothing_asks_for_another() -> None:
    names = [one.name for one in in_order(assemble([HEAT, BUYERS, sub_set("buyers.one")], SEGMENTS))]
    assert names.index("sub") > names.index("buyers")
