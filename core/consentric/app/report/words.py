"""Numbers, days and amounts as readers of French or English write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from consentric.app.render.table import THIN_SPACE, number
from consentric.segments.settings import Texts
from consentric.warehouse.money import exponent_of

from .picture import HIDDEN

Lang = Literal["en", "fr"]

_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
}
_SHORT = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Words:
    """One language and one currency."""

    lang: Lang
    currency: str = "EUR"

    def __call__(self, en: str, fr: str) -> str:
        """The text in this language."""
        return fr if self.lang == "fr" else en

    def title(self, texts: Texts) -> str:
        """A title of the configuration on one line, without what a page could not show."""
        text = texts.fr if self.lang == "fr" else texts.en
        return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or "?"

    def count(self, value: int | None) -> str:
        """A count, or the sign of a hidden one."""
        return HIDDEN if value is None else number(value)

    def people(self, value: int) -> str:
        """So many people."""
        noun = self("person", "personne") if value == 1 else self("people", "personnes")
        return f"{number(value)} {noun}"

    def n(self, value: int | None) -> str:
        """How many people a picture rests on."""
        return f"n = {self.count(value)}"

    def percent(self, part: int, whole: int) -> str:
        """A share, without decimals.

        >>> Words("en").percent(1, 3).replace(THIN_SPACE, "_")
        '33_%'
        """
        rounded = (200 * part + whole) // (2 * whole) if whole else 0
        if part and not rounded:
            return f"<{THIN_SPACE}1{THIN_SPACE}%"
        return f"{rounded}{THIN_SPACE}%"

    def day(self, day: date) -> str:
        """A day with its year.

        >>> Words("fr").day(date(2026, 11, 1))
        '1er novembre 2026'
        """
        first = "1er" if self.lang == "fr" and day.day == 1 else str(day.day)
        return f"{first} {_MONTHS[self.lang][day.month - 1]} {day.year}"

    def short_day(self, day: date) -> str:
        """A day on an axis."""
        return f"{day.day} {_SHORT[self.lang][day.month - 1]}"

    def money(self, minor: int | None) -> str:
        """An amount in whole units of the reporting currency.

        >>> Words("en").money(1234550).replace(THIN_SPACE, "_")
        '12_346_€'
        """
        if minor is None:
            return HIDDEN
        unit = 10 ** exponent_of(self.currency)
        whole = (2 * minor + unit) // (2 * unit)
        return f"{number(whole)}{THIN_SPACE}{_SYMBOLS.get(self.currency, self.currency)}"

    def listed(self, parts: Iterable[str]) -> str:
        """Several things in one line."""
        return ", ".join(parts)
