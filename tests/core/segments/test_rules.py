"""The rule language: what it reads, what it refuses and where, and that the engine and Python agree."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentric.segments.rule_names import MEASURES
from consentric.segments.rule_parser import parse_rule
from consentric.segments.rule_tokens import RuleError
from consentric.segments.rule_tree import (
    And,
    Attribute,
    Comparison,
    Constant,
    Flag,
    Measure,
    Member,
    Not,
    Or,
    Within,
)
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts

from .people import Town

SET = SegmentSetSettings(name="own", purpose="segmentation", allow_other=True)
NAMES = Texts(fr="x", en="x")
SIGNS = "and or not in within days ( ) , 3 2.5 * - = >= 'x' 2026-01-31"


def takes(town: Town, rule: str, *attributes: str) -> list[str]:
    """Names of the people whom the rule takes."""
    segment = SegmentSettings(set="own", key="yes", name=NAMES, when=rule)
    town.run(SET, [segment], attributes=attributes)
    return sorted(town.segments("own"))


def fault_of(rule: str) -> RuleError | None:
    try:
        parse_rule(rule, attributes=["city"])
    except RuleError as error:
        return error
    return None


def test_precedence_is_not_before_and_before_or() -> None:
    orders, spent, left = (
        Measure("orders", "number"),
        Measure("spent", "money"),
        Measure("unsubscribed", "flag"),
    )
    assert parse_rule("orders = 1 or not unsubscribed and spent > 12.50") == Or(
        (
            Comparison(orders, "=", Constant("number", 1), ""),
            And((Not(Flag(left, "")), Comparison(spent, ">", Constant("money", 1250), ""))),
        )
    )
    assert parse_rule("(orders = 1 or unsubscribed) AND orders = 2") == And(
        (
            Or((Comparison(orders, "=", Constant("number", 1), ""), Flag(left, ""))),
            Comparison(orders, "=", Constant("number", 2), ""),
        )
    )


def test_each_kind_of_clause_is_read() -> None:
    last = Measure("last_order", "date")
    assert parse_rule("last_order within 90 days") == Within(last, 90, "")
    assert parse_rule("last_order >= 2026-01-31") == Comparison(
        last, ">=", Constant("date", date(2026, 1, 31)), ""
    )
    assert parse_rule("3 * own_cadence < days_since_last_order") == Comparison(
        Measure("own_cadence", "number", 3), "<", Measure("days_since_last_order", "number"), ""
    )
    assert parse_rule("2 < orders") == Comparison(Measure("orders", "number"), ">", Constant("number", 2), "")
    assert parse_rule("orders not in (1, 2)") == Member(
        Measure("orders", "number"), (Constant("number", 1), Constant("number", 2)), True, ""
    )
    assert parse_rule("city in ('Lyon', \"L'Isle\")", attributes=["city"]) == Member(
        Attribute("city"), (Constant("text", "Lyon"), Constant("text", "L'Isle")), False, ""
    )


def test_a_clause_keeps_its_text_on_one_line() -> None:
    rule = parse_rule("orders\n   >=  3")
    assert isinstance(rule, Comparison)
    assert rule.text == "orders >= 3"


def test_amounts_follow_the_decimals_of_the_reporting_currency() -> None:
    rule = parse_rule("spent >= 1500", money_exponent=0)
    assert isinstance(rule, Comparison)
    assert rule.right == Constant("money", 1500)
    with pytest.raises(RuleError, match="at most 0 decimals"):
        parse_rule("spent >= 15.5", money_exponent=0)


@pytest.mark.parametrize(
    ("rule", "line", "column", "message", "hint"),
    [
        ("", 1, 1, "the rule is empty", ""),
        ("order >= 3", 1, 1, 'no measure or attribute "order"', 'did you mean "orders"?'),
        (
            "orders >= 3\nand day_since_last_order > 5",
            2,
            5,
            "no measure",
            'did you mean "days_since_last_order"?',
        ),
        ("ctiy = 'Lyon'", 1, 1, "no measure or attribute", 'did you mean "city"?'),
        ("orders >= ", 1, 11, "the rule ends where", ""),
        ("orders", 1, 7, "where a comparison is expected", "orders >= 3"),
        ("orders 3", 1, 8, "where a comparison is expected", ""),
        ("orders >= 3 adn spent > 1", 1, 13, "not expected", 'did you mean "and"?'),
        ("last_order withn 30 days", 1, 12, "where a comparison is expected", 'did you mean "within"?'),
        ("last_order within 30", 1, 21, '"days" is missing', "within 90 days"),
        ("last_order within days", 1, 19, "a whole number of days", "within 90 days"),
        ("orders within 30 days", 1, 1, "only a day", "within 90 days"),
        ("orders >= 2.5", 1, 11, "a whole number is expected", ""),
        ("spent >= 2.505", 1, 10, "at most 2 decimals", ""),
        ("orders = 'three'", 1, 10, "a number cannot be compared with a text", ""),
        ("last_order > 30", 1, 14, "a date cannot be compared with a number", "2026-01-31"),
        ("last_order > 2026-02-30", 1, 14, "no such day", ""),
        ("city > 'Lyon'", 1, 6, "a text has no order", ""),
        ("city = Lyon", 1, 8, "no measure or attribute", ""),
        ("city = city", 1, 8, "in quotation marks", ""),
        ("spent > orders", 1, 9, "a money cannot be compared with a number", ""),
        ("1 = 1", 1, 1, "two constants", ""),
        ("unsubscribed = 1", 1, 16, "cannot be compared with a number", ""),
        ("orders in 1", 1, 11, '"(" is missing', ""),
        ("orders in (1, spent)", 1, 15, "constants only", ""),
        ("(orders = 1", 1, 12, '")" is missing', ""),
        ("orders = 1)", 1, 11, "not expected", ""),
        ("city = 'Lyon", 1, 8, "cannot hold", "closing quotation mark"),
        ("orders; drop table subject", 1, 7, "cannot hold ';'", ""),
        ("__import__('os') = 1", 1, 1, "no measure or attribute", ""),
        ("2.5 * orders > 1", 1, 1, "a whole number", ""),
        ("2 * last_order > 1", 1, 1, "only a number can be multiplied", ""),
        ("orders = 3 or", 1, 14, "the rule ends where", ""),
        ("and orders = 3", 1, 1, '"and" stands where', ""),
        ("orders = 99999999999999999999", 1, 10, "too large", ""),
    ],
)
def test_a_fault_is_named_with_its_place(rule: str, line: int, column: int, message: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(rule, attributes=["city"])

    assert message in caught.value.message
    assert hint in caught.value.hint
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_rule_cannot_nest_or_grow_without_end() -> None:
    with pytest.raises(RuleError, match="at most 50 deep"):
        parse_rule("(" * 2000 + "orders = 1" + ")" * 1000)
    with pytest.raises(RuleError, match="at most 50 deep"):
        parse_rule("not " * 900 + "orders = 1")
    with pytest.raises(RuleError, match="at most 4000 characters"):
        parse_rule("orders = 1 or " * 400 + "orders = 2")


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from([*MEASURES, "city", *SIGNS.split(), "\n"]),
            max_size=14,
        ).map(" ".join),
    )
)
def test_any_text_is_a_rule_or_a_fault_with_a_place(text: str) -> None:
    error = fault_of(text)
    assert error is None or (1 <= error.line <= text.count("\n") + 1 and error.column >= 1)


def test_the_example_of_the_guide_takes_who_bought_longer_ago_than_three_cadences(town: Town) -> None:
    town.add("late", "regular")
    for age in (61, 41, 21):  # cadence 20, 21 days ago
        town.order("regular", age)
    for age in (101, 81, 61):  # cadence 20, 61 days ago
        town.order("late", age)

    assert takes(town, "days_since_last_order > 3 * own_cadence") == ["late"]


def test_own_cadence_falls_back_to_the_usual_one(town: Town) -> None:
    town.add("once")
    town.order("once", 271)

    assert takes(town, "days_since_last_order > 3 * own_cadence") == ["once"]
    assert takes(town, "own_cadence = 90") == ["once"]
    assert takes(town, "own_cadence = 91") == []


def test_a_missing_value_makes_a_clause_false_and_its_negation_true(town: Town) -> None:
    town.add("buyer", "looker")
    town.order("buyer", 10)

    assert takes(town, "days_since_last_order > 5") == ["buyer"]
    assert takes(town, "days_since_last_order <= 5") == []
    assert takes(town, "not days_since_last_order > 5") == ["looker"]
    assert takes(town, "days_since_last_order not in (1, 2)") == ["buyer"]
    assert takes(town, "not (last_order within 9999 days)") == ["looker"]


@pytest.mark.parametrize(("days", "taken"), [(29, []), (30, ["ann"]), (31, ["ann"])])
def test_within_counts_the_last_day_in(town: Town, days: int, taken: list[str]) -> None:
    town.add("ann")
    town.order("ann", 30)

    assert takes(town, f"last_order within {days} days") == taken


def test_an_attribute_holds_if_any_live_record_says_so(town: Town) -> None:
    from .people import rref

    town.add("ann", "bob", "cat", "dan")
    town.add("ann", account="shop")
    town.describe("ann", city="Lyon")
    town.describe("ann", account="shop", city="Nantes")
    town.describe("bob", city="Nantes")
    town.describe("cat", city="Lyon", band="30-39")
    town.describe("dan", band="30-39")
    town.add("cat", account="shop")
    town.warehouse.merge_records([rref("cat", "crm")])

    assert takes(town, "city = 'Lyon'", "city") == ["ann"]
    assert takes(town, "city != 'Lyon'", "city") == ["bob"]
    assert takes(town, "city in ('Lyon', 'Nantes')", "city") == ["ann", "bob"]
    assert takes(town, "city not in ('Lyon', 'Paris')", "city") == ["bob"]
    assert takes(town, "not city = 'Lyon'", "city") == ["bob", "cat", "dan"]


def test_a_text_with_a_quote_is_a_value_and_never_sql(town: Town) -> None:
    town.add("ann")
    town.describe("ann", city="L'Isle' OR '1'='1")

    assert takes(town, "city = \"L'Isle' OR '1'='1\"", "city") == ["ann"]
    assert takes(town, "city = \"x' OR '1'='1\"", "city") == []


def test_the_first_segment_whose_rule_holds_wins_and_otherwise_takes_the_rest(town: Town) -> None:
    town.add("two", "one", "none")
    town.order("two", 5)
    town.order("two", 6)
    town.order("one", 5)
    rows = [("many", "orders >= 2", False), ("some", "orders >= 1", False), ("rest", None, True)]
    segments = [
        SegmentSettings(set="own", key=key, name=NAMES, when=when, otherwise=rest) for key, when, rest in rows
    ]

    report = town.run(SegmentSetSettings(name="own", purpose="segmentation"), segments)

    assert town.segments("own") == {"none": "rest", "one": "some", "two": "many"}
    assert report.sets[0].sizes == {"many": 1, "some": 1, "rest": 1}


def test_spent_is_compared_in_the_reporting_currency(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 5, 4999)
    town.order("bob", 5, 5000)

    assert takes(town, "spent >= 50") == ["bob"]
    assert takes(town, "spent > 49.98 and spent < 50.00") == ["ann"]


def test_dates_compare_by_calendar_day(town: Town) -> None:
    town.add("ann")
    town.order("ann", 10)
    day = date(2026, 6, 30) - timedelta(days=10)

    assert takes(town, f"first_order = {day}") == ["ann"]
    assert takes(town, f"first_order < {day}") == []
    assert takes(town, "first_order = last_order") == ["ann"]
