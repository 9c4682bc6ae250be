"""Contacts of the pretend HubSpot: what is asked, what is learnt, and what is admitted not to be known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from consentric import (
    Bookmark,
    Complete,
    Contact,
    Deletion,
    GuardError,
    Incomplete,
    Merge,
    RecordRef,
    RemoteError,
    RemoteKind,
)
from consentric_hubspot.connector import HubSpotConnector

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
T = TypeVar("T")


def of(kind: type[T], records: Iterable[object]) -> list[T]:
    return [record for record in records if isinstance(record, kind)]


def contacts(connector: HubSpotConnector, since: Bookmark | None = None) -> list[Any]:
    return list(connector.read(connector.streams()[0], since))


def ref(number: object) -> RecordRef:
    return RecordRef(object="contact", id=str(number))


def test_a_contact_carries_what_was_configured_and_nothing_else(portal: Any) -> None:
    portal.state.add_property("contacts", "loyalty_number")
    portal.state.add_property("contacts", "vip", type="bool", field_type="booleancheckbox")
    number = portal.state.add_contact(
        {
            "email": "marie.curie@example.org",
            "firstname": "Marie",
            "phone": "+33612345678",
            "country": "fr",
            "city": "Paris",
            "vip": "true",
            "loyalty_number": "L-1",
            "recent_conversion_date": "2026-03-01T08:00:00.000Z",
            "hs_email_last_click_date": "2026-04-02T08:00:00.000Z",
            "hs_email_last_open_date": "2026-06-01T08:00:00.000Z",
        },
        created_at=JANUARY,
    )
    connector = portal.connector(
        context={"fields": {"contact": ["city", "vip"]}, "external_ids": {"loyalty_number": "loyalty"}}
    )
    (contact,) = of(Contact, contacts(connector))
    assert contact == Contact(
        ref=ref(number),
        email="marie.curie@example.org",
        external_ids={"loyalty": "L-1"},
        fields={"city": "Paris", "vip": True},
        created_at=JANUARY,
        last_contact_at=datetime(2026, 4, 2, 8, 0, tzinfo=UTC),
        country="FR",
    )


def test_no_request_names_a_property_that_was_not_configured(
    serve: Callable[..., Any], context_for: Callable[..., Any]
) -> None:
    asked: list[str] = []
    live = ["email", "lastmodifieddate", "hs_email_optout", "firstname", "phone", "hs_email_last_open_date"]

    def answer(request: Any) -> Any:
        asked.extend(value for name, value in request.query if name == "properties")
        if request.path.startswith("/crm/properties/"):
            return {"results": [{"name": name, "type": "string"} for name in live]}
        return {"results": [], "total": 0}

    settings = HubSpotConnector.settings_model.model_validate({"token": "t"})
    connector = HubSpotConnector(settings, context_for(serve(answer)))
    assert of(Complete, contacts(connector)) == [Complete(count=0)]
    assert {"email", "hs_email_optout"} <= set(asked)
    assert not {"firstname", "phone", "hs_email_last_open_date"} & set(asked)


@pytest.mark.parametrize(
    "property", [("hs_email_hard_bounce_reason_enum", "UNKNOWN_USER"), ("hs_email_quarantined", "true")]
)
def test_a_bounced_or_quarantined_address_is_said_to_be_so(portal: Any, property: tuple[str, str]) -> None:
    portal.state.add_contact({"email": "a@example.org", property[0]: property[1]}, created_at=JANUARY)
    (contact,) = of(Contact, contacts(portal.connector()))
    assert contact.bounced


def test_consent_comes_with_the_contact(portal: Any) -> None:
    portal.state.add_subscription_type(7, "Newsletter")
    for n in range(230):
        portal.state.add_contact({"email": f"p{n}@example.org"}, created_at=JANUARY)
    portal.state.set_status("p3@example.org", 7, "SUBSCRIBED", at=JANUARY)
    portal.state.set_status("p229@example.org", 7, "UNSUBSCRIBED", at=JANUARY)
    connector = portal.connector(consents={"Newsletter": "email_marketing"})
    found = of(Contact, contacts(connector))
    states = {c.email: c.consents[0].state for c in found if c.consents}
    assert states == {"p3@example.org": "granted", "p229@example.org": "withdrawn"}
    # properties, 3 pages, 3 batches of addresses, 1 page of the bin, 1 count
    assert connector.context.transport.calls == 9


def test_without_the_batch_statuses_are_asked_one_by_one(portal: Any) -> None:
    portal.state.account.scopes.remove("communication_preferences.statuses.batch.read")
    portal.state.add_subscription_type(7, "Newsletter")
    for n in range(3):
        portal.state.add_contact({"email": f"p{n}@example.org"}, created_at=JANUARY)
        portal.state.set_status(f"p{n}@example.org", 7, "SUBSCRIBED", at=JANUARY)
    connector = portal.connector(consents={"Newsletter": "email_marketing"})
    records = contacts(connector)
    assert [contact.consents[0].state for contact in of(Contact, records)] == ["granted"] * 3
    assert of(Complete, records) == [Complete(count=3)]


def test_unknown_consent_is_admitted_and_promises_nothing(portal: Any) -> None:
    for scope in [s for s in portal.state.account.scopes if s.startswith("communication_preferences")]:
        portal.state.account.scopes.remove(scope)
    portal.state.add_contact({"email": "a@example.org", "hs_email_optout": "true"}, created_at=JANUARY)
    records = contacts(portal.connector())
    (contact,) = of(Contact, records)
    assert not contact.is_complete
    assert [event.state for event in contact.consents] == ["withdrawn"], "an explicit no is passed on"
    assert len(of(Incomplete, records)) == 1
    assert of(Complete, records) == of(Bookmark, records) == []


def test_a_configured_field_that_vanished_is_reported_by_name(portal: Any) -> None:
    portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    records = contacts(portal.connector(context={"fields": {"contact": ["city", "shoe_size"]}}))
    assert [contact.fields for contact in of(Contact, records)] == [{"city": None}]
    (incomplete,) = of(Incomplete, records)
    assert '"shoe_size"' in incomplete.reason
    assert of(Complete, records) == []


@pytest.mark.parametrize(
    ("hidden", "ends"), [("email", RemoteKind.FATAL), ("lastmodifieddate", RemoteKind.FATAL)]
)
def test_without_the_properties_everything_rests_on_nothing_is_read(
    portal: Any, hidden: str, ends: RemoteKind
) -> None:
    del portal.state.properties["contacts"][hidden]
    connector = portal.connector()
    api = connector.client.request
    connector.client.request = lambda *args, **more: without(api(*args, **more), hidden)
    with pytest.raises(RemoteError, match=f'"{hidden}"') as raised:
        contacts(connector)
    assert raised.value.kind is ends


def test_a_hidden_opt_out_makes_every_consent_unknown(portal: Any) -> None:
    portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    connector = portal.connector()
    api = connector.client.request
    connector.client.request = lambda *args, **more: without(api(*args, **more), "hs_email_optout")
    records = contacts(connector)
    assert [contact.is_complete for contact in of(Contact, records)] == [False]
    assert "hs_email_optout" in of(Incomplete, records)[0].reason


def without(answer: dict[str, Any], hidden: str) -> dict[str, Any]:
    rows = [row for row in answer.get("results", []) if row.get("name") != hidden]
    return {**answer, "results": rows} if "results" in answer else answer


def test_the_first_read_promises_nothing_before_its_end(portal: Any) -> None:
    portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    late = JANUARY + timedelta(days=9)
    portal.state.add_contact({"email": "b@example.org"}, created_at=JANUARY, updated_at=late)
    records = contacts(portal.connector())
    assert [type(record) for record in records] == [Contact, Contact, Bookmark, Complete]
    assert records[2].watermark == "2026-01-19T09:00:00.000Z"


def test_a_bookmark_never_passes_the_minute_before_the_read(portal: Any) -> None:
    portal.state.add_contact({"email": "a@example.org"}, created_at=NOON - timedelta(seconds=5))
    records = contacts(portal.connector())
    assert of(Bookmark, records)[-1].watermark == "2026-06-15T11:59:00.000Z"


def test_an_increment_starts_a_quarter_of_an_hour_before_its_bookmark(portal: Any) -> None:
    mark = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    for minutes in (-16, -14, 1):
        at = mark + timedelta(minutes=minutes)
        portal.state.add_contact({"email": f"m{minutes}@example.org"}, created_at=at)
    records = contacts(portal.connector(), Bookmark(watermark="2026-06-01T12:00:00.000Z"))
    assert [c.email for c in of(Contact, records)] == ["m-14@example.org", "m1@example.org"]
    assert of(Complete, records) == []
    assert of(Bookmark, records)[-1].watermark == "2026-06-01T12:01:00.000Z"


def test_an_increment_without_changes_keeps_its_bookmark(portal: Any) -> None:
    mark = Bookmark(watermark="2026-06-01T12:00:00.000Z")
    assert contacts(portal.connector(), mark) == [mark]


def test_a_deleted_contact_is_named_once_it_is_new(portal: Any) -> None:
    old = portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    new = portal.state.add_contact({"email": "b@example.org"}, created_at=JANUARY)
    store = portal.state.objects["contacts"]
    store.archive(store.live[old], "2026-05-01T00:00:00.000Z")
    store.archive(store.live[new], "2026-06-02T00:00:00.000Z")
    records = contacts(portal.connector(), Bookmark(watermark="2026-06-01T12:00:00.000Z"))
    assert of(Deletion, records) == [Deletion(record=ref(new), at=datetime(2026, 6, 2, tzinfo=UTC))]


def test_a_chain_of_merges_leads_every_loser_to_the_last_survivor(portal: Any) -> None:
    survivor = portal.state.add_contact(
        {"email": "a@example.org", "hs_merged_object_ids": "11;12;13"}, created_at=JANUARY, id=20
    )
    records = contacts(portal.connector())
    assert of(Merge, records) == [Merge(loser=ref(n), winner=ref(survivor)) for n in (11, 12, 13)]


def test_a_page_given_in_the_place_of_another_is_noticed_and_promises_nothing(portal: Any) -> None:
    for n in range(250):
        portal.state.add_contact({"email": f"p{n}@example.org"}, created_at=JANUARY)
    portal.faults({"match": {"endpoint": "contacts.list", "nth": 2}, "kind": "duplicate-page"})
    records = contacts(portal.connector())
    assert of(Incomplete, records)[0].reason == "HubSpot listed 150 of 250 contacts"
    assert of(Complete, records) == of(Bookmark, records) == []


def test_a_loser_in_the_recycling_bin_is_no_deletion(portal: Any) -> None:
    loser = portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    portal.state.add_contact(
        {"email": "b@example.org", "hs_merged_object_ids": str(loser)}, created_at=JANUARY
    )
    store = portal.state.objects["contacts"]
    store.archive(store.live[loser], "2026-05-01T00:00:00.000Z")
    records = contacts(portal.connector())
    assert [merge.loser for merge in of(Merge, records)] == [ref(loser)]
    assert of(Deletion, records) == []


@pytest.mark.parametrize("kind", ["short-page", "empty-page"])
def test_odd_pages_lose_and_double_nobody(portal: Any, kind: str) -> None:
    for n in range(450):
        portal.state.add_contact({"email": f"p{n}@example.org"}, created_at=JANUARY + timedelta(seconds=n))
    portal.faults({"match": {"endpoint": "contacts.list", "nth": 2}, "kind": kind})
    records = contacts(portal.connector())
    assert {c.email for c in of(Contact, records)} == {f"p{n}@example.org" for n in range(450)}
    assert of(Complete, records) == [Complete(count=450)]


@pytest.mark.parametrize("kind", ["duplicate-page", "short-page", "empty-page", "502-html", "truncated-body"])
def test_odd_pages_of_a_search_lose_nobody(portal: Any, kind: str) -> None:
    for n in range(450):
        portal.state.add_contact({"email": f"p{n}@example.org"}, created_at=JANUARY + timedelta(seconds=n))
    portal.faults({"match": {"endpoint": "contacts.search", "nth": 2}, "kind": kind})
    records = contacts(portal.connector(), Bookmark(watermark="2026-01-10T09:00:00.000Z"))
    assert {c.email for c in of(Contact, records)} == {f"p{n}@example.org" for n in range(450)}


def test_an_empty_listing_of_a_full_account_is_not_whole(portal: Any) -> None:
    portal.state.add_contact({"email": "a@example.org"}, created_at=JANUARY)
    connector = portal.connector()
    api = connector.client.request

    def emptied(method: str, path_name: str, **more: Any) -> Any:
        return {"results": []} if path_name == "objects" else api(method, path_name, **more)

    connector.client.request = emptied
    records = contacts(connector)
    assert of(Incomplete, records)[0].reason == "HubSpot listed 0 of 1 contacts"
    assert of(Complete, records) == of(Bookmark, records) == []


def test_a_read_of_denials_asks_who_it_is_and_consent_only(portal: Any) -> None:
    portal.state.add_property("contacts", "loyalty_number")
    portal.state.add_subscription_type(7, "Newsletter")
    portal.state.add_contact(
        {"email": "a@example.org", "city": "Paris", "loyalty_number": "L-1"}, created_at=JANUARY
    )
    portal.state.set_status("a@example.org", 7, "UNSUBSCRIBED", at=JANUARY)
    connector = portal.connector(
        consents={"7": "email_marketing"},
        context={"fields": {"contact": ["city"]}, "external_ids": {"loyalty_number": "loyalty"}},
    )
    records = list(connector.read_denials(Bookmark(watermark="2026-01-10T09:00:00.000Z")))
    (contact,) = of(Contact, records)
    assert contact.fields == {}
    assert contact.external_ids == {"loyalty": "L-1"}, "or the vault would take the number for given up"
    assert [event.state for event in contact.consents] == ["withdrawn"]
    assert type(records[-1]) is Bookmark


@pytest.mark.parametrize(
    "watermark", ["2026-06-15T12:30:00.000Z", "2026-06-15", "12", "2026-13-45T12:00:00.000Z"]
)
def test_a_bookmark_of_the_future_or_of_another_form_is_refused(portal: Any, watermark: str) -> None:
    with pytest.raises(GuardError) as raised:
        contacts(portal.connector(), Bookmark(watermark=watermark))
    assert raised.value.exit_code == 5


def test_a_date_property_is_a_day(portal: Any) -> None:
    portal.state.add_property("contacts", "member_since", type="date", field_type="date")
    portal.state.add_contact({"email": "a@example.org", "member_since": "2021-05-04"}, created_at=JANUARY)
    connector = portal.connector(context={"fields": {"contact": ["member_since"]}})
    (contact,) = of(Contact, contacts(connector))
    assert contact.fields == {"member_since": date(2021, 5, 4)}
