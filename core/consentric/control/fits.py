"""Parameters that a method estimated once and uses until a refit is due: inputs of a run, no result.

They lie here, so that a deleted warehouse is computed anew under the same ones and nobody moves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date

from .store import ControlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What was estimated for one set; numbers about a population, none about a person."""

    rules: str
    """Hash of the settings it was made under; others need a new one."""
    fitted_on: date
    """Last day of the data."""
    values: Mapping[str, tuple[float, ...]]
    """Name of a parameter to its numbers."""


Fits = MutableMapping[str, Fit]
"""Set to its fit."""


class StoredFits(MutableMapping[str, Fit]):
    """The fits of a control store; a change is durable when it returns."""

    def __init__(self, store: ControlStore) -> None:
        self._store = store

    def __getitem__(self, segment_set: str) -> Fit:
        row = self._store.connection.execute(
            'SELECT rules, fitted_on, "values" FROM fit WHERE "set" = ?', (segment_set,)
        ).fetchone()
        if row is None:
            raise KeyError(segment_set)
        numbers = {name: tuple(found) for name, found in json.loads(row[2]).items()}
        return Fit(rules=row[0], fitted_on=date.fromisoformat(row[1]), values=numbers)

    def __setitem__(self, segment_set: str, fit: Fit) -> None:
        numbers = json.dumps({name: list(found) for name, found in fit.values.items()}, sort_keys=True)
        with self._store.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO fit VALUES(?, ?, ?, ?)",
                (segment_set, fit.rules, fit.fitted_on.isoformat(), numbers),
            )

    def __delitem__(self, segment_set: str) -> None:
        with self._store.transaction() as database:
            if not database.execute('DELETE FROM fit WHERE "set" = ?', (segment_set,)).rowcount:
                raise KeyError(segment_set)

    def __iter__(self) -> Iterator[str]:
        rows = self._store.connection.execute('SELECT "set" FROM fit ORDER BY "set"').fetchall()
        return iter([str(name) for (name,) in rows])

    def __len__(self) -> int:
        return sum(1 for _ in self)
