"""What currencies were worth: a dated table in a file, turned into integers for the engine."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path

from consentric.sdk.errors import ConfigError, Fault
from consentric.warehouse.money import exponent_of

_BILLION = 1_000_000_000
_COLUMNS = ("currency", "day", "rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """From this day on, one unit of the currency is worth `rate` units of the reporting currency."""

    currency: str
    day: date
    rate: Decimal


def read_rates(path: Path) -> list[Rate]:
    """Reads a CSV with the columns currency, day, rate.

    Raises:
        ConfigError: With every line that cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        raise ConfigError(f"the rates file {path.name} cannot be read", code="CS227") from None
    reader = csv.DictReader(text.splitlines())
    if not set(_COLUMNS) <= set(reader.fieldnames or ()):
        raise ConfigError(
            f"{path.name} needs the columns currency, day and rate", where=f"{path.name}:1", code="CS227"
        )
    rates, faults = [], []
    for number, row in enumerate(reader, start=2):
        try:
            rate = Rate(
                currency=row["currency"].strip().upper(),
                day=date.fromisoformat(row["day"].strip()),
                rate=Decimal(row["rate"].strip()),
            )
            if not (rate.rate.is_finite() and rate.rate > 0):
                raise ValueError
        except (ValueError, InvalidOperation, AttributeError):
            message = "a line of rates needs a currency, a day as 2026-01-31 and a rate above 0"
            faults.append(Fault(message, where=f"{path.name}:{number}"))
        else:
            rates.append(rate)
    if faults:
        raise ConfigError(
            f"{path.name} has {len(faults)} lines that cannot be used", faults=faults, code="CS227"
        )
    return rates


def rate_rows(rates: Sequence[Rate], reporting: str) -> Iterator[tuple[str, date, date, int]]:
    """Rows of (currency, first day, last day, reporting minor units for 10^9 minor units).

    A rate holds until the next one of its currency; before the first there is none. The reporting currency
    is always worth itself.
    """
    yield reporting, date.min, date.max, _BILLION
    ordered = sorted(rates, key=lambda rate: (rate.currency, rate.day))
    for currency, group in groupby(ordered, key=lambda rate: rate.currency):
        if currency == reporting:
            continue
        by_day = {rate.day: rate.rate for rate in group}
        days = list(by_day)
        ends = [day - timedelta(days=1) for day in days[1:]] + [date.max]
        shift = exponent_of(reporting) - exponent_of(currency)
        for first, last in zip(days, ends, strict=True):
            yield currency, first, last, round(by_day[first].scaleb(shift) * _BILLION)
