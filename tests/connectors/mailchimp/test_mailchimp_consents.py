"""From a member's status, boxes and times to consent events (privacy.md 5.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consentric import ConsentEvent
from consentric_mailchimp.consents import Speaker, consent_events

SIGNED, OPTED, CHANGED = "2026-03-01T10:00:00+00:00", "2026-03-01T10:05:00+00:00", "2026-05-01T09:00:00+00:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def speaker(
    purpose: str | None = "email_marketing", *, confirmed: bool = False, **permissions: str
) -> Speaker:
    return Speaker(list_id="news", purpose=purpose, permissions=permissions, is_confirmed=confirmed)


def events(audience: Speaker, *, is_new_no: bool = False, **member: Any) -> list[ConsentEvent]:
    row = {"status": "subscribed", "source": "Embed Form", "last_changed": CHANGED, **member}
    return list(consent_events(row, audience, is_new_no=is_new_no))


def brief(found: list[ConsentEvent]) -> list[tuple[str, str, str, str]]:
    return [(one.state, one.purpose, one.channel, one.grade) for one in found]


@pytest.mark.parametrize(
    ("confirmed", "source", "times", "grade", "method", "told"),
    [
        (True, "Embed Form", {"timestamp_signup": SIGNED, "timestamp_opt": OPTED}, "A", "doi", OPTED),
        (True, "API - Generic", {"timestamp_signup": SIGNED, "timestamp_opt": OPTED}, "A", "doi", OPTED),
        (True, "Embed Form", {"timestamp_signup": SIGNED, "timestamp_opt": ""}, "B", "form", SIGNED),
        # An import skips the confirmation: its one time, or two equal ones, are those of the import.
        (True, "Import", {"timestamp_signup": "", "timestamp_opt": OPTED}, "C", "import", OPTED),
        (True, "Import", {"timestamp_signup": OPTED, "timestamp_opt": OPTED}, "C", "import", OPTED),
        (True, "Import", {"timestamp_signup": SIGNED, "timestamp_opt": OPTED}, "A", "doi", OPTED),
        (False, "Hosted Signup Form", {"timestamp_opt": OPTED}, "B", "form", OPTED),
        (False, "Landing Page", {"timestamp_opt": OPTED}, "B", "form", OPTED),
        (False, "API - Generic", {"timestamp_opt": OPTED}, "C", "crm_flag", OPTED),
        (False, "Admin Add", {"timestamp_opt": OPTED}, "C", "import", OPTED),
        (False, "Embed Form", {"timestamp_signup": "", "timestamp_opt": ""}, "D", "crm_flag", None),
        (True, "Embed Form", {}, "D", "crm_flag", None),
    ],
)
def test_a_subscription_is_graded_by_what_proves_it(
    confirmed: bool, source: str, times: dict[str, str], grade: str, method: str, told: str | None
) -> None:
    (event,) = events(speaker(confirmed=confirmed), source=source, **times)

    assert (event.state, event.purpose, event.channel) == ("granted", "email_marketing", "email")
    assert (event.grade, event.method) == (grade, method)
    assert event.occurred_at == (at(told) if told else None)
    assert (event.origin, event.counts) == ("news", "always")


def test_an_unmapped_audience_grants_nothing_and_its_no_counts_for_every_purpose() -> None:
    unmapped = speaker(None)

    assert events(unmapped, timestamp_opt=OPTED) == []
    assert events(unmapped, status="pending", timestamp_signup=SIGNED) == []
    assert brief(events(unmapped, status="unsubscribed")) == [("withdrawn", "*", "email", "B")]


def test_an_unsubscribe_counts_once_from_a_time_it_was_not_after() -> None:
    (old,) = events(speaker(), status="unsubscribed")
    (new,) = events(speaker(), status="unsubscribed", is_new_no=True)

    assert (old.state, old.purpose, old.occurred_at) == ("withdrawn", "email_marketing", at(CHANGED))
    assert (old.counts, new.counts) == ("if_new", "always")


def test_who_waits_for_a_confirmation_is_pending() -> None:
    (event,) = events(speaker(confirmed=True), status="pending", timestamp_signup=SIGNED)

    assert (event.state, event.grade, event.occurred_at) == ("pending", "B", at(SIGNED))


@pytest.mark.parametrize("status", ["transactional", "archived", "cleaned"])
def test_who_never_subscribed_left_or_bounced_says_nothing(status: str) -> None:
    assert events(speaker(), status=status, timestamp_opt=OPTED) == []


def boxes(**enabled: bool) -> list[dict[str, Any]]:
    return [{"marketing_permission_id": id, "enabled": on} for id, on in enabled.items()]


def test_a_ticked_box_grants_and_an_unticked_one_counts_only_after_a_grant() -> None:
    audience = speaker(None, p1="email_marketing", p2="profiling")

    ticked, unticked = events(
        audience, timestamp_opt=OPTED, marketing_permissions=boxes(p1=True, p2=False, p3=True)
    )

    assert (ticked.state, ticked.purpose, ticked.grade) == ("granted", "email_marketing", "B")
    assert (unticked.state, unticked.purpose) == ("withdrawn", "profiling")
    assert (unticked.occurred_at, unticked.counts) == (None, "if_granted")


def test_where_a_box_speaks_for_the_audiences_purpose_the_box_decides() -> None:
    audience = speaker("email_marketing", p1="email_marketing")

    assert brief(events(audience, timestamp_opt=OPTED, marketing_permissions=boxes(p1=False))) == [
        ("withdrawn", "email_marketing", "email", "B")
    ]
    assert brief(events(audience, timestamp_opt=OPTED, marketing_permissions=boxes(p1=True))) == [
        ("granted", "email_marketing", "email", "B")
    ]
    assert brief(events(audience, timestamp_opt=OPTED)) == [("granted", "email_marketing", "email", "B")]


def test_two_boxes_for_one_purpose_must_both_be_ticked() -> None:
    audience = speaker(None, p1="email_marketing", p2="email_marketing")

    assert [one.state for one in events(audience, marketing_permissions=boxes(p1=True, p2=False))] == [
        "withdrawn"
    ]


def test_who_leaves_the_audience_takes_back_the_boxes_too() -> None:
    audience = speaker("email_marketing", p1="profiling")

    found = events(audience, status="unsubscribed", marketing_permissions=boxes(p1=True))

    assert brief(found) == [("withdrawn", p, "email", "B") for p in ("email_marketing", "profiling")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("subscribed", [("granted", "email_marketing", "sms", "B")]),
        ("unsubscribed", [("withdrawn", "email_marketing", "sms", "B")]),
        ("pending", [("pending", "email_marketing", "sms", "B")]),
        ("nonsubscribed", []),
        (None, []),
    ],
)
def test_text_messages_are_a_channel_of_their_own(status: str | None, expected: list[Any]) -> None:
    found = events(
        speaker(confirmed=True),
        status="cleaned",
        sms_subscription_status=status,
        sms_subscription_last_updated=OPTED,
    )

    assert brief(found) == expected
    assert all(one.occurred_at == at(OPTED) for one in found)


def test_an_unmapped_audience_passes_on_a_no_to_text_messages() -> None:
    found = events(speaker(None), status="cleaned", sms_subscription_status="unsubscribed")

    assert brief(found) == [("withdrawn", "*", "sms", "B")]
