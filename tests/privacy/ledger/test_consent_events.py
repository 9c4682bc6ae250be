"""Events are appended once, endings can be lifted, and a no without a date is never lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from consentric_privacy.ledger import NewEvent


def reason(house: Any, rref: bytes, on: str) -> tuple[str, str | None]:
    decision = house.decide(rref, on)
    return decision.reason, decision.effect


def test_an_event_read_again_is_swallowed(house: Any) -> None:
    ann = house.record("ann")

    first = house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    second = house.says(ann, "granted", "2026-03-01", read_on="2026-03-03")

    assert (first, second) == ({ann}, set())
    assert house.count("consent_event") == 1
    assert house.person(ann).events[0].first_observed_at == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_same_event_twice_in_one_page_is_one(house: Any) -> None:
    ann = house.record("ann")
    event = NewEvent(
        rref=ann, source="hubspot", purpose="news", channel="email", state="granted", grade="B",
        method="form", occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip

    house.ledger.record_events([event, event], at=datetime(2026, 3, 2, tzinfo=UTC))

    assert house.count("consent_event") == 1


def test_all_that_a_source_tells_is_kept_with_the_event(house: Any) -> None:
    ann = house.record("ann")
    house.says(
        ann, "granted", "2026-03-01", read_on="2026-03-02",
        grade="A", notice="n3", origin="Sign-up", parental=True, method="doi",
    )  # fmt: skip

    event = house.person(ann).events[0]

    assert (event.rref, event.source, event.purpose, event.channel) == (ann, "hubspot", "news", "email")
    assert (event.state, event.grade, event.notice, event.origin) == ("granted", "A", "n3", "Sign-up")
    assert (event.parental, event.occurred_at) == (True, datetime(2026, 3, 1, 12, tzinfo=UTC))


def test_a_withdrawal_without_a_date_counts_from_its_first_observation_and_does_not_move(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", None, read_on="2026-04-01", grade="D")
    other = house.record("ann", "mailchimp")
    house.says(other, "granted", "2026-05-01", read_on="2026-05-02", source="mailchimp", grade="A")
    house.says(ann, "withdrawn", None, read_on="2026-06-01", grade="D")

    assert reason(house, ann, "2026-06-02") == ("CONSENT_VALID", None)


def test_a_withdrawal_set_anew_after_its_record_showed_a_grant_counts_from_then(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", None, read_on="2026-04-01", grade="D")
    house.says(ann, "granted", "2026-05-01", read_on="2026-05-02")
    assert reason(house, ann, "2026-05-03") == ("CONSENT_VALID", None)

    house.says(ann, "withdrawn", None, read_on="2026-06-01", grade="D")
    assert reason(house, ann, "2026-06-02") == ("CONSENT_WITHDRAWN", "remove")

    assert house.says(ann, "withdrawn", None, read_on="2026-06-05", grade="D") == set()
    assert house.count("consent_event") == 3


def test_a_withdrawal_that_a_whole_read_no_longer_showed_counts_anew_when_set_again(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", None, read_on="2026-04-01", grade="D", purpose="*")
    house.says(ann, "granted", "2026-05-01", read_on="2026-05-02", read_whole=True)
    assert reason(house, ann, "2026-05-03") == ("CONSENT_VALID", None)

    house.says(ann, "withdrawn", None, read_on="2026-06-01", grade="D", purpose="*")
    assert reason(house, ann, "2026-06-02") == ("CONSENT_WITHDRAWN", "remove")


def test_a_subscription_without_a_date_never_overrules_a_no(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", None, read_on="2026-04-01", grade="D")
    house.says(ann, "granted", None, read_on="2026-05-01", grade="C")

    assert reason(house, ann, "2026-05-02") == ("CONSENT_WITHDRAWN", "remove")


def test_a_deleted_record_ends_its_grants_once_and_only_by_inference(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")

    assert house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 1, tzinfo=UTC)) == {ann}
    assert house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 2, tzinfo=UTC)) == set()
    assert reason(house, ann, "2026-06-03") == ("CONSENT_WITHDRAWN", "expire")


def test_an_ending_concerns_its_own_source_only(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")

    assert house.ledger.end_grants([ann], source="mailchimp", at=datetime(2026, 6, 1, tzinfo=UTC)) == set()
    assert reason(house, ann, "2026-06-03") == ("CONSENT_VALID", None)


def test_a_record_with_nothing_but_a_no_has_nothing_to_end(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", "2026-03-01", read_on="2026-03-02")

    assert house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 1, tzinfo=UTC)) == set()
    assert reason(house, ann, "2026-06-03") == ("CONSENT_WITHDRAWN", "remove")


def test_an_ended_grant_counts_again_when_a_finished_read_shows_it_and_can_end_again(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 1, tzinfo=UTC))
    house.ledger.mark_read("hubspot", datetime(2026, 6, 1, tzinfo=UTC), full=False)

    house.says(ann, "granted", "2026-03-01", read_on="2026-07-01")
    assert reason(house, ann, "2026-07-02") == ("CONSENT_WITHDRAWN", "expire")  # the read never finished

    house.ledger.mark_read("hubspot", datetime(2026, 7, 1, 12, tzinfo=UTC), full=False)
    assert reason(house, ann, "2026-07-02") == ("CONSENT_VALID", None)

    assert house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 8, 1, tzinfo=UTC)) == {ann}
    assert reason(house, ann, "2026-08-02") == ("CONSENT_WITHDRAWN", "expire")


def test_a_grant_first_seen_after_an_ending_counts_when_the_read_has_finished(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02", purpose="other")
    house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 1, tzinfo=UTC))

    house.says(ann, "granted", "2026-03-01", read_on="2026-07-01")
    house.ledger.mark_read("hubspot", datetime(2026, 7, 1, 12, tzinfo=UTC), full=False)

    assert reason(house, ann, "2026-07-02") == ("CONSENT_VALID", None)


def test_a_page_replayed_after_a_crash_does_not_lift_an_ending_of_the_same_read(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    for read_on in ("2026-06-01", "2026-06-02"):  # the second is the replay
        house.says(ann, "granted", "2026-03-01", read_on=read_on)
        house.ledger.end_grants(
            [ann], source="hubspot", at=datetime.fromisoformat(f"{read_on}T12:00:00+00:00")
        )
    house.ledger.mark_read("hubspot", datetime(2026, 6, 2, 12, tzinfo=UTC), full=True)

    assert reason(house, ann, "2026-06-03") == ("CONSENT_WITHDRAWN", "expire")


def test_an_ending_without_a_date_set_anew_ends_the_newer_grant(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "ended", None, read_on="2026-04-01")
    house.says(ann, "granted", "2026-05-01", read_on="2026-05-02")
    assert reason(house, ann, "2026-05-03") == ("CONSENT_VALID", None)

    house.says(ann, "ended", None, read_on="2026-06-01")

    assert reason(house, ann, "2026-06-02") == ("CONSENT_WITHDRAWN", "expire")


def test_a_no_that_is_merely_repeated_does_not_move_past_a_later_yes(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", "2026-03-01", read_on="2026-03-02", counts="if_new")
    other = house.record("ann", "mailchimp")
    house.says(other, "granted", "2026-04-01", read_on="2026-04-02", source="mailchimp", grade="A")

    assert house.says(ann, "withdrawn", "2026-05-01", read_on="2026-05-02", counts="if_new") == set()
    assert reason(house, ann, "2026-05-03") == ("CONSENT_VALID", None)

    house.says(ann, "granted", "2026-05-10", read_on="2026-05-11")
    house.says(ann, "withdrawn", "2026-06-01", read_on="2026-06-02", counts="if_new")
    assert reason(house, ann, "2026-06-03") == ("CONSENT_WITHDRAWN", "remove")


def test_a_box_that_was_never_ticked_is_no_answer_and_one_that_was_is_a_no(house: Any) -> None:
    ann = house.record("ann")
    unticked: dict[str, Any] = {"counts": "if_granted", "read_whole": True}
    assert house.says(ann, "withdrawn", None, read_on="2026-03-01", **unticked) == set()
    house.says(ann, "granted", "2026-03-10", read_on="2026-03-11")

    house.says(ann, "withdrawn", None, read_on="2026-04-01", **unticked)
    assert reason(house, ann, "2026-04-02") == ("CONSENT_WITHDRAWN", "remove")
    assert house.says(ann, "withdrawn", None, read_on="2026-05-01", **unticked) == set()
    assert house.count("consent_event") == 2


def test_the_last_word_is_that_of_the_same_source_and_question(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02", source="mailchimp")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02", purpose="other")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02", channel="sms")

    assert house.says(ann, "withdrawn", None, read_on="2026-04-01", counts="if_granted") == set()
