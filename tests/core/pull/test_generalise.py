"""What is kept of fields that could single a person out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from consentric.pull.generalise import generalised
from consentric.pull.settings import FieldSettings
from consentric.sdk.records import FieldValue

TODAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("value", "how", "expected"),
    [
        ("75011", "department", "75"),
        (" 06000 ", "department", "06"),
        ("97410", "department", "974"),
        ("SW1A 1AA", "department", None),
        ("7501", "department", None),
        (date(1984, 11, 16), "age_band", "40-49"),
        (date(1986, 11, 17), "age_band", "30-39"),
        ("1986-11-16", "age_band", "40-49"),
        (date(2030, 1, 1), "age_band", None),
        ("not a date", "age_band", None),
        (datetime(2026, 3, 9, 18, 30, tzinfo=UTC), "day", "2026-03-09"),
        ("2026-03-09T18:30:00Z", "month", "2026-03"),
        (date(2026, 3, 9), "year", "2026"),
        ("gold", None, "gold"),
        (True, None, "true"),
        (7, None, "7"),
        ("", None, None),
        (None, "day", None),
    ],
)
def test_a_value_is_kept_no_finer_than_its_generalisation(
    value: FieldValue, how: str | None, expected: str | None
) -> None:
    assert generalised(value, how, TODAY) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {"class": "quasi"},
        {"class": "attribute", "generalise": "day"},
        {"class": "attribute", "external_id": "loyalty"},
        {"class": "special"},
    ],
)
def test_a_field_whose_class_and_use_disagree_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FieldSettings.model_validate({"connection": "hubspot", "name": "zip", **settings})


def test_identifiers_and_free_text_are_never_kept_and_free_text_never_asked_for() -> None:
    identifier = FieldSettings.model_validate(
        {"connection": "c", "name": "loyalty_number", "class": "identifier", "external_id": "loyalty"}
    )
    note = FieldSettings.model_validate({"connection": "c", "name": "note", "class": "free_text"})

    assert identifier.attribute is None
    assert identifier.is_requested
    assert note.attribute is None
    assert not note.is_requested
