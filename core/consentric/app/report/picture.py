"""One picture of a report: its finding, what is drawn, and the table behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .canvas import Canvas

HIDDEN = "–"
"""Stands for a count that is not shown because it is small, or would reveal one."""
Cell = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under their heads; a number is a count of people or things, None a hidden one."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is found stands above, when and of how many below."""

    name: str
    """Of its files."""
    kind: str
    """What it is a picture of, in the reader's language."""
    finding: str
    period: str
    canvas: Canvas | None
    """None where there is nothing to draw yet; the finding says why."""
    table: Table
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`; a hidden count is null."""
        return {
            "name": self.name,
            "kind": self.kind,
            "finding": self.finding,
            "period": self.period,
            "head": self.table.head,
            "rows": self.table.rows,
            "note": self.note,
        }
