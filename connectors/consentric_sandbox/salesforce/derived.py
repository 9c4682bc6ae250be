"""Fields that Salesforce works out when they are read: names, addresses, what a stage or a status means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .tables import Row, Table

Derived = Callable[[Row], Any]


def derived_fields(tables: Mapping[str, Table]) -> dict[tuple[str, str], Derived]:
    """Object and field to the function that works its value out."""

    def of_person(name: str) -> Derived:
        def value(row: Row) -> Any:
            person = _person(tables, row)
            return bool(person.values.get(name)) if person is not None else False

        return value

    def of_person_account(name: str) -> Derived:
        def value(row: Row) -> Any:
            contact = tables["Contact"].rows.get(row.values.get("PersonContactId", ""))
            return contact.values.get(name) if contact is not None else None

        return value

    return {
        ("Contact", "Name"): _full_name,
        ("Lead", "Name"): _full_name,
        ("Individual", "Name"): _full_name,
        ("ContactPointEmail", "Name"): lambda row: row.values.get("EmailAddress"),
        ("Contact", "MailingAddress"): lambda row: _address(row, "Mailing"),
        ("Lead", "Address"): lambda row: _address(row, ""),
        ("Opportunity", "IsClosed"): lambda row: _stage(row).startswith("Closed"),
        ("Opportunity", "IsWon"): lambda row: _stage(row) == "Closed Won",
        ("Order", "StatusCode"): lambda row: row.values.get("Status"),
        ("Task", "IsClosed"): lambda row: row.values.get("Status") == "Completed",
        ("EmailMessage", "IsOpened"): lambda row: bool(row.values.get("FirstOpenedDate")),
        ("CampaignMember", "HasResponded"): lambda row: row.values.get("Status") == "Responded",
        ("CampaignMember", "LeadOrContactId"): _member,
        ("CampaignMember", "HasOptedOutOfEmail"): of_person("HasOptedOutOfEmail"),
        ("CampaignMember", "DoNotCall"): of_person("DoNotCall"),
        ("Account", "IsPersonAccount"): lambda row: bool(row.values.get("PersonContactId")),
        ("Account", "PersonEmail"): of_person_account("Email"),
        ("Account", "PersonHasOptedOutOfEmail"): lambda row: bool(
            of_person_account("HasOptedOutOfEmail")(row)
        ),
        ("Account", "PersonIndividualId"): of_person_account("IndividualId"),
    }


def _full_name(row: Row) -> str | None:
    words = (row.values.get("FirstName"), row.values.get("LastName"))
    return " ".join(word for word in words if word) or None


def _address(row: Row, start: str) -> dict[str, Any] | None:
    parts = ("City", "Country", "PostalCode", "State", "Street")
    found = {part[0].lower() + part[1:]: row.values.get(start + part) for part in parts}
    if not any(found.values()):
        return None
    return {**found, "geocodeAccuracy": None, "latitude": None, "longitude": None}


def _stage(row: Row) -> str:
    return str(row.values.get("StageName", ""))


def _member(row: Row) -> Any:
    # A converted lead's membership names both; the contact is who it is about from then on.
    return row.values.get("ContactId") or row.values.get("LeadId")


def _person(tables: Mapping[str, Table], row: Row) -> Row | None:
    if contact := row.values.get("ContactId"):
        return tables["Contact"].rows.get(contact)
    return tables["Lead"].rows.get(row.values.get("LeadId", ""))
