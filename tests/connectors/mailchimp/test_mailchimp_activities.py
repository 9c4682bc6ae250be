"""Campaigns and orders as activities of members."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from consentric import Activity, Bookmark, Incomplete, RecordRef
from consentric_mailchimp import client as client_module
from consentric_mailchimp import directory

from .conftest import CLUB, JANUARY, NEWS, NOON

DAY = timedelta(days=1)
NAMES = ("ada", "bob", "cyd")


def mail(name: str) -> str:
    return f"{name}@example.org"


def read(connector: Any, since: Bookmark | None = None) -> list[Any]:
    (stream,) = [one for one in connector.streams() if one.kind == "activities"]
    return list(connector.read(stream, since))


def told(account: Any, records: list[Any]) -> list[tuple[str, str, str]]:
    """Kind, name and day of each activity."""
    names = {account.ref(mail(name)): name for name in NAMES if _is_there(account, name)}
    return [
        (one.kind, names[one.record], one.at.strftime("%m-%dT%H"))
        for one in records
        if isinstance(one, Activity)
    ]


def _is_there(account: Any, name: str) -> bool:
    return any(one.email == mail(name) for one in account.live.audiences[NEWS].members.values())


@pytest.fixture
def campaign(account: Any) -> str:
    """Sent to three people three days ago: two links, a bounce, a person who left."""
    for n, name in enumerate(NAMES):
        account.state.add_member(NEWS, mail(name), at=JANUARY + n * DAY)
    sent = NOON - 3 * DAY
    links = ["https://shop.example/a", "https://shop.example/b", "https://shop.example/c"]
    id: str = account.state.add_campaign(NEWS, "Spring", at=sent, id="c1", links=links)
    for name, outcome in zip(NAMES, ("sent", "sent", "soft"), strict=True):
        account.state.add_send(id, mail(name), outcome=outcome)
    for link in (0, 0, 1):
        account.state.add_click(id, mail("ada"), at=sent + DAY, link=link)
    account.state.add_open(id, mail("ada"), at=sent + DAY)
    account.state.add_open(id, mail("bob"), at=sent + DAY, is_proxy=True)
    account.state.add_unsubscribe(id, mail("bob"), at=sent + 2 * DAY)
    return id


def test_a_campaign_is_sent_bounced_clicked_and_left(account: Any, campaign: str) -> None:
    records = read(account.connector(activities=["campaigns"]))

    assert told(account, records) == [
        ("send", "ada", "06-12T12"),
        ("send", "bob", "06-12T12"),
        ("bounce", "cyd", "06-12T12"),
        # Two links; a click has no time in the report that does not mix it with opens.
        ("click", "ada", "06-12T12"),
        ("click", "ada", "06-12T12"),
        ("unsubscribe", "bob", "06-14T12"),
    ]
    activities = [one for one in records if isinstance(one, Activity)]
    assert {one.campaign for one in activities} == {"c1"}
    assert len({one.key for one in activities}) == 6
    assert records[-1] == Bookmark(watermark="2026-06-15T11:59:00.000Z")


def test_opens_are_not_asked_for_without_a_purpose_of_their_own(account: Any, campaign: str) -> None:
    read(account.connector(activities=["campaigns"]))

    assert not any("open" in path or "email-activity" in path for path in account.paths())
    assert not any("open" in one.one("fields") for one in account.asked)


def test_opens_with_their_purpose_tell_machines_apart(account: Any, campaign: str) -> None:
    context = {"purposes": frozenset({"email_tracking"})}

    records = read(account.connector(activities=["campaigns"], context=context))

    opens = [one for one in records if isinstance(one, Activity) and one.kind == "open"]
    assert [(one.record, one.machine) for one in opens] == [
        (account.ref(mail("ada")), False),
        (account.ref(mail("bob")), True),
    ]
    assert not any("email-activity" in path for path in account.paths())


def test_reports_of_recent_campaigns_are_read_again_but_not_who_they_went_to(
    account: Any, campaign: str
) -> None:
    old = account.state.add_campaign(NEWS, "Old", at=NOON - 40 * DAY)
    account.state.add_send(old, mail("ada"))
    connector = account.connector(activities=["campaigns"], report_days=30)

    records = read(connector, Bookmark(watermark="2026-06-15T12:00:00.000Z"))
    assert "send" in {kind for kind, _, _ in told(account, records)}, "it may still be going out"

    account.asked.clear()
    account.now += 5 * DAY
    records = read(connector, Bookmark(watermark="2026-06-20T12:00:00.000Z"))
    assert [kind for kind, _, _ in told(account, records)] == ["click", "click", "unsubscribe"]
    assert not any(old in path or path.endswith("/sent-to") for path in account.paths())


def test_a_first_read_goes_back_as_far_as_the_settings_say(account: Any, campaign: str) -> None:
    account.state.add_campaign(NEWS, "Ancient", at=NOON - 800 * DAY, id="c0")
    read(account.connector(activities=["campaigns"], history_days=365))

    assert not any("c0" in path for path in account.paths())


def test_campaigns_of_audiences_that_are_not_read_are_left_alone(account: Any, campaign: str) -> None:
    other = account.state.add_campaign(CLUB, "Club", at=NOON - DAY)

    read(account.connector(activities=["campaigns"]))

    assert not any(other in path for path in account.paths())


def test_who_is_not_in_the_audience_any_more_is_passed_over(account: Any, campaign: str) -> None:
    connector = account.connector(activities=["campaigns"])
    connector.check()
    for member in account.live.audiences[NEWS].members.values():
        if member.email == mail("ada"):
            member.status = "archived"
    account.live.audiences[NEWS].revision += 1

    assert {name for _, name, _ in told(account, read(connector))} == {"bob", "cyd"}


def test_many_people_cost_pages_and_few_a_call_each(
    account: Any, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(account.connector(activities=["campaigns"]))
    single = [path for path in account.paths() if path.startswith(f"/lists/{NEWS}/members/")]
    assert len(single) == 3

    account.asked.clear()
    monkeypatch.setattr(directory, "_FEW", 2)
    records = read(account.connector(activities=["campaigns"]))
    assert len(told(account, records)) == 6
    assert not any(path.startswith(f"/lists/{NEWS}/members/") for path in account.paths())


def test_a_report_of_a_campaign_that_was_deleted_meanwhile_is_empty(account: Any, campaign: str) -> None:
    later = account.state.add_campaign(NEWS, "Later", at=NOON - DAY)
    account.state.add_send(later, mail("ada"))
    connector = account.connector(activities=["campaigns"])
    (stream,) = [one for one in connector.streams() if one.kind == "activities"]
    reader = connector.read(stream, None)
    first = next(reader)
    del account.live.campaigns[later]

    rest = list(reader)

    assert isinstance(first, Activity)
    assert not any(isinstance(one, Activity) and one.campaign == later for one in rest)


def order(account: Any, number: str, name: str, total: str, **more: Any) -> None:
    account.state.add_order("myserver-shop", number, mail(name), total, **{"at": JANUARY + 40 * DAY, **more})


@pytest.fixture
def shop(account: Any) -> None:
    for n, name in enumerate(NAMES):
        account.state.add_member(NEWS, mail(name), at=JANUARY + n * DAY)
    account.state.add_store(NEWS, "myserver-shop", at=JANUARY, currency="EUR")


def test_orders_are_purchases_of_the_member_with_the_customers_address(account: Any, shop: None) -> None:
    account.state.add_campaign(NEWS, "Spring", at=JANUARY, id="c1")
    order(account, "o1", "ada", "20.10", campaign="c1")

    (activity, mark) = read(account.connector(purchases="orders"))

    assert activity == Activity(
        record=account.ref(mail("ada")),
        key="order:myserver-shop:o1",
        kind="order",
        at=JANUARY + 40 * DAY,
        amount=Decimal("20.1"),
        currency="EUR",
        campaign="c1",
    )
    assert mark == Bookmark(watermark="2026-06-15T11:59:00.000Z")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [("order", "20", False)]),
        ({"cancelled_at": NOON}, [("order", "20", True)]),
        ({"financial_status": "Voided"}, [("order", "20", True)]),
        ({"financial_status": "refunded"}, [("order", "20", False), ("refund", "-20", False)]),
        ({"financial_status": "partially_refunded"}, [("order", "20", False)]),
        ({"financial_status": "pending"}, [("order", "20", True)]),
        ({"financial_status": ""}, [("order", "20", False)]),
    ],
)
def test_cancelled_orders_leave_and_refunds_are_activities_beside_them(
    account: Any, shop: None, more: dict[str, Any], expected: list[Any]
) -> None:
    order(account, "o1", "ada", "20.00", **more)

    found = [one for one in read(account.connector(purchases="orders")) if isinstance(one, Activity)]

    assert [(one.kind, str(int(one.amount or 0)), one.is_cancelled) for one in found] == expected
    assert [one.key for one in found] == ["order:myserver-shop:o1", "order:myserver-shop:o1:refund"][
        : len(found)
    ]
    assert [one.refund_of for one in found[1:]] == ["order:myserver-shop:o1"][: len(found) - 1]


def test_the_id_of_an_order_is_its_number_only_where_the_settings_say_so(account: Any, shop: None) -> None:
    order(account, "o1", "ada", "20.00")

    numbers = [
        one.order_number
        for settings in ({}, {"order_number": "id"})
        for one in read(account.connector(purchases="orders", **settings))
        if isinstance(one, Activity)
    ]

    assert numbers == [None, "o1"]


def test_an_order_of_a_stranger_is_told_as_nobodys_and_shops_of_other_audiences_are_left_out(
    account: Any, shop: None
) -> None:
    account.state.add_store(CLUB, "club-shop", at=JANUARY)
    account.state.add_order("club-shop", "o1", mail("ada"), "9.00", at=JANUARY)
    order(account, "o1", "zoe", "20.00")

    (one,) = [a for a in read(account.connector(purchases="orders")) if isinstance(a, Activity)]

    assert one.record == RecordRef(object="order", id="myserver-shop:o1")


def test_the_address_of_a_customer_is_all_that_is_asked_of_them(account: Any, shop: None) -> None:
    order(account, "o1", "ada", "20.00")
    read(account.connector(purchases="orders"))

    (asked, _) = [one.one("fields") for one in account.asked if one.path == "/ecommerce/orders"]
    assert [name for name in asked.split(",") if "customer" in name] == ["orders.customer.email_address"]
    assert "lines" not in asked
    assert "address1" not in asked


def test_all_orders_are_read_each_time_and_a_cut_list_is_read_again(
    account: Any, shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        order(account, f"o{n}", "ada", "1.00")
    monkeypatch.setattr(client_module, "PAGE", 2)
    account.faults({"kind": "empty-page", "match": {"endpoint": "orders.list_all", "nth": 2}})
    connector = account.connector(purchases="orders")

    for since in (None, Bookmark(watermark="2026-06-15T11:00:00.000Z")):
        records = read(connector, since)
        assert sorted(one.key for one in records if isinstance(one, Activity)) == [
            f"order:myserver-shop:o{n}" for n in range(5)
        ]
        assert not any(isinstance(one, Incomplete) for one in records)


def test_orders_that_the_list_keeps_back_are_said_to_be_missing(
    account: Any, shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        order(account, f"o{n}", "ada", "1.00")
    monkeypatch.setattr(client_module, "PAGE", 2)
    account.faults(
        *[{"kind": "empty-page", "match": {"endpoint": "orders.list_all", "nth": nth}} for nth in (2, 5, 8)]
    )

    records = read(account.connector(purchases="orders"))

    assert records[-1] == Incomplete(reason="Mailchimp did not list 3 orders")


def test_a_preview_finds_buyers_among_the_first_pages_and_reads_no_audience_to_its_end(
    account: Any, shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_FEW", 0)
    monkeypatch.setattr(directory, "PAGE", 1)
    monkeypatch.setattr(client_module, "PAGE", 1)
    order(account, "o1", NAMES[0], "10.00")
    assert len(NAMES) > 2
    read(account.connector(context={"preview_people": 2}, purchases="orders"))
    subscribed = [
        one for one in account.asked if one.path.endswith("/members") and one.one("status") == "subscribed"
    ]
    assert [one.one("sort_field") for one in subscribed] == ["last_changed", "last_changed"]
