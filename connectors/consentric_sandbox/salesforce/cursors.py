"""Open queries: the rest of a result, kept under a locator until it is read or pushed out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .ids import new_id
from .tables import Row

OPEN_AT_ONCE = 10
"""Query cursors a user holds; one more ends the oldest ("API Query Cursor Limits")."""
_PREFIX = "01g"


@dataclass(slots=True, kw_only=True)
class Cursor:
    """A result: its records in order, and how one is shown."""

    id: str
    entity: str
    rows: list[Row]
    shown: Callable[[Row, str], dict[str, Any]]
    """Gives the JSON of a record, with links below a base path."""


class Cursors:
    """The cursors of the one user that the sandbox knows."""

    def __init__(self) -> None:
        self._open: dict[str, Cursor] = {}
        self._made = 0

    def keep(self, entity: str, rows: list[Row], shown: Callable[[Row, str], dict[str, Any]]) -> Cursor:
        """Opens a cursor; the oldest ends when there are too many."""
        self._made += 1
        cursor = Cursor(id=new_id(_PREFIX, self._made), entity=entity, rows=rows, shown=shown)
        self._open[cursor.id] = cursor
        while len(self._open) > OPEN_AT_ONCE:
            del self._open[next(iter(self._open))]
        return cursor

    def find(self, id: str) -> Cursor | None:
        """The open cursor of that id."""
        return self._open.get(id)
