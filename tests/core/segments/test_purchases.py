"""What a purchase is: counted once, net of refunds, in one currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from consentric.sdk.errors import ConfigError
from consentric.segments.rates import Rate, rate_rows, read_rates
from consentric.segments.settings import SegmentSetSettings

from .people import Town, days_ago

RFM = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")
MEASURES = "SELECT orders, spent_minor, unpriced, first_order, last_order FROM measure"


def test_orders_of_one_person_are_counted_and_summed(town: Town) -> None:
    town.add("ann")
    town.order("ann", 100, 1250)
    town.order("ann", 10, 500)

    town.run(RFM)

    assert town.rows(MEASURES) == [(2, 1750, 0, days_ago(100), days_ago(10))]


def test_days_with_an_order_and_what_came_after_the_first_of_them_are_measured(town: Town) -> None:
    town.add("ann", "bob", "eve")
    town.order("ann", 100, 1000, category="tea")
    town.order("ann", 100, 200, category="cups")
    town.order("ann", 40, 300, category="tea")
    town.order("ann", 40, 50)
    town.order("ann", 10, 7)
    town.order("bob", 100, 1000)

    town.run(RFM)

    measured = (
        "SELECT pid[4:], order_days, repeat_minor, categories FROM measure JOIN subject USING (subject)"
    )
    assert sorted(town.rows(measured)) == [("ann", 3, 357, 2), ("bob", 1, 0, 0), ("eve", 0, 0, 0)]


def test_an_order_after_the_day_of_the_run_does_not_count(town: Town) -> None:
    town.add("ann")
    town.order("ann", 10, 500)
    town.order("ann", -1, 900)

    town.run(RFM)

    assert town.rows(MEASURES) == [(1, 500, 0, days_ago(10), days_ago(10))]


def test_one_order_number_in_two_sources_is_one_purchase_and_the_first_source_wins(town: Town) -> None:
    for account in ("crm", "shop"):
        town.add("ann", account=account)
    town.order("ann", 10, 500, account="crm", order_number="A1")
    town.order("ann", 11, 600, account="shop", order_number="A1")
    town.order("ann", 12, 700, account="shop", order_number="A2")

    town.run(RFM, purchase_sources=["shop", "crm"])
    first = town.rows(MEASURES)
    town.run(RFM, purchase_sources=["crm", "shop"])

    assert first == [(2, 1300, 0, days_ago(12), days_ago(11))]
    assert town.rows(MEASURES) == [(2, 1200, 0, days_ago(12), days_ago(10))]


def test_orders_of_an_account_that_is_not_named_are_left_out(town: Town) -> None:
    for account in ("crm", "shop"):
        town.add("ann", account=account)
    town.order("ann", 10, 500, account="crm")
    town.order("ann", 11, 600, account="shop")

    town.run(RFM, purchase_sources=["shop"])

    assert town.rows(MEASURES) == [(1, 600, 0, days_ago(11), days_ago(11))]


def test_two_accounts_with_orders_and_none_named_are_refused(town: Town) -> None:
    for account in ("crm", "shop"):
        town.add("ann", account=account)
    town.order("ann", 10, 500, account="crm")
    town.order("ann", 11, 600, account="shop")

    with pytest.raises(ConfigError, match="2 connections hold orders") as caught:
        town.run(RFM)

    assert "[purchases] from" in caught.value.hint
    assert town.rows("FROM measure") == []


def test_a_refund_lowers_the_amount_and_a_full_one_takes_the_order_out(town: Town) -> None:
    town.add("ann", "bob", "cat")
    town.order("ann", 100, 1000, order_number="A1")
    town.order("ann", 50, 3000, order_number="A2")
    town.act("ann", "refund", 40, amount_minor=-400, currency="EUR", order_number="A2")
    town.order("bob", 100, 1000, order_number="B1")
    town.order("bob", 50, 3000, order_number="B2")
    town.act("bob", "refund", 40, amount_minor=-3000, currency="EUR", order_number="B2")
    town.order("cat", 50, 3000, order_number="C1")
    town.act("cat", "refund", 40, amount_minor=-3000, currency="EUR", order_number="C1")

    report = town.run(RFM)

    assert town.rows(f"{MEASURES} ORDER BY subject") == [
        (2, 3600, 0, days_ago(100), days_ago(50)),
        (1, 1000, 0, days_ago(100), days_ago(100)),
        (0, 0, 0, None, None),
    ]
    assert report.sets[0].notes[0] == "1 people without an order have no score"


def test_a_refund_dated_after_the_run_does_not_count_yet(town: Town) -> None:
    town.add("ann")
    town.order("ann", 10, 3000, order_number="A1")
    town.act("ann", "refund", -5, amount_minor=-3000, currency="EUR", order_number="A1")

    town.run(RFM)

    assert town.rows(MEASURES) == [(1, 3000, 0, days_ago(10), days_ago(10))]


def test_another_currency_is_left_out_of_the_amount_and_counted(town: Town) -> None:
    town.add("ann")
    town.order("ann", 10, 1000)
    town.order("ann", 5, 99900, currency="USD")

    report = town.run(RFM)

    assert town.rows(MEASURES) == [(2, 1000, 1, days_ago(10), days_ago(5))]
    assert (
        "1 order or refund is left out of the amounts: no rate for USD on the day; set one in [money] rates"
    ) in report.sets[0].notes


def test_another_currency_is_converted_at_the_rate_of_its_day(town: Town) -> None:
    town.add("ann")
    for age, amount in ((30, 1000), (20, 1001), (10, -1001)):
        town.act("ann", "order", age, amount_minor=amount, currency="USD")
    rates = [
        Rate(currency="USD", day=days_ago(25), rate=Decimal("0.5")),
        Rate(currency="USD", day=days_ago(15), rate=Decimal("2")),
    ]

    town.run(RFM, rates=rates)

    # 30 days ago: no rate yet; 20 days ago: 1001 * 0.5 = 500.5, half away from zero; then -1001 * 2.
    assert town.rows("SELECT spent_minor, unpriced FROM measure") == [(501 - 2002, 1)]


def test_rates_mind_the_decimals_of_both_currencies() -> None:
    rates = [Rate(currency="JPY", day=date(2026, 1, 1), rate=Decimal("0.0061"))]
    # 1 yen = 0.0061 EUR = 0.61 cent
    assert list(rate_rows(rates, "EUR"))[1] == ("JPY", date(2026, 1, 1), date.max, 610_000_000)


def test_a_large_amount_is_converted_to_the_last_cent(town: Town) -> None:
    town.add("ann")
    town.act("ann", "order", 1, amount_minor=12_345_678_901_235, currency="USD")

    town.run(RFM, rates=[Rate(currency="USD", day=days_ago(9), rate=Decimal("1.1"))])

    assert town.rows("SELECT spent_minor FROM measure") == [(13_580_246_791_359,)]  # 13_580_246_791_358.5


def test_a_rates_file_is_read_and_each_bad_line_named(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("currency,day,rate\nusd,2026-01-01,0.92\n")
    assert read_rates(path) == [Rate(currency="USD", day=date(2026, 1, 1), rate=Decimal("0.92"))]

    path.write_text("currency,day,rate\nusd,2026-13-01,0.92\nusd,2026-01-01,0\nusd,2026-01-01,1\n")
    with pytest.raises(ConfigError) as caught:
        read_rates(path)
    assert [fault.where for fault in caught.value.faults] == ["rates.csv:2", "rates.csv:3"]


def test_the_cadence_is_the_median_gap_between_days_with_an_order(town: Town) -> None:
    town.add("ann", "bob", "cat")
    for age in (100, 90, 70, 69, 69):  # gaps 10, 20, 1: median 10
        town.order("ann", age)
    for age in (100, 90, 85):  # gaps 10 and 5: median 7.5
        town.order("bob", age)
    for age in (100, 90, 90):  # two days only
        town.order("cat", age)

    town.run(RFM)

    assert town.rows("SELECT own_cadence FROM measure ORDER BY subject") == [(10,), (8,), (None,)]


def test_a_merged_record_brings_its_orders_to_the_person(town: Town) -> None:
    import pyarrow as pa

    from consentric.warehouse import intake

    from .people import rref

    town.add("ann", "old")
    town.order("ann", 10)
    town.order("old", 20)
    town.run(RFM)
    moves = pa.Table.from_pylist([{"rref": rref("old", "crm"), "pid": "p1.ann"}], schema=intake.MOVES)
    town.warehouse.regroup(moves)
    town.warehouse.merge_records([rref("old", "crm")])

    town.run(RFM)

    assert town.rows("SELECT orders, last_order FROM measure") == [(2, days_ago(10))]
