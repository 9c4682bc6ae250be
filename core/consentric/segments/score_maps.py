"""The maps from RFM scores to named cells that users choose among: who shares which corner of the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MapName = Literal["rf", "r_fm", "klaviyo"]
Axis = Literal["r", "f", "m", "fm"]

Usual = tuple[str, str, str, tuple[str, ...]]
"""A segment that a set has unless it names its own: key, French name, English name, cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMap:
    """Names for combinations of scores; a test holds each shipped map to be a partition."""

    axes: tuple[Axis, ...]
    """What the digits of a code stand for; `fm` is the mean of F and M, halves rounded up."""
    classes: int
    """Scores run from 1, the worst, to this."""
    cells: Mapping[str, str]
    """Name of a cell to its codes, separated by spaces."""
    usual: tuple[Usual, ...]

    def codes(self, cell: str) -> tuple[int, ...]:
        """The codes of a cell: `45` is a 4 on the first axis and a 5 on the second."""
        return tuple(int(code) for code in self.cells[cell].split())

    def cell(self, *, r: int, f: int, m: int) -> str:
        """The cell of three scores.

        Raises:
            ValueError: When the map has no cell for them.
        """
        digits = {"r": r, "f": f, "m": m, "fm": mean_score(f, m)}
        code = "".join(str(digits[axis]) for axis in self.axes)
        for cell, codes in self.cells.items():
            if code in codes.split():
                return cell
        raise ValueError(f"scores run from 1 to {self.classes}: {r}, {f}, {m}")


def mean_score(f: int, m: int) -> int:
    """F and M as one score: their mean, halves rounded up.

    >>> mean_score(2, 3), mean_score(5, 1)
    (3, 3)
    """
    return (f + m + 1) // 2


MAPS: Mapping[MapName, ScoreMap] = {
    # The grid in use by most published notebooks; M is shown and does not count.
    "rf": ScoreMap(
        axes=("r", "f"),
        classes=5,
        cells={
            "hibernating": "11 12 21 22",
            "at_risk": "13 14 23 24",
            "cant_lose": "15 25",
            "about_to_sleep": "31 32",
            "need_attention": "33",
            "loyal": "34 35 44 45",
            "promising": "41",
            "new": "51",
            "potential_loyalists": "42 43 52 53",
            "champions": "54 55",
        },
        usual=(
            ("champions", "Champions", "Champions", ("champions",)),
            ("loyal", "Fidèles", "Loyal", ("loyal", "potential_loyalists")),
            ("new", "Nouveaux", "New", ("new", "promising")),
            ("at_risk", "À risque", "At risk", ("at_risk", "cant_lose", "need_attention")),
            ("dormant", "Endormis", "Dormant", ("about_to_sleep", "hibernating")),
        ),
    ),
    # Frequency and amount on one axis.
    "r_fm": ScoreMap(
        axes=("r", "fm"),
        classes=5,
        cells={
            "champions": "55 54 45",
            "potential_loyalists": "52 42 33 43",
            "loyal": "53 44 35 34",
            "recent": "51",
            "promising": "41 31",
            "need_attention": "32 23 22",
            "about_to_sleep": "21",
            "at_risk": "25 24 13",
            "cant_lose": "15 14",
            "hibernating": "12",
            "lost": "11",
        },
        usual=(
            ("champions", "Champions", "Champions", ("champions",)),
            ("loyal", "Fidèles", "Loyal", ("loyal", "potential_loyalists")),
            ("new", "Nouveaux", "New", ("recent", "promising")),
            ("at_risk", "À risque", "At risk", ("at_risk", "cant_lose", "need_attention")),
            ("dormant", "Endormis", "Dormant", ("about_to_sleep", "hibernating", "lost")),
        ),
    ),
    # Three classes on three axes, as users of Klaviyo know them.
    "klaviyo": ScoreMap(
        axes=("r", "f", "m"),
        classes=3,
        cells={
            "champions": "333 332 323",
            "loyal": "321 322 331 232 233",
            "recent": "312 313 311 222 223",
            "needs_attention": "213 221 123 132 133",
            "at_risk": "231 212 122 131 211",
            "inactive": "111 112 113 121",
        },
        usual=(
            ("champions", "Champions", "Champions", ("champions",)),
            ("loyal", "Fidèles", "Loyal", ("loyal",)),
            ("recent", "Récents", "Recent", ("recent",)),
            ("needs_attention", "À suivre", "Needs attention", ("needs_attention",)),
            ("at_risk", "À risque", "At risk", ("at_risk",)),
            ("inactive", "Inactifs", "Inactive", ("inactive",)),
        ),
    ),
}
