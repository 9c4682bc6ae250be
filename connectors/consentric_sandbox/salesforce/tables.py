"""The records of one object: those that live and those in the recycle bin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """One record; `values` holds what is set, system values stand beside it."""

    id: str
    values: dict[str, Any]
    created: str
    modified: str
    """LastModifiedDate: the last change that somebody made."""
    stamp: str
    """SystemModstamp: also moves when the system changes the record, as in a merge of its parent."""
    deleted: str = ""
    """When it went to the recycle bin, empty while it lives."""


@dataclass(slots=True)
class Table:
    """Records by id, in the order they were made."""

    rows: dict[str, Row] = field(default_factory=dict)
    bin: dict[str, str] = field(default_factory=dict)
    """Record in the recycle bin to the instant it went there."""

    def add(self, row: Row) -> None:
        """Takes in a record, deleted or not; its id must be new."""
        if row.id in self.rows:
            raise ValueError(f"record {row.id} is taken")
        self.rows[row.id] = row
        if row.deleted:
            self.bin[row.id] = row.deleted

    def live(self, id: str) -> Row | None:
        """The record, unless it is deleted or was never there."""
        row = self.rows.get(id)
        return row if row is not None and not row.deleted else None

    def each(self, *, with_deleted: bool = False) -> Iterator[Row]:
        """Live records, or all of them."""
        if with_deleted or not self.bin:
            return iter(self.rows.values())
        return (row for row in self.rows.values() if not row.deleted)

    def delete(self, row: Row, at: str) -> None:
        """Puts a record into the recycle bin."""
        row.deleted = row.stamp = row.modified = at
        self.bin[row.id] = at

    def restore(self, row: Row, at: str) -> None:
        """Takes a record out of the recycle bin."""
        row.deleted, row.stamp, row.modified = "", at, at
        del self.bin[row.id]

    def remove(self, id: str) -> None:
        """Takes a record out for good."""
        del self.rows[id]
        self.bin.pop(id, None)

    def empty(self, before: str) -> int:
        """Takes out for good what went to the bin before that instant; gives how many."""
        gone = [id for id, since in self.bin.items() if since < before]
        for id in gone:
            self.remove(id)
        return len(gone)
