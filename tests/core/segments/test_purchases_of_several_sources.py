"""One purchase once: what three sources tell of the same buyers, and what a double never changes."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest

from consentric.segments.rates import Rate
from consentric.segments.settings import SegmentSetSettings

from .people import Town, days_ago

RFM = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm", allow_other=True)
SOURCES = ("crm", "shop", "till")
MEASURES = """SELECT pid[4:], orders, spent_minor, unpriced, last_order
              FROM measure JOIN subject USING (subject) ORDER BY 1"""
SCORES = (
    """SELECT pid[4:], r_score, f_score, m_score, cell FROM score JOIN subject USING (subject) ORDER BY 1"""
)


def open_town(folder: Path, *names: str) -> Town:
    town = Town(folder)
    for account in SOURCES:
        town.add(*names, account=account)
    return town


def test_six_buyers_over_three_sources_worked_out_by_hand(tmp_path: Path) -> None:
    # crm is listed first, then shop, then till. Amounts in cents; 1 yen is 0.0061 EUR; francs have no rate.
    #
    # buyer  number  crm            shop                till        counts as
    # ann    A1      100.00 @40     101.00 @41          99.00 @42   one order of 100.00, 40 days ago
    # bob    B1                     50.00 @30, -50 @20              none: refunded in full, and 0.00
    #        B2                                         20.00 @90   20.00, 90 days ago
    # cat    C1      5000 yen @10   30.00 @10                       5000 * 0.0061 = 30.50, 10 days ago
    # dan    D1                     80 francs @5                    an order; its amount is left out
    #        D2                     10.00 @6                        10.00: two orders, the last 5 days ago
    # eve    E1, E2  10.00 @7                           10.00 @7    two numbers of one day: two orders, 20.00
    # fay    F1      60.00 @15      60.00 @15, -15 @3               60.00 - 15.00 = 45.00, 15 days ago
    town = open_town(tmp_path, "ann", "bob", "cat", "dan", "eve", "fay")
    town.order("ann", 40, 10000, account="crm", order_number="A1")
    town.order("ann", 41, 10100, account="shop", order_number="A1")
    town.order("ann", 42, 9900, account="till", order_number="A1")
    town.order("bob", 30, 5000, account="shop", order_number="B1")
    town.act("bob", "refund", 20, account="shop", amount_minor=-5000, currency="EUR", order_number="B1")
    town.order("bob", 90, 2000, account="till", order_number="B2")
    town.order("cat", 10, 5000, account="crm", order_number="C1", currency="JPY")
    town.order("cat", 10, 3000, account="shop", order_number="C1")
    town.order("dan", 5, 8000, account="shop", order_number="D1", currency="CHF")
    town.order("dan", 6, 1000, account="shop", order_number="D2")
    town.order("eve", 7, 1000, account="crm", order_number="E1")
    town.order("eve", 7, 1000, account="till", order_number="E2")
    town.order("fay", 15, 6000, account="crm", order_number="F1")
    town.order("fay", 15, 6000, account="shop", order_number="F1")
    town.act("fay", "refund", 3, account="shop", amount_minor=-1500, currency="EUR", order_number="F1")
    yen = Rate(currency="JPY", day=days_ago(400), rate=Decimal("0.0061"))

    report = town.run(RFM, purchase_sources=SOURCES, rates=[yen])

    assert town.rows(MEASURES) == [
        ("ann", 1, 10000, 0, days_ago(40)),
        ("bob", 1, 2000, 0, days_ago(90)),
        ("cat", 1, 3050, 0, days_ago(10)),
        ("dan", 2, 1000, 1, days_ago(5)),
        ("eve", 2, 2000, 0, days_ago(7)),
        ("fay", 1, 4500, 0, days_ago(15)),
    ]
    # Of six, w people are worse: the score is 1 + 5 * w // 6, so w = 0..5 gives 1, 1, 2, 3, 4, 5.
    # R, worst first: bob 90, ann 40, fay 15, cat 10, eve 7, dan 5.    F: 1, 1, 1, 1 then dan and eve (w = 4).
    # M, worst first: dan 10.00, bob and eve 20.00 (w = 1), cat 30.50 (w = 3), fay 45.00, ann 100.00.
    assert [row[:4] for row in town.rows(SCORES)] == [
        ("ann", 1, 1, 5),
        ("bob", 1, 1, 1),
        ("cat", 3, 1, 3),
        ("dan", 5, 4, 1),
        ("eve", 4, 4, 1),
        ("fay", 2, 1, 4),
    ]
    assert (
        "1 order or refund is left out of the amounts: no rate for CHF on the day; set one in [money] rates"
    ) in report.sets[0].notes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rfm_with_doubled_orders_equals_rfm_without(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    buyers = [f"b{n:03d}" for n in range(300)]
    once, doubled = open_town(tmp_path / "once", *buyers), open_town(tmp_path / "doubled", *buyers)
    for number, buyer in enumerate(buyers):
        for order in range(chance.choice((1, 1, 1, 2, 3, 8))):
            age, amount = chance.randrange(2, 700), chance.randrange(100, 20000)
            name = f"{number}-{order}"
            home = chance.choice(SOURCES)
            mirrors = chance.sample(
                SOURCES[SOURCES.index(home) + 1 :], k=chance.randrange(3 - SOURCES.index(home))
            )
            for town in (once, doubled):
                town.order(buyer, age, amount, account=home, order_number=name)
                if order % 4 == 3:  # every fourth order comes back, in part or as a whole
                    back = {"amount_minor": -amount // (1 + number % 2), "currency": "EUR"}
                    town.act(buyer, "refund", age - 1, account=home, order_number=name, **back)
            for mirror in mirrors:  # the same purchase, told a day late and with the delivery in it
                doubled.order(buyer, age - 1, amount + 490, account=mirror, order_number=name)

    for town in (once, doubled):
        town.run(RFM, purchase_sources=SOURCES)

    assert doubled.rows("SELECT count(*) FROM activity") > once.rows("SELECT count(*) FROM activity")
    assert doubled.rows(SCORES) == once.rows(SCORES)
    assert doubled.rows(MEASURES) == once.rows(MEASURES)
    assert doubled.segments("rfm5") == once.segments("rfm5")


def test_one_order_number_is_one_purchase_also_of_two_people_whom_nobody_joined(tmp_path: Path) -> None:
    town = open_town(tmp_path, "ann", "bob")
    town.order("ann", 10, 500, account="crm", order_number="A1")
    town.order("bob", 10, 500, account="shop", order_number="A1")
    town.act("bob", "refund", 2, account="shop", amount_minor=-200, currency="EUR", order_number="A1")

    town.run(RFM, purchase_sources=SOURCES)

    assert town.rows(MEASURES) == [("ann", 1, 300, 0, days_ago(10)), ("bob", 0, 0, 0, None)]


def test_a_refund_in_another_currency_takes_the_order_out_by_the_rates_of_both_days(tmp_path: Path) -> None:
    town = open_town(tmp_path, "ann", "bob")
    for name, back in (("ann", -1000), ("bob", -900)):
        town.order(name, 10, 2000, account="crm", order_number=name, currency="USD")
        refund = {"amount_minor": back, "currency": "EUR", "order_number": name}
        town.act(name, "refund", 2, account="shop", **refund)

    town.run(
        RFM, purchase_sources=SOURCES, rates=[Rate(currency="USD", day=days_ago(99), rate=Decimal("0.5"))]
    )

    # 20.00 USD are 10.00 EUR: ann got them back, bob all but 1.00.
    assert town.rows(MEASURES) == [("ann", 0, 0, 0, None), ("bob", 1, 100, 0, days_ago(10))]


def test_a_refund_that_cannot_be_compared_with_its_order_leaves_the_order_in(tmp_path: Path) -> None:
    town = open_town(tmp_path, "ann")
    town.order("ann", 10, 2000, account="crm", order_number="A1", currency="USD")
    refund = {"amount_minor": -5000, "currency": "EUR", "order_number": "A1"}
    town.act("ann", "refund", 2, account="shop", **refund)

    town.run(RFM, purchase_sources=SOURCES)

    assert town.rows(MEASURES) == [("ann", 1, -5000, 1, days_ago(10))]


def test_two_buyers_of_one_number_in_one_source_keep_their_own_refunds(tmp_path: Path) -> None:
    town = open_town(tmp_path, "ann", "bob")
    for name in ("ann", "bob"):
        town.order(name, 10, 500, account="crm", order_number="A1")
    refund = {"amount_minor": -500, "currency": "EUR", "order_number": "A1"}
    town.act("bob", "refund", 2, account="crm", **refund)

    town.run(RFM, purchase_sources=SOURCES)

    assert town.rows(MEASURES) == [("ann", 1, 500, 0, days_ago(10)), ("bob", 0, 0, 0, None)]
