"""Values of an explanation as people read them: money with its currency, points to one decimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from consentric.app.report.words import Lang, Words
from consentric.segments.decay import MILLION
from consentric.segments.rule_names import MEASURES

from .quality import exact_money
from .table import number

_MILLIONTHS = ("p_alive", "expected_orders", "probability")
_POINTS = ("expected", "intent")
_YES: Mapping[Lang, str] = {"en": "yes", "fr": "oui"}
_NO: Mapping[Lang, str] = {"en": "no", "fr": "non"}
_AMOUNT = "_minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Writes a value down in one language; the name of its input says what it is counted in."""

    lang: Lang
    currency: str

    def __call__(self, value: Any, name: str, *, away_from: Any = None) -> str:
        """The value; a number of points is rounded away from another one, so that what is said of it holds.

        >>> shown = Shown(lang="en", currency="EUR")
        >>> shown(4_999_999, "points"), shown(4_999_999, "points", away_from=6_000_000)
        ('5.0', '4.9')
        """
        if isinstance(value, bool):
            return (_YES if value else _NO)[self.lang]
        if value is None:
            return "-"
        if isinstance(value, tuple):
            return ", ".join(value)
        if not isinstance(value, int):
            return str(value)
        if is_amount(name):
            text = exact_money(value, Words(self.lang, self.currency))
            return text.replace("EUR", "€") if self.lang == "fr" else text
        if name in _POINTS or name.startswith("points"):
            return self._decimal(_points(value, away_from))
        # Counted in millionths, so that the sum is the same on every engine.
        if name in _MILLIONTHS or name.startswith(("parameter ", "log_odds")):
            return self._decimal(f"{value / MILLION:f}".rstrip("0").rstrip("."))
        return number(value)

    def _decimal(self, text: str) -> str:
        return text.replace(".", ",") if self.lang == "fr" else text


def is_amount(name: str) -> bool:
    """Whether an input is an amount of money: a measure in minor units, or what a rule calls it."""
    return name.endswith(_AMOUNT) or (name in MEASURES and MEASURES[name].kind == "money")


def plain_name(name: str) -> str:
    """The name of an input without the unit that its value shows.

    >>> plain_name("spent_minor"), plain_name("orders")
    ('spent', 'orders')
    """
    return name.removesuffix(_AMOUNT)


def _points(value: int, away_from: int | None) -> str:
    tenths = value * 10 / MILLION
    if away_from is None or away_from == value:
        return f"{round(tenths) / 10:.1f}"
    return f"{(ceil(tenths) if value > away_from else floor(tenths)) / 10:.1f}"
