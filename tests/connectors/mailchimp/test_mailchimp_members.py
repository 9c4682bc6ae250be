"""Members as they are read: windows, passes, deletions, what is asked for and what is promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric import Bookmark, Complete, Contact, Deletion, Incomplete, RemoteError
from consentric_mailchimp import client as client_module
from consentric_mailchimp import paging

from .conftest import CLUB, JANUARY, NEWS, NOON

STATUSES = ["subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"]
OUR_OWN = ["members.contact_id", "members.status", "members.last_changed"]


def read(connector: Any, since: Bookmark | None = None, *, stream: int = 0) -> list[Any]:
    return list(connector.read(connector.streams()[stream], since))


def contacts(records: list[Any]) -> list[Contact]:
    return [one for one in records if isinstance(one, Contact)]


def emails(records: list[Any]) -> list[str]:
    return [str(one.email) for one in contacts(records)]


def mark(records: list[Any]) -> Bookmark:
    (found,) = [one for one in records if isinstance(one, Bookmark)]
    return found


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    monkeypatch.setattr(client_module, "PAGE", 2)


def test_every_status_is_asked_for_by_name_and_archived_ones_are_deletions(account: Any) -> None:
    for n, status in enumerate(STATUSES):
        account.state.add_member(NEWS, f"{status}@example.org", at=JANUARY + timedelta(days=n), status=status)
    connector = account.connector(consents={NEWS: "email_marketing"})

    records = read(connector)

    assert emails(records) == [f"{status}@example.org" for status in STATUSES[:-1]]
    assert [one.bounced for one in contacts(records)] == [False, False, True, False, False]
    (gone,) = [one for one in records if isinstance(one, Deletion)]
    assert (gone.record, gone.at) == (
        account.ref("archived@example.org"),
        datetime(2026, 1, 15, 9, tzinfo=UTC),
    )
    assert records[-1] == Complete(count=5)
    asked = [one for one in account.asked if one.path == f"/lists/{NEWS}/members"]
    assert {one.one("status") for one in asked} == set(STATUSES)


def test_a_record_is_its_audience_and_contact_and_survives_a_new_address(account: Any) -> None:
    member = account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    connector = account.connector()

    (before,) = contacts(read(connector))
    audience = account.live.audiences[NEWS]
    held = audience.members.pop(member.id)
    held.email, held.last_changed = "ada@new.example", "2026-06-15T11:59:00+00:00"
    audience.members[held.id] = held
    audience.revision += 1
    (after,) = contacts(read(connector))

    assert (before.ref.object, before.ref.partition, before.ref.id) == ("member", NEWS, member.contact_id)
    assert after.ref == before.ref
    assert after.email == "ada@new.example"


def test_nothing_is_asked_for_beyond_contract_and_configuration(account: Any) -> None:
    account.state.add_merge_field(NEWS, "LOYALTY")
    account.state.add_member(
        NEWS, "ada@example.org", at=JANUARY, merge_fields={"FNAME": "Ada", "LOYALTY": "4711"}
    )
    connector = account.connector(
        context={"fields": {"member": ["FNAME", "language"]}, "external_ids": {"LOYALTY": "loyalty"}}
    )

    (contact,) = contacts(read(connector))
    account_read = [one for one in account.asked if one.path == f"/lists/{NEWS}/members"]
    list(connector.read_denials(None))

    assert contact.fields == {"FNAME": "Ada", "language": None}
    assert contact.external_ids == {"loyalty": "4711"}
    assert set(account_read[0].one("fields").split(",")) == {
        "total_items",
        *OUR_OWN,
        "members.email_address",
        "members.timestamp_signup",
        "members.timestamp_opt",
        "members.source",
        "members.sms_subscription_status",
        "members.sms_subscription_last_updated",
        "members.merge_fields.FNAME",
        "members.language",
        "members.merge_fields.LOYALTY",
    }
    assert all(one.one("fields") for one in account.asked if one.path != "/ping")
    last = [one for one in account.asked if "email_address" in one.one("fields")][-1]
    assert "FNAME" not in last.one("fields")
    assert "LOYALTY" in last.one("fields"), "what identifies a person is part of a read of denials"
    assert not any("ip_" in one.one("fields") or "rate" in one.one("fields") for one in account.asked)


def test_marketing_permissions_are_asked_for_where_one_is_mapped(account: Any) -> None:
    account.state.audiences[NEWS].permissions["aa11"] = "E-mail"
    account.state.add_member(
        NEWS, "ada@example.org", at=JANUARY, permissions={"aa11": True}, source="Embed Form"
    )
    connector = account.connector(permissions={"aa11": "email_marketing"})

    (contact,) = contacts(read(connector))

    assert [(one.state, one.purpose, one.grade) for one in contact.consents] == [
        ("granted", "email_marketing", "B")
    ]
    assert connector.check().missing_scopes == ()


def test_double_opt_in_is_taken_from_the_audience(account: Any) -> None:
    account.state.audiences[NEWS].has_double_optin = True
    for audience in (NEWS, CLUB):
        account.state.add_member(
            audience,
            "ada@example.org",
            at=JANUARY,
            opted_in_at=JANUARY + timedelta(minutes=5),
            source="Embed Form",
        )
    connector = account.connector(
        audiences=[NEWS, CLUB], consents={NEWS: "email_marketing", CLUB: "email_marketing"}
    )

    (news,), (club,) = (contacts(read(connector, stream=n)) for n in (0, 1))

    assert (news.consents[0].grade, club.consents[0].grade) == ("A", "B")
    assert news.last_contact_at == datetime(2026, 1, 10, 9, 5, tzinfo=UTC)
    assert news.created_at == JANUARY


def test_a_no_is_no_sign_of_life_because_our_own_labels_move_its_time(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY, status="unsubscribed", changed_at=NOON)
    account.state.add_member(NEWS, "bob@example.org", at=JANUARY, source="Admin Add")

    found = contacts(read(account.connector(consents={NEWS: "email_marketing"})))

    assert {one.email: one.last_contact_at for one in found} == {
        "ada@example.org": None,
        "bob@example.org": None,
    }


def test_pages_begin_at_the_last_change_and_rows_of_one_second_are_all_read(
    account: Any, small_pages: None
) -> None:
    times = [0, 1, 1, 1, 1, 1, 2, 3, 9, 9]
    for n, seconds in enumerate(times):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(seconds=seconds))
    connector = account.connector()

    records = read(connector)

    assert sorted(emails(records)) == [f"m{n}@example.org" for n in range(10)]
    assert records[-1] == Complete(count=10)


def test_a_member_that_moves_to_the_end_while_pages_are_read_pushes_nobody_over_the_edge(
    account: Any, small_pages: None
) -> None:
    for n in range(9):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(minutes=n))
    account.faults({"kind": "page-drift", "match": {"endpoint": "members.list", "nth": 3}})
    connector = account.connector()

    records = read(connector)

    # Whoever moved was read before, and is read once more as changed.
    assert sorted(set(emails(records))) == [f"m{n}@example.org" for n in range(9)]
    assert len(emails(records)) == 10
    assert records[-1] == Complete(count=9)


def test_who_changes_during_the_read_is_found_by_the_pass_after_it(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(minutes=n))
    connector = account.connector(consents={NEWS: "email_marketing"})
    reader = connector.read(connector.streams()[0], None)

    first = next(reader)
    account.now += timedelta(seconds=30)
    account.live.leave(NEWS, "m2@example.org", at=account.now)
    rest = list(reader)

    left = [one for one in contacts([first, *rest]) if one.email == "m2@example.org"]
    assert [event.state for one in left for event in one.consents] == ["granted", "withdrawn"]
    assert rest[-1] == Complete(count=3)


@pytest.mark.parametrize("kind", ["empty-page", "short-page", "duplicate-page"])
def test_a_page_that_lies_is_no_whole_enumeration_or_is_mended(
    account: Any, small_pages: None, kind: str
) -> None:
    for n in range(5):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(minutes=n))
    account.faults({"kind": kind, "match": {"endpoint": "members.list", "nth": 2}, "args": {"size": 1}})
    connector = account.connector()

    records = read(connector)

    if isinstance(records[-1], Complete):
        assert sorted(emails(records)) == [f"m{n}@example.org" for n in range(5)]
    else:
        assert isinstance(records[-1], Incomplete)
        assert records[-1].reason == f"Mailchimp listed {len(set(emails(records)))} of 5 members"
        assert not any(isinstance(one, Bookmark) for one in records)


def test_an_audience_that_never_rests_is_incomplete_and_promises_nothing(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    account.faults({"kind": "page-drift", "match": {"endpoint": "members.list"}})
    connector = account.connector()
    reader = connector.read(connector.streams()[0], None)

    records = []
    for record in reader:
        account.now += timedelta(seconds=1)
        records.append(record)

    assert isinstance(records[-1], Incomplete)
    assert "changed under every pass" in records[-1].reason
    assert not any(isinstance(one, Bookmark) for one in records)


def test_an_answer_without_a_total_is_an_error_and_no_empty_audience(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    account.faults({"kind": "200-no-op", "match": {"endpoint": "members.list"}})

    with pytest.raises(RemoteError):
        read(account.connector())


def test_a_bookmark_is_the_newest_change_but_never_the_last_minute(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    connector = account.connector()
    assert mark(read(connector)).watermark == "2026-01-10T09:00:00.000Z"

    account.live.leave(NEWS, "ada@example.org", at=NOON)
    assert mark(read(connector)).watermark == "2026-06-15T11:59:00.000Z"


def test_an_increment_starts_before_its_bookmark(account: Any) -> None:
    for n in range(3):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(minutes=10 * n))
    connector = account.connector(overlap_minutes=15)

    found = read(connector, Bookmark(watermark="2026-01-10T09:20:00.000Z"))

    assert emails(found) == ["m1@example.org", "m2@example.org"]
    assert not any(isinstance(one, Complete | Incomplete) for one in found)


def test_an_increment_tells_a_new_no_from_one_that_our_own_label_touched(account: Any) -> None:
    day = timedelta(days=1)
    account.state.add_member(
        NEWS, "ada@example.org", at=JANUARY, status="unsubscribed", changed_at=NOON - 9 * day
    )
    account.state.add_member(NEWS, "bob@example.org", at=JANUARY)
    connector = account.connector(consents={NEWS: "email_marketing"})
    connector.check()
    (ada,) = [m for m in account.live.audiences[NEWS].members.values() if m.email == "ada@example.org"]
    ada.last_changed = "2026-06-15T10:00:00+00:00"
    account.live.leave(NEWS, "bob@example.org", at=NOON - timedelta(hours=1))

    found = contacts(read(connector, Bookmark(watermark="2026-06-14T12:00:00.000Z")))

    assert {one.email: one.consents[0].counts for one in found} == {
        "ada@example.org": "if_new",
        "bob@example.org": "always",
    }


def test_denials_of_all_audiences_have_one_bookmark_the_earliest(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    account.state.add_member(CLUB, "bob@example.org", at=JANUARY + timedelta(days=1))
    connector = account.connector(audiences=[NEWS, CLUB])

    records = list(connector.read_denials(None))

    assert emails(records) == ["ada@example.org", "bob@example.org"]
    assert mark(records).watermark == "2026-01-10T09:00:00.000Z"
    assert not any(isinstance(one, Complete) for one in records)


def test_denials_promise_nothing_when_one_audience_was_not_read_whole(
    account: Any, small_pages: None
) -> None:
    for n in range(3):
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(minutes=n))
    account.faults({"kind": "empty-page", "match": {"endpoint": "members.list", "nth": 1}})
    connector = account.connector(audiences=[NEWS, CLUB])

    records = list(connector.read_denials(None))

    assert isinstance(records[-1], Incomplete)
    assert not any(isinstance(one, Bookmark) for one in records)


def test_each_audience_is_a_stream_with_a_bookmark_of_its_own(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    account.state.add_member(CLUB, "ada@example.org", at=JANUARY + timedelta(days=1), status="unsubscribed")
    connector = account.connector(audiences=[NEWS, CLUB], consents={NEWS: "email_marketing"})

    streams = connector.streams()
    (news,), (club,) = (contacts(read(connector, stream=n)) for n in (0, 1))

    assert [(one.name, one.partition) for one in streams] == [("members", NEWS), ("members", CLUB)]
    assert [(one.state, one.purpose) for one in news.consents] == [("granted", "email_marketing")]
    assert [(one.state, one.purpose) for one in club.consents] == [("withdrawn", "*")]


def test_reading_writes_nothing(account: Any) -> None:
    account.state.add_member(NEWS, "ada@example.org", at=JANUARY)
    connector = account.connector(activities=["campaigns"], purchases="orders")

    for n in range(3):
        read(connector, stream=n)
    list(connector.read_denials(None))

    assert {one.method for one in account.asked} == {"GET"}


def test_a_preview_takes_of_each_status_its_share(account: Any) -> None:
    for n in range(20):
        status = "unsubscribed" if n % 5 < 2 else "subscribed"
        account.state.add_member(NEWS, f"m{n}@example.org", at=JANUARY + timedelta(days=n), status=status)

    records = read(account.connector(context={"preview_people": 10}, consents={NEWS: "email_marketing"}))

    # 12 of 20 are subscribed: 6 of 10.
    assert emails(records)[:6] == [f"m{n}@example.org" for n in (2, 3, 4, 7, 8, 9)]
    assert emails(records)[6:] == [f"m{n}@example.org" for n in (0, 1, 5, 6)]
    assert isinstance(records[-1], Incomplete)
