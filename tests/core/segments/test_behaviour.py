"""What people bought, where and with coupons, and what they look at now: measures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consentric.segments.assembly import assemble
from consentric.segments.explain import explain
from consentric.segments.explanation import NearestChange, SetExplanation
from consentric.segments.rule_parser import parse_rule
from consentric.segments.rule_tokens import RuleError
from consentric.segments.rule_tree import Comparison, Constant, Measure
from consentric.segments.settings import IntentSettings, SegmentSetSettings, SegmentSettings, Texts

from .people import Town

SET = SegmentSetSettings(name="own", purpose="segmentation", allow_other=True)
NAMES = Texts(fr="x", en="x")
MEASURES = "SELECT aov_minor, redemptions, redeemed_percent, categories, intent, bounces FROM measure"

Takes = Callable[..., list[str]]


def by_rule(rule: str) -> SegmentSettings:
    return SegmentSettings(set="own", key="yes", name=NAMES, when=rule)


@pytest.fixture
def takes(town: Town) -> Takes:
    """Names of the people whom a rule takes, where the engine and the explanation agree about everybody."""

    def names(rule: str, **options: Any) -> list[str]:
        town.run(SET, [by_rule(rule)], **options)
        taken = sorted(town.segments("own"))
        for (name,) in town.rows("SELECT pid[4:] FROM subject"):
            assert told(town, name, rule).rules[-1].holds == (name in taken), name
        return taken

    return names


def told(town: Town, name: str, rule: str) -> SetExplanation:
    [found] = explain(town.warehouse, assemble([SET], [by_rule(rule)]), f"p1.{name}")
    return found


def test_a_buyer_with_coupons_and_baskets(town: Town) -> None:
    town.add("ann")
    town.order("ann", 40, 1000, category="wine")  # a coupon on this day
    town.order("ann", 40, 500, category="wine")  # the same day: one day with an order
    town.order("ann", 20, 2501, category="cheese")
    town.order("ann", 10, 1000)
    town.act("ann", "redemption", 40, 5)
    town.act("ann", "bounce", 3)

    town.run(SET, [by_rule("orders = 0")])

    # 5001 by 4 orders is 1250 and a quarter; 1 of 3 days had a coupon
    assert town.rows(MEASURES) == [(1250, 2, 33, 2, 0, 1)]


def test_who_never_bought_has_no_average_and_no_share(town: Town) -> None:
    town.add("ann")
    town.act("ann", "redemption", 1)

    town.run(SET, [by_rule("orders = 0")])

    assert town.rows(MEASURES) == [(None, 1, None, 0, 0, 0)]


def test_an_average_below_nothing_loses_its_fraction_too(town: Town) -> None:
    town.add("ann")
    town.order("ann", 9, 100)
    town.order("ann", 8, 100)
    town.act("ann", "refund", 3, amount_minor=-305, currency="EUR")

    town.run(SET, [by_rule("orders = 0")])

    assert town.rows("SELECT aov_minor FROM measure") == [(-52,)]  # -105 by 2


def test_intent_halves_every_three_days_and_machines_have_none(town: Town) -> None:
    town.add("ann", "robot", "idle")
    town.act("ann", "cart", 0, 3)  # 10 + 5
    town.act("ann", "search", 6)  # 1.25
    town.act("ann", "visit", 3)  # 1
    town.act("robot", "visit", 0, 0, machine=True)
    town.order("idle", 1)

    town.run(SET, [by_rule("intent >= 17.25")])
    assert town.segments("own") == {"ann": "yes"}
    assert sorted(town.rows("SELECT intent FROM measure")) == [(0,), (0,), (17_250_000,)]

    town.run(SET, [by_rule("intent > 17.25")])
    assert town.segments("own") == {}


def test_what_counts_as_intent_is_the_operators_choice(town: Town, takes: Takes) -> None:
    town.add("ann")
    town.act("ann", "form", 7)
    intent = IntentSettings(weights={"form": 8}, half_life_days=7)

    assert takes("intent = 4", intent=intent) == ["ann"]
    assert takes("intent = 0") == ["ann"]


def test_intent_shows_its_value_and_the_nearest_change(town: Town) -> None:
    town.add("ann")
    town.act("ann", "cart", 3)
    town.run(SET, [by_rule("intent >= 8")])

    found = told(town, "ann", "intent >= 8")

    assert [(one.name, one.value) for one in found.inputs] == [("intent", 5_000_000)]
    assert found.nearest == (NearestChange(input="intent", now=5_000_000, then=8_000_000, segment="yes"),)


def test_categories_and_connections_of_orders_are_names_with_several_values(town: Town, takes: Takes) -> None:
    town.add("ann", "bob", "cat", "dan")
    town.add("ann", account="shop")
    town.order("ann", 9, category="wine")
    town.order("ann", 8, category="cheese", account="shop")
    town.order("bob", 7, category="cheese")
    town.order("cat", 6)
    town.act("dan", "visit", 1, category="wine")  # looked at, not bought
    taken = {
        'bought_category = "wine"': ["ann"],
        'bought_category in ("wine", "cheese")': ["ann", "bob"],
        'bought_category != "wine"': ["bob"],
        'not bought_category = "wine"': ["bob", "cat", "dan"],
        'bought_from = "shop"': ["ann"],
        'bought_from not in ("shop")': ["bob", "cat"],
        'categories >= 2 and bought_from = "crm"': ["ann"],
    }
    sets = [SET.model_copy(update={"name": f"own{number}"}) for number, _ in enumerate(taken)]
    segments = [
        by_rule(rule).model_copy(update={"set": one.name}) for one, rule in zip(sets, taken, strict=True)
    ]

    town.run(sets, segments, purchase_sources=["crm", "shop"])

    assert [sorted(town.segments(one.name)) for one in sets] == list(taken.values())
    for name in ("ann", "bob", "cat", "dan"):
        explained = explain(town.warehouse, assemble(sets, segments), f"p1.{name}")
        assert [found.rules[-1].holds for found in explained] == [name in names for names in taken.values()]


def test_orders_of_a_connection_that_does_not_count_are_no_purchases_here_either(
    town: Town, takes: Takes
) -> None:
    town.add("ann")
    town.add("ann", account="shop")
    town.order("ann", 9, category="wine", account="shop")

    assert takes('bought_from = "shop" or categories > 0', purchase_sources=["crm"]) == []


def test_a_field_and_a_purchase_stand_in_one_rule(town: Town, takes: Takes) -> None:
    town.add("ann", "bob")
    town.describe("ann", city="Lyon")
    town.describe("bob", city="Lyon")
    town.order("bob", 3, category="wine")
    segment = by_rule('city = "Lyon" and bought_category = "wine"')

    town.run(SET, [segment], attributes=["city"])

    assert town.segments("own") == {"bob": "yes"}


def test_an_explanation_shows_what_was_bought(town: Town) -> None:
    town.add("ann")
    town.order("ann", 3, category="wine")
    town.order("ann", 2, category="bread")
    rule = 'bought_category = "tea" or bought_from = "shop"'
    town.run(SET, [by_rule(rule)])

    found = told(town, "ann", rule)

    assert [(one.name, one.value) for one in found.inputs] == [
        ("bought_category", ("bread", "wine")),
        ("bought_from", ("crm",)),
    ]


def test_points_have_six_decimals_and_are_compared_with_points_only() -> None:
    assert parse_rule("intent > 0.5") == Comparison(
        Measure("intent", "points"), ">", Constant("points", 500_000), ""
    )
    assert parse_rule("2 * intent > 9").left.factor == 2  # type: ignore[union-attr] # a comparison of measures
    with pytest.raises(RuleError, match="at most 6 decimals"):
        parse_rule("intent > 0.1234567")
    with pytest.raises(RuleError, match="a points cannot be compared with a number"):
        parse_rule("intent > orders")
