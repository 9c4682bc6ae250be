"""The colours of every picture, and which ink is read on them."""

from __future__ import annotations

# Okabe and Ito (2008), "Color Universal Design": told apart with each kind of colour blindness.
FIVE = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7")
"""One for each segment, in the order of the set; always the same ones."""
REST = "#8A8F94"
"""From the sixth segment on, and for what is merged."""
INK = "#1B1F23"
FAINT = "#5B6168"
RULE = "#C9CED3"
PALE = "#EEF0F2"
PAPER = "#FFFFFF"


def colour_of(place: int) -> str:
    """The colour of the segment at this place of its set."""
    return FIVE[place] if place < len(FIVE) else REST


def mixed(colour: str, share: float) -> str:
    """A colour on white paper, this much of it.

    >>> mixed("#000000", 0.5)
    '#808080'
    """
    return "#" + "".join(f"{round(255 - (255 - part) * share):02X}" for part in _parts(colour))


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast (WCAG 2.2, relative luminance).

    >>> ink_on("#0072B2"), ink_on("#E69F00")
    ('#FFFFFF', '#000000')
    """
    return max((PAPER, "#000000"), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2).

    >>> contrast("#FFFFFF", "#000000")
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return round((high + 0.05) / (low + 0.05), 2)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
