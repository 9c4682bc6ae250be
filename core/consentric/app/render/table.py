"""Aligned columns and numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

THIN_SPACE = "\u202f"
"""Narrow no-break space between thousands, as the SI brochure (9th edition, 5.4.4) asks."""


def number(value: int) -> str:
    """A whole number with thin spaces between thousands.

    >>> number(12480).replace(THIN_SPACE, "_"), number(-999)
    ('12_480', '-999')
    """
    return f"{value:,}".replace(",", THIN_SPACE)


def printable(text: str) -> str:
    """A text from a CRM on one line, without signs that a terminal would obey.

    >>> printable("Foire\\x1b[2J d'été")
    "Foire?[2J d'été"
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under their heads; columns of whole numbers stand to the right.

    >>> print(table(("name", "people"), [("a", 5), ("bc", 12)]))
    name  people
    a          5
    bc        12
    """
    if not rows:
        return "none"
    is_number = [all(isinstance(row[i], int) for row in rows) for i in range(len(head))]
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(head[i]), *(len(row[i]) for row in cells)) for i in range(len(head))]
    lines = [list(head), *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
