"""Money in minor units: exponents of ISO 4217, rounding half to even."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consentric.warehouse.money import minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("12.34", "EUR", 1234),
        ("-0.01", "EUR", -1),
        ("1200", "JPY", 1200),
        ("1.234", "TND", 1234),
        ("0.125", "EUR", 12),
        ("0.135", "EUR", 14),
        ("0", "CHF", 0),
    ],
)
def test_amounts_become_integers_of_the_minor_unit(amount: str, currency: str, expected: int) -> None:
    assert minor_units(Decimal(amount), currency) == expected
