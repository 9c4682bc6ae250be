"""Record ids: fifteen characters that differ by letter case, and three that repeat the case."""

from __future__ import annotations

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_FORM = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")
_INSTANCE = "Tn0"
"""Server of the record and the reserved character, as in ids of the vendor's own examples."""


def new_id(prefix: str, number: int) -> str:
    """The 18-character id of the record with that number; one prefix, one object."""
    digits = []
    for _ in range(9):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return long_id(prefix + _INSTANCE + "".join(reversed(digits)))


def long_id(short: str) -> str:
    """Adds the suffix: one character for each five, counting which of them are capitals."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place in range(5) if short[start + place].isupper())
        suffix += _CHECK[bits]
    return short + suffix


def known_id(text: object) -> str | None:
    """The 18-character form of an id given in either length, None when it has no form of an id."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        return None
    if len(text) == 15:
        return long_id(text)
    if text == long_id(text[:15]):
        return text
    return _cased(text)


def _cased(text: str) -> str | None:
    """Takes letter case from the suffix: a system that folded the case may still hand the id back."""
    letters = list(text[:15].lower())
    for block, character in enumerate(text[15:].upper()):
        bits = _CHECK.find(character)
        if bits < 0:
            return None
        for place in range(5):
            if bits >> place & 1:
                letters[block * 5 + place] = letters[block * 5 + place].upper()
    return long_id("".join(letters))
