"""Configured fields of members: where they lie, what they become, and what a lost one means."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from consentric import Complete, ConfigError, Contact, Incomplete

from .conftest import CLUB, JANUARY, NEWS


def read(connector: Any, *, stream: int = 0) -> list[Any]:
    return list(connector.read(connector.streams()[stream], None))


def test_merge_fields_come_by_their_type_and_an_address_by_its_parts(account: Any) -> None:
    for tag, kind in (("POINTS", "number"), ("JOINED", "date"), ("ADDRESS", "address"), ("SHOE", "text")):
        account.state.add_merge_field(NEWS, tag, kind)
    account.state.add_member(
        NEWS,
        "ada@example.org",
        at=JANUARY,
        merge_fields={
            "POINTS": 42,
            "JOINED": "2024-02-03",
            "ADDRESS": {"addr1": "1 rue X", "city": "Lyon", "zip": "69002", "country": "FR"},
        },
    )
    names = ["POINTS", "JOINED", "ADDRESS_zip", "SHOE", "vip"]

    (contact,) = (
        r for r in read(account.connector(context={"fields": {"member": names}})) if isinstance(r, Contact)
    )

    assert contact.fields == {
        "POINTS": 42,
        "JOINED": date(2024, 2, 3),
        "ADDRESS_zip": "69002",
        "SHOE": None,
        "vip": False,
    }
    members = [one for one in account.asked if one.path == f"/lists/{NEWS}/members"]
    assert "members.merge_fields.ADDRESS.zip" in members[0].one("fields").split(",")


def test_the_phone_is_read_from_the_field_that_the_settings_name(account: Any) -> None:
    account.state.add_merge_field(NEWS, "PHONE", "phone")
    account.state.add_member(
        NEWS, "ada@example.org", at=JANUARY, merge_fields={"PHONE": "0612345678"}, phone="+33687654321"
    )

    def phone(**settings: Any) -> str | None:
        (contact,) = (r for r in read(account.connector(**settings)) if isinstance(r, Contact))
        return contact.phone

    assert phone() is None
    assert not any("phone" in one.one("fields").lower() for one in account.asked)
    assert phone(phone="PHONE") == "0612345678"
    assert phone(phone="sms_phone_number") == "+33687654321"


def test_a_field_that_another_audience_has_is_not_lost(account: Any) -> None:
    account.state.add_merge_field(CLUB, "LOYALTY")
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    account.state.add_member(CLUB, "bob@example.org", at=JANUARY, merge_fields={"LOYALTY": "4711"})
    connector = account.connector(audiences=[NEWS, CLUB], context={"external_ids": {"LOYALTY": "loyalty"}})

    news, club = (read(connector, stream=n) for n in (0, 1))

    assert (news[0].external_ids, club[0].external_ids) == ({}, {"loyalty": "4711"})
    assert news[-1] == club[-1] == Complete(count=1)


def test_a_field_that_no_audience_has_any_more_leaves_the_stream_incomplete(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    connector = account.connector(context={"fields": {"member": ["GONE", "FNAME"]}})

    records = read(connector)

    assert records[-1] == Incomplete(reason='the merge field "GONE" is gone from the audience')
    assert records[0].fields == {"FNAME": None}
    assert "GONE" not in "".join(one.one("fields") for one in account.asked)


def test_check_names_the_account_and_refuses_what_is_not_there(account: Any) -> None:
    account.state.audiences[NEWS].permissions["aa11"] = "E-mail"
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)

    found = account.connector(permissions={"aa11": "email_marketing"}).check()
    assert (bool(found.id), found.name, found.missing_scopes) == (True, "Pretend shop", ())

    with pytest.raises(ConfigError, match='audiences names "nosuchlist"'):
        account.connector(audiences=[NEWS, "nosuchlist"]).check()
    with pytest.raises(ConfigError, match='permissions names "bb22"'):
        account.connector(permissions={"bb22": "email_marketing"}).check()


def test_permissions_cannot_be_checked_against_an_audience_without_members(account: Any) -> None:
    assert account.connector(permissions={"aa11": "email_marketing"}).check().id
