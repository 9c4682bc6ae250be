"""Contacts and leads: fields, flags, merges, conversions, deletions, increments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consentric import (
    Bookmark,
    Complete,
    ConsentEvent,
    Contact,
    Deletion,
    Incomplete,
    Merge,
    Objection,
    RecordRef,
    RemoteError,
    RemoteKind,
    Stream,
)
from consentric_sandbox.salesforce import lifecycle

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
CONTACTS = Stream(name="contacts", kind="contacts")


def contact(id: str) -> RecordRef:
    return RecordRef(object="Contact", id=id)


def lead(id: str) -> RecordRef:
    return RecordRef(object="Lead", id=id)


def of(kind: type, records: list[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def read(connector: Any, since: Bookmark | None = None) -> list[Any]:
    return list(connector.read(CONTACTS, since))


def test_flags_that_say_no_are_withdrawals_and_their_default_says_nothing(org: Any) -> None:
    flags = {"HasOptedOutOfEmail": True, "DoNotCall": True}
    loud = org.state.add_contact({"LastName": "A", "Email": "a@example.org", **flags}, created_at=JANUARY)
    quiet = org.state.add_lead({"LastName": "B", "Company": "C"}, created_at=JANUARY)

    found = {one.ref: one for one in of(Contact, read(org.connector()))}

    assert found[contact(loud)].consents == (
        ConsentEvent(state="withdrawn", purpose="*", channel="email", grade="D", origin="HasOptedOutOfEmail"),
        ConsentEvent(state="withdrawn", purpose="*", channel="phone", grade="D", origin="DoNotCall"),
    )
    assert found[lead(quiet)].consents == ()
    assert found[contact(loud)].is_complete


@pytest.mark.parametrize(
    ("flag", "kinds"),
    [
        ("HasOptedOutProcessing", ["21.1"]),
        ("HasOptedOutProfiling", ["21.1"]),
        ("HasOptedOutSolicit", ["21.2"]),
        ("ShouldForget", ["21.1", "21.2"]),
        ("HasOptedOutTracking", []),
        ("CanStorePiiElsewhere", []),
    ],
)
def test_flags_of_the_individual_are_objections(org: Any, flag: str, kinds: list[Any]) -> None:
    individual = org.state.add("Individual", {"LastName": "A", flag: True}, created_at=JANUARY)
    org.state.add_contact({"LastName": "A", "IndividualId": individual}, created_at=JANUARY)

    (found,) = of(Contact, read(org.connector()))

    assert list(found.objections) == [Objection(kind=kind) for kind in kinds]


def test_a_flag_of_the_individual_changes_its_contact_and_its_lead(org: Any) -> None:
    individual = org.state.add("Individual", {"LastName": "A"}, created_at=JANUARY)
    person = {"LastName": "A", "IndividualId": individual}
    one = org.state.add_contact(person, created_at=JANUARY)
    two = org.state.add_lead({**person, "Company": "C"}, created_at=JANUARY)
    org.state.add_contact({"LastName": "B"}, created_at=JANUARY - timedelta(days=1))
    connector = org.connector()
    mark = of(Bookmark, read(connector))[-1]
    org.now += timedelta(days=1)
    org.touch("Individual", individual, HasOptedOutSolicit=True)

    for records in (read(connector, mark), list(connector.read_denials(mark))):
        found = {one.ref: one.objections for one in of(Contact, records)}
        assert found == {contact(one): (Objection(kind="21.2"),), lead(two): (Objection(kind="21.2"),)}


def test_an_org_without_individuals_says_nothing_and_is_whole(org: Any) -> None:
    org.state.features.discard("individuals")
    org.state.add_contact({"LastName": "A"}, created_at=JANUARY)
    connector = org.connector()

    records = read(connector)

    assert of(Contact, records)[0].objections == ()
    assert of(Complete, records) == [Complete(count=1)]
    assert of(Complete, list(connector.read(Stream(name="consents", kind="consents"), None))) == [
        Complete(count=0)
    ]


def test_configured_fields_come_typed_and_a_lost_one_is_named(org: Any) -> None:
    org.state.add_field("Contact", "Loyalty__c")
    fields = {"LastName": "A", "Email": "a@example.org", "Loyalty__c": "L-7", "Birthdate": date(2010, 5, 1)}
    bounced = {
        "EmailBouncedDate": JANUARY,
        "Title": "",
        "MailingCountry": "fr",
        "MobilePhone": "+33612345678",
    }
    id = org.state.add_contact({**fields, **bounced}, created_at=JANUARY)
    context = {
        "fields": {"Contact": ["Birthdate", "Title", "Gone__c"]},
        "external_ids": {"Loyalty__c": "loyalty"},
    }

    records = read(org.connector(context=context, phone="MobilePhone"))

    assert of(Contact, records) == [
        Contact(
            ref=contact(id),
            email="a@example.org",
            phone="+33612345678",
            external_ids={"loyalty": "L-7"},
            fields={"Birthdate": date(2010, 5, 1), "Title": None},
            bounced=True,
            created_at=JANUARY,
            country="FR",
            birth_date=date(2010, 5, 1),
        )
    ]
    (end,) = of(Incomplete, records)
    assert end.reason == 'the field "Gone__c" of Contact is gone from Salesforce or hidden from the user'
    assert of(Complete, records) == []
    assert of(Bookmark, records), "what people said is known all the same"


def test_the_id_is_offered_under_the_name_that_is_given_to_it(org: Any) -> None:
    one = org.state.add_contact({"LastName": "A"}, created_at=JANUARY)
    other = org.state.add_lead({"LastName": "B", "Company": "C"}, created_at=JANUARY)
    connector = org.connector(record_id_as="sfid")

    records = read(connector)

    ids = {found.ref: found.external_ids for found in of(Contact, records)}
    assert ids == {contact(one): {"sfid": one}, lead(other): {"sfid": other}}
    assert of(Complete, records) == [Complete(count=2)]
    denials = list(connector.read_denials(None))
    assert [found.external_ids for found in of(Contact, denials)] == [{"sfid": one}, {"sfid": other}], (
        "or the vault would take the id for given up"
    )
    assert [found.external_ids for found in of(Contact, read(org.connector()))] == [{}, {}]


def test_a_hidden_opt_out_makes_consent_unknown(org: Any) -> None:
    org.state.add_contact({"LastName": "A"}, created_at=JANUARY)
    org.state.hide_field("Contact", "HasOptedOutOfEmail")

    records = read(org.connector())

    assert [one.is_complete for one in of(Contact, records)] == [False]
    assert "HasOptedOutOfEmail" in of(Incomplete, records)[0].reason


def test_a_hidden_address_stops_the_read(org: Any) -> None:
    org.state.hide_field("Lead", "Email")

    with pytest.raises(RemoteError, match='field "Email" of Lead') as raised:
        read(org.connector())
    assert raised.value.kind is RemoteKind.FATAL


def test_a_chain_of_merges_leads_to_its_end_and_no_loser_is_deleted(org: Any) -> None:
    a, b, c, d = (org.state.add_contact({"LastName": n}, created_at=JANUARY) for n in "abcd")
    connector = org.connector()
    mark = of(Bookmark, read(connector))[-1]
    org.now += timedelta(days=1)
    org.change(lambda state: lifecycle.merge(state, "Contact", b, [a], at=org.now))
    org.change(lambda state: lifecycle.merge(state, "Contact", c, [b], at=org.now))
    org.change(lambda state: lifecycle.delete(state, "Contact", d, at=org.now))

    records = read(connector, mark)

    assert of(Merge, records) == [
        Merge(loser=contact(a), winner=contact(c)),
        Merge(loser=contact(b), winner=contact(c)),
    ]
    assert of(Deletion, records) == [Deletion(record=contact(d), at=org.now)]
    assert [one.ref for one in of(Contact, records)] == [contact(c)]
    assert of(Complete, records) == []


def test_a_converted_lead_is_merged_into_its_contact_with_its_no(org: Any) -> None:
    said_no = {"LastName": "L", "Company": "C", "HasOptedOutOfEmail": True}
    one = org.state.add_lead(said_no, created_at=JANUARY)
    known = org.state.add_contact({"LastName": "K"}, created_at=JANUARY)
    connector = org.connector()
    mark = of(Bookmark, read(connector))[-1]
    org.now += timedelta(days=1)
    org.change(lambda state: lifecycle.convert(state, one, at=org.now, contact=known))

    records = read(connector, mark)

    assert of(Merge, records) == [Merge(loser=lead(one), winner=contact(known))]
    assert lead(one) not in {one.ref for one in of(Contact, records)}
    assert of(ConsentEvent, records) == [
        ConsentEvent(
            state="withdrawn",
            purpose="*",
            channel="email",
            grade="D",
            origin="HasOptedOutOfEmail",
            record=contact(known),
            occurred_at=datetime(2026, 6, 16, 12, 0, tzinfo=UTC),
        )
    ]
    assert of(Deletion, records) == []


def test_denials_ask_for_nothing_but_identity_and_consent(org: Any) -> None:
    org.state.add_contact({"LastName": "A", "Title": "Dr", "Email": "a@example.org"}, created_at=JANUARY)
    connector = org.connector(context={"fields": {"Contact": ["Title"]}})

    records = list(connector.read_denials(None))

    assert [(one.email, one.fields) for one in of(Contact, records)] == [("a@example.org", {})]
    assert of(Complete, records) == []
    assert len(of(Bookmark, records)) == 1


def test_an_increment_starts_ten_minutes_before_its_bookmark(org: Any) -> None:
    org.state.add_contact({"LastName": "A"}, created_at=JANUARY)
    late = org.state.add_contact({"LastName": "B"}, created_at=JANUARY - timedelta(minutes=10))
    early = org.state.add_contact({"LastName": "C"}, created_at=JANUARY - timedelta(minutes=11))
    connector = org.connector()
    mark = of(Bookmark, read(connector))[-1]

    found = {one.ref for one in of(Contact, read(connector, mark))}

    assert mark == Bookmark(watermark="2026-01-10T09:00:00.000Z")
    assert contact(late) in found
    assert contact(early) not in found


def test_a_bookmark_never_lies_after_a_minute_before_the_read(org: Any) -> None:
    org.state.add_contact({"LastName": "A"}, created_at=org.now)

    assert of(Bookmark, read(org.connector()))[-1] == Bookmark(watermark="2026-06-15T11:59:00.000Z")
