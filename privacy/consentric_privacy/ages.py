"""The two birthdays that rules ask for, rounded so that no birth date is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

DIGITAL_CONSENT_AGES: Mapping[str, int] = {
    "AT": 14, "BE": 13, "BG": 14, "CY": 14, "CZ": 15, "DE": 16, "DK": 15, "EE": 13, "ES": 14, "FI": 13,
    "FR": 15, "GR": 15, "HR": 16, "HU": 16, "IE": 16, "IT": 14, "LT": 14, "LU": 16, "LV": 13, "MT": 13,
    "NL": 16, "PL": 16, "PT": 13, "RO": 16, "SE": 13, "SI": 15, "SK": 16, "GB": 13, "NO": 13, "IS": 13,
}  # fmt: skip
"""Age of digital consent by country (national laws under GDPR Art. 8(1)); elsewhere it is 16."""

KNOWN_ADULT = date(1900, 1, 1)
"""Stands for every birthday of a person known to be of age: the rules need to know no more."""


def birthdays(
    born_on: date, country: str | None, *, today: date, ages: Mapping[str, int] = DIGITAL_CONSENT_AGES
) -> tuple[date, date]:
    """The days on which a person reaches the age of digital consent and 18.

    Rounded up to the first of the month, so a minor counts as one a few days too long; of an adult nothing
    but the fact is told.

    >>> birthdays(date(2012, 3, 14), "FR", today=date(2026, 6, 15))
    (datetime.date(2027, 4, 1), datetime.date(2030, 4, 1))
    """
    adult_on = _first_of_month(born_on, 18)
    if today >= adult_on:
        return KNOWN_ADULT, KNOWN_ADULT
    return _first_of_month(born_on, ages.get(country or "", 16)), adult_on


def _first_of_month(born_on: date, age: int) -> date:
    """The birthday, or the first of the next month if it falls later in its own."""
    year, month = born_on.year + age, born_on.month
    if born_on.day == 1:
        return date(year, month, 1)
    return date(year + month // 12, month % 12 + 1, 1)
