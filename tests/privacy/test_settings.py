"""The data-protection sections: shipped purposes, refusals, and what they become for the decision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from consentric_privacy.ages import KNOWN_ADULT, birthdays
from consentric_privacy.purpose import Claim, Purpose
from consentric_privacy.settings import (
    ControllerSettings,
    EvidenceSettings,
    NoticeSettings,
    PurposeSettings,
    claim_from,
    purpose_from,
)

CLAIM = {"source": "hubspot", "document": "file:form-2022.png", "by": "dpo"}


def test_the_shipped_segmentation_is_marketing_profiling_without_a_channel() -> None:
    settings = PurposeSettings.model_validate({"id": "segmentation", "assessment": "file:lia.pdf"})

    assert purpose_from(settings, has_assessment=True) == Purpose(
        id="segmentation",
        basis=("legitimate_interest",),
        channels=("none",),
        direct_marketing=True,
        profiling=True,
        has_assessment=True,
    )


def test_the_shipped_email_marketing_rests_on_consent_or_soft_opt_in() -> None:
    settings = PurposeSettings.model_validate({"id": "email_marketing", "authorities": ["hubspot"]})

    assert purpose_from(settings, has_assessment=False) == Purpose(
        id="email_marketing",
        basis=("consent", "soft_opt_in"),
        channels=("email",),
        direct_marketing=True,
        authorities=("hubspot",),
    )


def test_a_shipped_purpose_can_be_changed_and_one_channel_written_alone() -> None:
    settings = PurposeSettings.model_validate(
        {"id": "email_marketing", "basis": ["consent"], "channel": "sms", "direct_marketing": False}
    )

    assert (settings.basis, settings.channels, settings.direct_marketing) == (["consent"], ["sms"], False)


@pytest.mark.parametrize(
    "given",
    [
        {"id": "news"},
        {"id": "news", "basis": []},
        {"id": "news", "basis": ["because"]},
        {"id": "news", "basis": ["consent", "consent"]},
        {"id": "News letter", "basis": ["consent"]},
        {"id": "news", "basis": ["consent"], "colour": "red"},
        {"id": "news", "basis": ["consent"], "channel": "email", "channels": ["email"]},
        {"id": "news", "basis": ["consent"], "channel": "pigeon"},
        {"id": "news", "basis": ["consent"], "min_grade": "C"},
        {"id": "news", "basis": ["consent"], "max_age_months": 0},
        {"id": "news", "basis": ["consent"], "assessment": "file:lia.pdf"},
        {"id": "news", "basis": ["legitimate_interest"], "assessment": "LIA-2026-01"},
        {"id": "news", "basis": ["legitimate_interest"], "special_category": True},
    ],
)
def test_a_purpose_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PurposeSettings.model_validate(given)


def test_a_claim_covers_its_form_from_its_first_to_the_end_of_its_last_day() -> None:
    settings = EvidenceSettings.model_validate(
        CLAIM
        | {"where": "form = 'Newsletter sign-up'", "from": date(2022, 3, 1), "to": date(2024, 1, 31)}
        | {"grade": "B", "notice": "n2"}
    )

    assert claim_from(settings) == Claim(
        source="hubspot",
        origin="Newsletter sign-up",
        from_at=datetime(2022, 3, 1, tzinfo=UTC),
        until_at=datetime(2024, 2, 1, tzinfo=UTC),
        grade="B",
        notice="n2",
    )


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"grade": "A"},
        {"grade": "B", "where": "form is 'x'"},
        {"grade": "B", "from": date(2024, 1, 2), "to": date(2024, 1, 1)},
        {"grade": "B", "document": "form-2022.png"},
        {"grade": "B", "by": ""},
        {"grade": "B", "from_": date(2024, 1, 2)},
    ],
)
def test_a_claim_that_proves_nothing_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EvidenceSettings.model_validate(CLAIM | more)


def test_controller_and_notice_refuse_what_they_do_not_know() -> None:
    assert ControllerSettings.model_validate({"name": "Acme SAS"}).country == "FR"
    assert NoticeSettings.model_validate({"id": "n2", "text": "file:n2.md"}).language == "fr"
    for model, given in (
        (ControllerSettings, {"name": "Acme SAS", "consent_ages": {"FR": 12}}),
        (ControllerSettings, {"name": "Acme SAS", "ceo": "x"}),
        (NoticeSettings, {"id": "n2", "text": "n2.md"}),
    ):
        with pytest.raises(ValidationError):
            model.model_validate(given)


@pytest.mark.parametrize(
    ("born_on", "country", "expected"),
    [
        (date(2012, 3, 14), "FR", (date(2027, 4, 1), date(2030, 4, 1))),
        (date(2012, 3, 1), "FR", (date(2027, 3, 1), date(2030, 3, 1))),
        (date(2012, 12, 24), "ES", (date(2027, 1, 1), date(2031, 1, 1))),
        (date(2012, 2, 29), None, (date(2028, 3, 1), date(2030, 3, 1))),
        (date(2008, 6, 2), "FR", (date(2023, 7, 1), date(2026, 7, 1))),
        (date(2008, 6, 1), "FR", (KNOWN_ADULT, KNOWN_ADULT)),
        (date(1970, 6, 1), "FR", (KNOWN_ADULT, KNOWN_ADULT)),
    ],
)
def test_birthdays_are_rounded_up_to_the_month_and_of_adults_nothing_is_kept(
    born_on: date, country: str | None, expected: tuple[date, date]
) -> None:
    assert birthdays(born_on, country, today=date(2026, 6, 15)) == expected
