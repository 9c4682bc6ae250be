"""Each status and opt-out of HubSpot becomes exactly the event that the consent table names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consentric import ConsentEvent
from consentric_hubspot.consents import consent_events

AT = "2025-03-01T10:00:00.000Z"
MARCH = datetime(2025, 3, 1, 10, 0, tzinfo=UTC)
FORM = "Form 'Newsletter sign-up' on the website, notice n2"
PURPOSES = {"Newsletter": "email_marketing", "8": "partners"}


def status(said: str, **more: Any) -> dict[str, Any]:
    fixed = {"subscriptionId": 7, "subscriptionName": "Newsletter", "status": said, "timestamp": AT}
    return {**fixed, **more}


def events(
    *statuses: dict[str, Any], properties: dict[str, str | None] | None = None
) -> tuple[ConsentEvent, ...]:
    optouts = {"hs_email_optout_7": "7", "hs_email_optout_9": "9"}
    return consent_events(properties or {}, statuses, optouts=optouts, purposes=PURPOSES)


def test_a_subscription_by_a_form_with_time_and_notice_is_a_grant_of_grade_b() -> None:
    (event,) = events(status("SUBSCRIBED", legalBasis="CONSENT_WITH_NOTICE", legalBasisExplanation=FORM))
    assert event == ConsentEvent(
        state="granted",
        purpose="email_marketing",
        channel="email",
        grade="B",
        occurred_at=MARCH,
        method="form",
        notice="n2",
        origin="Newsletter",
    )


def test_a_confirmed_double_opt_in_is_grade_a() -> None:
    (event,) = events(status("SUBSCRIBED"), properties={"hs_emailconfirmationstatus": "Confirmed"})
    assert (event.grade, event.method) == ("A", "doi")


def test_a_confirmed_address_does_not_make_a_no_a_confirmed_one() -> None:
    (event,) = events(status("UNSUBSCRIBED"), properties={"hs_emailconfirmationstatus": "Confirmed"})
    assert (event.grade, event.method) == ("C", "crm_flag")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("", AT),
        ("Form on the website", AT),
        ("notice n2", AT),
        (FORM, None),
        ("Signed the form, no notice on it", AT),
    ],
)
def test_without_time_method_or_notice_a_grant_is_grade_c(text: str, time: str | None) -> None:
    (event,) = events(status("SUBSCRIBED", legalBasisExplanation=text, timestamp=time))
    assert event.grade == "C"


@pytest.mark.parametrize(
    ("text", "method", "notice"),
    [
        ("Formulaire du site, mention 2024-01", "form", "2024-01"),
        ("Preference centre; notice: privacy-fr.", "preference_centre", "privacy-fr"),
        ("coupon papier, mention = M3", "paper", "M3"),
    ],
)
def test_the_explanation_names_method_and_notice(text: str, method: str, notice: str) -> None:
    (event,) = events(status("SUBSCRIBED", legalBasisExplanation=text))
    assert (event.grade, event.method, event.notice) == ("B", method, notice)


@pytest.mark.parametrize(
    "basis",
    [
        "LEGITIMATE_INTEREST_PQL",
        "LEGITIMATE_INTEREST_CLIENT",
        "LEGITIMATE_INTEREST_OTHER",
        "PERFORMANCE_OF_CONTRACT",
    ],
)
def test_a_subscription_on_interest_or_contract_is_no_consent(basis: str) -> None:
    assert events(status("SUBSCRIBED", legalBasis=basis, legalBasisExplanation=FORM)) == ()


def test_a_no_counts_whatever_the_basis_says() -> None:
    (event,) = events(status("UNSUBSCRIBED", legalBasis="LEGITIMATE_INTEREST_CLIENT"))
    assert (event.state, event.purpose, event.occurred_at) == ("withdrawn", "email_marketing", MARCH)


def test_a_status_that_nobody_set_is_no_event() -> None:
    assert events(status("NOT_SPECIFIED"), properties={"hs_email_optout": "false"}) == ()


def test_an_unmapped_subscription_grants_nothing_and_its_no_counts_for_everything() -> None:
    other = {"subscriptionId": 99, "subscriptionName": "Webinars"}
    assert events(status("SUBSCRIBED", **other)) == ()
    (event,) = events(status("UNSUBSCRIBED", **other))
    assert (event.state, event.purpose, event.channel, event.origin) == (
        "withdrawn",
        "*",
        "email",
        "Webinars",
    )


def test_a_subscription_may_be_mapped_by_its_number() -> None:
    (event,) = events(status("SUBSCRIBED", subscriptionId=8, subscriptionName="Partner offers"))
    assert event.purpose == "partners"


def test_the_opt_out_of_all_e_mail_is_a_no_to_every_purpose() -> None:
    (event,) = events(properties={"hs_email_optout": "true"})
    assert (event.state, event.purpose, event.channel, event.occurred_at) == (
        "withdrawn",
        "*",
        "email",
        None,
    )


def test_an_opt_out_property_counts_where_no_status_says_it() -> None:
    properties: dict[str, str | None] = {"hs_email_optout_7": "true", "hs_email_optout_9": "true"}
    told = events(status("UNSUBSCRIBED"), properties=properties)
    assert [(event.purpose, event.occurred_at) for event in told] == [
        ("email_marketing", MARCH),
        ("*", None),
    ]
