"""Deals, orders, engagements and marketing e-mails of the pretend HubSpot become activities of one person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from consentric import (
    Activity,
    Bookmark,
    Complete,
    ConfigError,
    Incomplete,
    RecordRef,
    RemoteError,
    RemoteKind,
)
from consentric_hubspot.connector import HubSpotConnector

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)


def ref(number: object) -> RecordRef:
    return RecordRef(object="contact", id=str(number))


def read(connector: HubSpotConnector, since: Bookmark | None = None) -> list[Any]:
    """Everything of the second stream: the first one holds the contacts."""
    return list(connector.read(connector.streams()[1], since))


def activities(records: Iterable[object]) -> list[Activity]:
    return [record for record in records if isinstance(record, Activity)]


@pytest.fixture
def person(portal: Any) -> int:
    number = portal.state.add_contact({"email": "marie@example.org"}, created_at=JANUARY)
    assert isinstance(number, int)
    return number


def deal(portal: Any, person: int | None, **properties: str) -> int:
    fixed = {"amount": "120.50", "deal_currency_code": "EUR", "closedate": "2026-02-01T10:00:00.000Z"}
    fixed["hs_is_closed_won"] = "true"
    number: int = portal.state.add_object("deals", fixed | properties, created_at=JANUARY)
    if person is not None:
        portal.state.associate("deals", number, "contacts", person)
    return number


def test_a_won_deal_is_an_order_at_its_close_date(portal: Any, person: int) -> None:
    portal.state.add_property("deals", "shop_number")
    number = deal(portal, person, shop_number="SO-7")
    records = read(portal.connector(purchases="deals", order_number="shop_number"))
    assert activities(records) == [
        Activity(
            record=ref(person),
            key=f"deal:{number}",
            kind="order",
            at=FEBRUARY,
            amount=Decimal("120.50"),
            currency="EUR",
            order_number="SO-7",
        )
    ]
    assert records[-1] == Complete(count=1)


def test_a_deal_that_is_not_won_leaves(portal: Any, person: int) -> None:
    number = deal(portal, person, hs_is_closed_won="false")
    (activity,) = activities(read(portal.connector(purchases="deals")))
    assert (activity.key, activity.is_cancelled) == (f"deal:{number}", True)


def test_a_deleted_deal_leaves_by_its_key(portal: Any, person: int) -> None:
    number = deal(portal, person)
    store = portal.state.objects["deals"]
    store.archive(store.live[number], "2026-06-02T00:00:00.000Z")
    connector = portal.connector(purchases="deals")
    since = Bookmark(watermark="2026-06-01T00:00:00.000Z")
    (activity,) = activities(read(connector, since))
    assert (activity.key, activity.is_cancelled) == (f"deal:{number}", True)


def test_a_deal_counts_for_its_first_contact_and_without_one_for_nobody(portal: Any, person: int) -> None:
    other = portal.state.add_contact({"email": "pierre@example.org"}, created_at=JANUARY)
    shared = deal(portal, person)
    portal.state.associate("deals", shared, "contacts", other)
    nobodys = deal(portal, None)
    found = activities(read(portal.connector(purchases="deals")))
    assert [(one.record, one.key) for one in found] == [
        (ref(person), f"deal:{shared}"),
        (RecordRef(object="deals", id=str(nobodys)), f"deal:{nobodys}"),
    ]


def test_an_increment_of_deals_reads_what_changed(portal: Any, person: int) -> None:
    deal(portal, person)
    late = portal.state.add_object(
        "deals",
        {"amount": "5", "closedate": "2026-02-01T10:00:00.000Z", "hs_is_closed_won": "true"},
        created_at=JANUARY,
        updated_at=datetime(2026, 6, 3, tzinfo=UTC),
    )
    portal.state.associate("deals", late, "contacts", person)
    connector = portal.connector(purchases="deals")
    records = read(connector, Bookmark(watermark="2026-06-01T00:00:00.000Z"))
    assert [activity.key for activity in activities(records)] == [f"deal:{late}"]
    assert records[-1] == Bookmark(watermark="2026-06-03T00:00:00.000Z")


def test_a_lost_order_number_is_reported_by_name(portal: Any, person: int) -> None:
    deal(portal, person)
    records = read(portal.connector(purchases="deals", order_number="shop_number"))
    assert len(activities(records)) == 1
    assert isinstance(records[-1], Incomplete)
    assert '"shop_number"' in records[-1].reason


def order(portal: Any, person: int, **properties: str) -> int:
    fixed = {"hs_total_price": "80.00", "hs_currency_code": "EUR"}
    fixed["hs_external_created_date"] = "2026-02-01T10:00:00.000Z"
    number: int = portal.state.add_object("orders", fixed | properties, created_at=JANUARY)
    portal.state.associate("orders", number, "contacts", person)
    return number


def shapes(portal: Any) -> list[tuple[str, str, Decimal | None, bool]]:
    found = activities(read(portal.connector(purchases="orders")))
    return [(one.key, one.kind, one.amount, one.is_cancelled) for one in found]


def test_an_order_counts_at_the_shop_s_date(portal: Any, person: int) -> None:
    number = order(portal, person)
    (activity,) = activities(read(portal.connector(purchases="orders")))
    assert (activity.key, activity.at, activity.currency) == (f"order:{number}", FEBRUARY, "EUR")


def test_a_negative_order_is_a_refund(portal: Any, person: int) -> None:
    number = order(portal, person, hs_total_price="-20.00")
    assert shapes(portal) == [(f"order:{number}", "refund", Decimal("-20.00"), False)]


@pytest.mark.parametrize(
    ("properties", "back"),
    [
        ({"hs_payment_status": "Refunded"}, "-80.00"),
        ({"hs_refund_amount": "30"}, "-30"),
        ({"hs_external_order_status": "refunded", "hs_refund_amount": "30"}, "-30"),
    ],
)
def test_what_was_paid_back_stands_beside_its_order(
    portal: Any, person: int, properties: dict[str, str], back: str
) -> None:
    number = order(portal, person, **properties)
    assert shapes(portal) == [
        (f"order:{number}", "order", Decimal("80.00"), False),
        (f"order:{number}:refund", "refund", Decimal(back), False),
    ]
    refund = activities(read(portal.connector(purchases="orders")))[1]
    assert refund.refund_of == f"order:{number}"


def test_an_order_whose_delivery_is_pending_counts(portal: Any, person: int) -> None:
    number = order(portal, person, hs_fulfillment_status="pending")
    assert shapes(portal) == [(f"order:{number}", "order", Decimal("80.00"), False)]


@pytest.mark.parametrize(
    "properties",
    [
        {"hs_fulfillment_status": "Cancelled"},
        {"hs_cancelled_date": "2026-02-02T00:00:00.000Z"},
        {"hs_payment_status": "Pending"},
    ],
)
def test_a_cancelled_order_leaves(portal: Any, person: int, properties: dict[str, str]) -> None:
    number = order(portal, person, **properties)
    assert shapes(portal) == [(f"order:{number}", "order", Decimal("80.00"), True)]


def test_orders_are_read_in_two_calls_a_page(portal: Any, person: int) -> None:
    for _ in range(250):
        order(portal, person)
    connector = portal.connector(purchases="orders")
    assert read(connector)[-1] == Complete(count=250)
    # properties, 3 pages, 3 association reads, 1 page of the bin, 1 count
    assert connector.context.transport.calls == 9


ENGAGEMENTS: list[tuple[str, dict[str, str], str, bool]] = [
    ("calls", {"hs_call_direction": "INBOUND"}, "call", False),
    ("emails", {"hs_email_direction": "INCOMING_EMAIL", "hs_email_status": "SENT"}, "reply", False),
    ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}, "send", False),
    ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "BOUNCED"}, "bounce", False),
    ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SCHEDULED"}, "call", True),
    ("meetings", {"hs_meeting_outcome": "COMPLETED"}, "meeting", False),
    ("meetings", {"hs_meeting_outcome": "NO_SHOW"}, "call", True),
    ("communications", {"hs_communication_channel_type": "SMS"}, "send", False),
]


@pytest.mark.parametrize(("source", "properties", "kind", "is_cancelled"), ENGAGEMENTS)
def test_each_engagement_has_its_kind(
    portal: Any, person: int, source: str, properties: dict[str, str], kind: str, is_cancelled: bool
) -> None:
    moment = {"hs_timestamp": "2026-02-01T10:00:00.000Z"}
    number = portal.state.add_object(source, moment | properties, created_at=JANUARY)
    portal.state.associate(source, number, "contacts", person)
    (activity,) = activities(read(portal.connector(activities=[source])))
    assert activity == Activity(
        record=ref(person),
        key=f"{source[:-1]}:{number}",
        kind=kind,  # type: ignore[arg-type]
        at=FEBRUARY,
        is_cancelled=is_cancelled,
    )


def emails(portal: Any, **context: Any) -> list[tuple[str, str, str | None]]:
    connector = portal.connector(activities=["marketing_emails"], context=context)
    return sorted((one.kind, one.record.id, one.campaign) for one in activities(read(connector)))


def test_marketing_e_mails_are_found_by_their_recipient(portal: Any, person: int) -> None:
    for kind in ("SENT", "DELIVERED", "CLICK", "BOUNCE"):
        portal.state.add_email_event(kind, "Marie@example.org", at=FEBRUARY, campaign=9)
    portal.state.add_email_event("DELIVERED", "stranger@example.org", at=FEBRUARY, campaign=9)
    mine = str(person)
    assert emails(portal) == [("bounce", mine, "9"), ("click", mine, "9"), ("send", mine, "9")]


@pytest.mark.parametrize("purposes", [{"segmentation"}, {"segmentation", "email_tracking"}])
def test_opens_are_asked_for_under_their_own_purpose_only(
    portal: Any, person: int, purposes: set[str]
) -> None:
    portal.state.add_email_event("OPEN", "marie@example.org", at=FEBRUARY, campaign=9)
    found = emails(portal, purposes=frozenset(purposes))
    assert found == ([("open", str(person), "9")] if "email_tracking" in purposes else [])


def test_the_event_log_is_read_to_its_end_and_only_then_promised(portal: Any, person: int) -> None:
    for n in range(1050):
        at = FEBRUARY + timedelta(minutes=n)
        portal.state.add_email_event("DELIVERED", "marie@example.org", at=at, campaign=9)
    connector = portal.connector(activities=["marketing_emails"])
    records = read(connector)
    assert len({activity.key for activity in activities(records)}) == 1050
    assert [record for record in records if isinstance(record, Bookmark)] == [records[-1]]
    assert records[-1] == Bookmark(watermark="2026-02-02T03:29:00.000Z")
    again = read(connector, records[-1])
    assert len(activities(again)) == 16, "a quarter of an hour is read again"
    assert not connector.streams()[1].is_sorted


def test_only_a_no_is_an_unsubscription(serve: Any, context_for: Any) -> None:
    def event(id: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "created": 1_770_000_000_000, "recipient": "a@example.org", **more}

    changes = [
        event("1", portalSubscriptionStatus="UNSUBSCRIBED"),
        event("2", portalSubscriptionStatus="SUBSCRIBED"),
        event("3", subscriptions=[{"id": 7, "status": "UNSUBSCRIBED"}]),
        event("4", subscriptions='[{"id": 7, "status": "SUBSCRIBED"}]'),
    ]

    def answer(asked: Any) -> Any:
        if asked.path == "/email/public/v1/events":
            wanted = dict(asked.query)["eventType"] == "STATUSCHANGE"
            return {"events": changes if wanted else [], "hasMore": False, "offset": "x"}
        if asked.path.endswith("/batch/read"):
            return {"results": [{"id": "5", "properties": {"email": "A@example.org"}}]}
        return {"portalId": 1}

    settings = {"token": "t", "activities": ["marketing_emails"]}
    model = HubSpotConnector.settings_model.model_validate(settings)
    connector = HubSpotConnector(model, context_for(serve(answer)))
    found = [(one.kind, one.key.rpartition(":")[2]) for one in activities(read(connector))]
    assert found == [("unsubscribe", "1"), ("unsubscribe", "3")]


def test_an_event_log_that_stays_where_it_is_is_an_error(serve: Any, context_for: Any) -> None:
    server = serve(lambda asked: {"events": [], "hasMore": True, "offset": "1"})
    settings = {"token": "t", "activities": ["marketing_emails"]}
    model = HubSpotConnector.settings_model.model_validate(settings)
    with pytest.raises(RemoteError) as raised:
        read(HubSpotConnector(model, context_for(server)))
    assert raised.value.vendor_code == "no_progress"


def test_links_that_go_on_are_followed_to_the_primary_contact(serve: Any, client_for: Any) -> None:
    from consentric_hubspot.activities import first_contacts

    plain, primary = [{"label": None, "typeId": 3}], [{"label": "Primary contact", "typeId": 9}]
    pages: list[Any] = [
        {
            "results": [
                {"from": {"id": "1"}, "to": [{"toObjectId": 10, "associationTypes": plain}],
                 "paging": {"next": {"after": "500"}}},
                {"from": {"id": "2"}, "to": [{"toObjectId": 20, "associationTypes": plain},
                                             {"toObjectId": 21, "associationTypes": primary}]},
            ],
            "numErrors": 1,
            "errors": [{"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["3"]}}],
        },
        {"results": [{"from": {"id": "1"}, "to": [{"toObjectId": 11, "associationTypes": primary}]}]},
    ]  # fmt: skip
    server = serve(lambda asked: pages.pop(0))
    assert first_contacts(client_for(server), "deals", ["1", "2", "3"]) == {"1": "11", "2": "21"}
    assert server.asked[1].body == {"inputs": [{"id": "1", "after": "500"}]}


def test_links_that_could_not_be_read_are_not_taken_for_none(serve: Any, client_for: Any) -> None:
    from consentric_hubspot.activities import first_contacts

    lost = {"results": [], "numErrors": 1, "errors": [{"category": "INTERNAL_ERROR"}]}
    with pytest.raises(RemoteError) as raised:
        first_contacts(client_for(serve(lambda asked: (207, lost))), "deals", ["1"])
    assert raised.value.kind is RemoteKind.TRANSIENT


def test_check_names_the_account_and_the_scopes_that_are_missing(portal: Any) -> None:
    for scope in ("crm.objects.orders.read", "content"):
        portal.state.account.scopes.remove(scope)
    connector = portal.connector(purchases="orders", activities=["calls", "marketing_emails"])
    account = connector.check()
    assert account.id == "147000001"
    assert set(account.missing_scopes) == {"crm.objects.orders.read", "content"}


def test_check_refuses_a_consent_for_a_subscription_that_does_not_exist(portal: Any) -> None:
    portal.state.add_subscription_type(7, "Newsletter")
    assert portal.connector(consents={"7": "email_marketing", "Newsletter": "x"}).check().id
    with pytest.raises(ConfigError, match='"Newsleter"'):
        portal.connector(consents={"Newsleter": "email_marketing"}).check()
