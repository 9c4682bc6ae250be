"""Turns the cells of one row into values; a cell that cannot be read names its row and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from consentric import DataError
from consentric.sdk.records import FieldValue

from .tables import Table

_UNUSABLE = "CS301"
_NUMBER = re.compile(r"[+-]?\d{1,13}(\.\d{1,6})?")
"""13 digits before the point: what still fits 64 bits when counted in minor units of up to four places."""
_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
"""A spreadsheet runs a cell that starts so (OWASP, "CSV injection"); the full-width forms too."""
_PHONE = re.compile(r"\+[\d\s().\-/]+")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_FLAG_WORDS = {word: word for word in _FLAGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; every method gives None for a column that is not configured and for an empty cell."""

    table: Table
    number: int
    cells: Mapping[str, Any]
    zone: ZoneInfo

    def fault(self, column: str, problem: str) -> DataError:
        """The error for one cell of this row, without its content."""
        return self.table.fault(problem, line=self.number, column=column, code=_UNUSABLE)

    def key(self, column: str) -> str:
        """Text that must be there."""
        found = self.text(column)
        if found is None:
            raise self.fault(column, "is empty")
        return found

    def text(self, column: str | None) -> str | None:
        """Text, trimmed; refused when a spreadsheet would run it. Numbers and phone numbers are fine."""
        if column is None:
            return None
        found = self.address(column)
        if found and _FORMULA.match(found) and not (_NUMBER.fullmatch(found) or _PHONE.fullmatch(found)):
            raise self.fault(column, "starts like a formula")
        return found

    def address(self, column: str | None) -> str | None:
        """An e-mail address or phone number, trimmed and not judged here: one bad address stops nobody."""
        value = self._value(column)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.fault(str(column), "is not text")
        found = str(value).strip(" \u00a0\u3000")
        if "\0" in found:
            raise self.fault(str(column), "holds a NUL character")
        return found or None

    def word(self, column: str | None, meanings: Mapping[str, str]) -> str | None:
        """One of a few words, compared without regard to case."""
        value = self._value(column)
        if value is None or not str(value).strip():
            return None
        found = meanings.get(str(value).strip().casefold())
        if found is None:
            raise self.fault(str(column), f"is none of {', '.join(sorted(meanings))}")
        return found

    def flag(self, column: str | None) -> bool | None:
        """True or false, yes or no, 1 or 0."""
        found = self.word(column, _FLAG_WORDS)
        return None if found is None else _FLAGS[found]

    def code(self, column: str | None, letters: int) -> str | None:
        """A code of so many letters, as `FR` or `EUR`, in upper case."""
        found = self.text(column)
        if found is None:
            return None
        if len(found) != letters or not (found.isascii() and found.isalpha()):
            raise self.fault(str(column), f"is not a code of {letters} letters")
        return found.upper()

    def money(self, column: str | None) -> Decimal | None:
        """An amount in major units, with a point before the decimals."""
        value = self._value(column)
        if value is None or value == "":
            return None
        # repr of a float is the shortest text that reads back as it: 12.5, never 12.4999.
        text = repr(value) if isinstance(value, float) else str(value).strip()
        if isinstance(value, bool) or not _NUMBER.fullmatch(text):
            raise self.fault(str(column), "is not an amount such as 1234.50")
        return Decimal(text)

    def instant(self, column: str | None) -> datetime | None:
        """A time in UTC; one without an offset is taken in the zone of the settings, a day as its start."""
        value = self._value(column)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, str):
                value = datetime.fromisoformat(value.strip())
            elif isinstance(value, date) and not isinstance(value, datetime):
                value = datetime.combine(value, time())
            if value.tzinfo is None:
                value = value.replace(tzinfo=self.zone)
            found: datetime = value.astimezone(UTC)
        except (ValueError, OverflowError, AttributeError):
            raise self.fault(str(column), "is not a time such as 2026-06-15T12:00:00+02:00") from None
        return found

    def day(self, column: str | None) -> date | None:
        """A calendar day, taken as written down."""
        value = self._value(column)
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise self.fault(str(column), "is not a day such as 2026-06-15") from None

    def raw(self, column: str) -> FieldValue:
        """A field as the engine wants it: text, number, flag or day, not yet generalised."""
        value = self._value(column)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, float | Decimal):
            return str(value)
        return value if isinstance(value, bool | int | date) else self.text(column)

    def _value(self, column: str | None) -> Any:
        return None if column is None else self.cells[column]
