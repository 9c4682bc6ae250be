"""Many rows: cursors that get lost, pages that lead back, and Bulk that gives what REST gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consentric import Bookmark, Complete, Contact, Incomplete, RemoteError, RemoteKind, Stream
from consentric_salesforce.paging import Rows
from consentric_salesforce.soql import select

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
STREAMS = [
    Stream(name="contacts", kind="contacts"),
    Stream(name="consents", kind="consents"),
    Stream(name="opportunities", kind="activities"),
]


def people(org: Any, count: int, *, each: timedelta = timedelta(minutes=1)) -> list[str]:
    return [
        org.state.add_contact(
            {"LastName": f"N{n}", "Email": f"n{n}@example.org"}, created_at=JANUARY + n * each
        )
        for n in range(count)
    ]


def short_pages(size: int) -> dict[str, Any]:
    return {"kind": "short-page", "match": {"endpoint": "query*.Contact"}, "args": {"size": size}}


def ids(pages: Any) -> list[str]:
    return [row["Id"] for page in pages for row in page]


def test_rows_come_page_by_page_in_the_order_of_their_change(org: Any) -> None:
    expected = people(org, 7)
    org.faults(short_pages(3))
    rows = Rows(org.client(), "Contact", ("Email",))

    pages = list(rows.pages())

    assert [len(page) for page in pages] == [3, 3, 1]
    assert ids(pages) == expected
    assert rows.shortfall() is None


@pytest.mark.parametrize("each", [timedelta(minutes=1), timedelta(0)])
def test_a_cursor_that_is_lost_is_made_anew_without_gap_or_repeat(org: Any, each: timedelta) -> None:
    expected = people(org, 7, each=each)
    org.faults(short_pages(3))
    client = org.client()
    rows = Rows(client, "Contact", ("Email",))
    pages = rows.pages()
    found = ids([next(pages)])

    # Ten more cursors of the same user push ours out.
    for _ in range(10):
        next(Rows(client, "Contact", ()).pages())
    found += ids(pages)

    assert sorted(found) == sorted(expected)
    assert len(found) == 7
    assert "could not be counted" in str(rows.shortfall())


def test_a_page_that_leads_back_to_itself_stops_the_read(org: Any) -> None:
    people(org, 5)
    org.faults(short_pages(2))
    client = org.client()
    client.get("limits", "limits")
    sdk = client._salesforce
    sdk.query_more = lambda more, **_: {"records": [], "totalSize": 5, "done": False, "nextRecordsUrl": more}

    with pytest.raises(RemoteError, match="does not move on") as raised:
        list(Rows(client, "Contact", ()).pages())
    assert raised.value.kind is RemoteKind.FATAL


def test_a_read_that_gives_fewer_rows_than_promised_is_incomplete(org: Any) -> None:
    people(org, 3)
    connector = org.connector()
    client = connector.client
    client.get("limits", "limits")
    sdk, query = client._salesforce, client._salesforce.query

    def promising(soql: str, **options: Any) -> Any:
        answer = query(soql, **options)
        return answer | {"totalSize": answer["totalSize"] + 1}

    sdk.query = promising
    records = list(connector.read(STREAMS[0], None))

    (end,) = [one for one in records if isinstance(one, Incomplete)]
    assert "Salesforce gave 3 of 4 rows of Contact" in end.reason
    assert not [one for one in records if isinstance(one, Complete | Bookmark)]


def test_bulk_gives_what_rest_gives(org: Any) -> None:
    state = org.state
    news = state.add("DataUsePurpose", {"Name": "News"}, created_at=JANUARY)
    state.add_field("Contact", "Points__c", type="double")
    for n in range(4):
        at = JANUARY + timedelta(minutes=n)
        flags = {"HasOptedOutProfiling": n == 1}
        individual = state.add("Individual", {"LastName": "P", **flags}, created_at=at) if n < 3 else None
        person = {
            "LastName": 'Quote " comma, line\nbreak',
            "Email": f"n{n}@example.org",
            "IndividualId": individual,
            "HasOptedOutOfEmail": n == 2,
            "Birthdate": date(2012, 1, 1 + n),
            "Points__c": 10 * n,
            "EmailBouncedDate": at if n == 3 else None,
        }
        contact = state.add_contact(person, created_at=at)
        consent = {
            "Name": "c",
            "PartyId": individual,
            "DataUsePurposeId": news,
            "ContactPointType": "Phone",
            "PrivacyConsentStatus": "OptIn" if n else "OptOut",
            "CaptureDate": at,
            "CaptureSource": 'A "form", old',
            "CaptureContactPointType": "Phone",
            "EffectiveTo": at + timedelta(days=400) if n else None,
        }
        if individual:
            state.add("ContactPointTypeConsent", consent, created_at=at)
        deal = {"Name": "D", "StageName": "Closed Won", "CloseDate": date(2026, 2, 1), "Amount": 12.5 + n}
        state.add_opportunity(deal, created_at=at, contacts=[contact])
    context = {"fields": {"Contact": ["Birthdate", "Points__c", "LastName"]}}
    settings = {"consents": {"News": "news"}, "purchases": "opportunities", "context": context}
    rest, bulk = org.connector(**settings), org.connector(bulk_from_rows=1, **settings)

    for stream in STREAMS:
        by_rest, by_bulk = list(rest.read(stream, None)), list(bulk.read(stream, None))
        assert by_bulk == by_rest
        assert any(isinstance(one, Complete) for one in by_rest)
    assert org.requests.get("bulk_query.create", 0) >= 4
    assert org.change(lambda state: dict(state.jobs)) == {}, "results of jobs hold people"


def test_a_preview_begins_no_job_over_everything(org: Any) -> None:
    people(org, 3)
    connector = org.connector(context={"preview_people": 6}, bulk_from_rows=1)

    contacts = [one for one in connector.read(STREAMS[0], None) if isinstance(one, Contact)]

    assert len(contacts) == 3
    assert org.requests.get("bulk_query.create", 0) == 0


def test_a_preview_takes_as_many_leads_as_contacts_and_is_never_whole(org: Any) -> None:
    people(org, 5)
    for n in range(2):
        org.state.add_lead(
            {"LastName": f"L{n}", "Company": "C", "Email": f"l{n}@x.example"}, created_at=JANUARY
        )
    connector = org.connector(context={"preview_people": 4})

    found = list(connector.read(STREAMS[0], None))

    assert [one.ref.object for one in found if isinstance(one, Contact)] == [
        "Contact",
        "Contact",
        "Lead",
        "Lead",
    ]
    assert [one.reason for one in found if isinstance(one, Incomplete)] == [
        "preview: only the first Contact rows were read"
    ]


def test_a_bulk_job_that_fails_is_an_error_and_nothing_was_promised(org: Any) -> None:
    people(org, 3)
    org.faults({"kind": "job-failed", "match": {"endpoint": "bulk_query*"}})
    connector = org.connector(bulk_from_rows=1)
    seen: list[Any] = []

    with pytest.raises(RemoteError, match="bulk query of Contact ended as Failed") as raised:
        seen.extend(connector.read(STREAMS[0], None))

    assert raised.value.kind is RemoteKind.TRANSIENT
    assert not [one for one in seen if isinstance(one, Bookmark | Contact)]


def test_names_are_checked_and_values_are_quoted() -> None:
    from consentric import ConfigError

    at = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    found = select(
        "Contact", ["Id", "Individual.ShouldForget"], "A = {} AND B >= {}", "o'\\n", at, order="B, Id"
    )

    assert found == (
        "SELECT Id, Individual.ShouldForget FROM Contact"
        " WHERE A = 'o\\'\\\\n' AND B >= 2026-01-01T12:00:00+00:00 ORDER BY B, Id"
    )
    for name in ("Id FROM User", "a.b.c", "1a", "", "x" * 41, "Ünique", "Id\n"):
        with pytest.raises(ConfigError):
            select("Contact", [name])
