"""The records of one object type of the pretend portal, with the orders in which HubSpot reads them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


def iso(at: datetime) -> str:
    """The instant as HubSpot prints it: UTC with milliseconds; such texts sort like the instants."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


@dataclass(slots=True)
class StoredObject:
    """One CRM record; `properties` holds set values only, system values stand beside it."""

    id: int
    properties: dict[str, str]
    created_at: str
    updated_at: str
    archived_at: str | None = None
    history: list[tuple[str, str, str]] | None = None
    """Former values as (property, value, since), newest last; None until something changed."""


class ObjectStore:
    """Live, archived and merged records of one type.

    Records are listed by ascending number and searched by modification time; both orders are kept
    up to date so that a page costs only its own length.
    """

    def __init__(self, name: str, type_id: str, created_property: str, modified_property: str) -> None:
        self.name = name
        self.type_id = type_id
        self.created_property = created_property
        self.modified_property = modified_property
        self.live: dict[int, StoredObject] = {}
        self.archived: dict[int, StoredObject] = {}
        self.redirects: dict[int, int] = {}
        """Number of a merged record to the number it resolves to."""
        self.unique: dict[str, dict[str, int]] = {}
        """Property with unique values to value to record; HubSpot's `idProperty`."""
        self.revision = 0
        self._order: list[int] = []
        self._archived_order: list[int] = []
        self._modified: list[tuple[str, int]] = []
        self._is_sorted = True

    def add(self, record: StoredObject) -> None:
        """Takes in a live record; its number must be new."""
        if record.id in self.live or record.id in self.archived or record.id in self.redirects:
            raise ValueError(f"{self.name}: record number {record.id} is taken")
        self.live[record.id] = record
        key = (record.updated_at, record.id)
        if self._is_sorted and (
            (self._order and record.id < self._order[-1]) or (self._modified and key < self._modified[-1])
        ):
            self._is_sorted = False
        self._order.append(record.id)
        self._modified.append(key)
        for name, values in self.unique.items():
            if value := record.properties.get(name):
                values[value.lower()] = record.id
        self.revision += 1

    def touch(self, record: StoredObject, updated_at: str) -> None:
        """Moves a live record to its new modification time."""
        self._sort()
        position = bisect_left(self._modified, (record.updated_at, record.id))
        del self._modified[position]
        record.updated_at = updated_at
        insort(self._modified, (updated_at, record.id))
        self.revision += 1

    def put(self, record: StoredObject, name: str, value: str) -> None:
        """Sets one value (empty text clears it), keeps the former one and the unique values."""
        former = record.properties.get(name, "")
        if former == value:
            return
        if record.history is None:
            record.history = []
        record.history.append((name, former, record.updated_at))
        if name in self.unique:
            self.unique[name].pop(former.lower(), None)
            if value:
                self.unique[name][value.lower()] = record.id
        if value:
            record.properties[name] = value
        else:
            record.properties.pop(name, None)

    def archive(self, record: StoredObject, at: str) -> None:
        """Puts a live record into the recycling bin."""
        self.remove(record)
        record.archived_at = at
        self.archived[record.id] = record
        insort(self._archived_order, record.id)

    def remove(self, record: StoredObject) -> None:
        """Takes a live record out for good."""
        self._sort()
        del self.live[record.id]
        del self._order[bisect_left(self._order, record.id)]
        del self._modified[bisect_left(self._modified, (record.updated_at, record.id))]
        for name, values in self.unique.items():
            if value := record.properties.get(name):
                values.pop(value.lower(), None)
        self.revision += 1

    def put_in_bin(self, record: StoredObject) -> None:
        """Takes in a record that is archived already; for snapshots."""
        self.archived[record.id] = record
        insort(self._archived_order, record.id)

    def resolve(self, number: int) -> StoredObject | None:
        """The live record behind a number, following merges; None when there is none."""
        while number in self.redirects:
            number = self.redirects[number]
        return self.live.get(number)

    def by_unique(self, name: str, value: str) -> StoredObject | None:
        """The live record with this value of a unique property; letter case does not count."""
        number = self.unique.get(name, {}).get(value.lower())
        return None if number is None else self.live.get(number)

    def page(self, after: int, size: int, *, archived: bool = False) -> list[StoredObject]:
        """Up to `size` records with numbers above `after`, ascending."""
        self._sort()
        order, records = (self._archived_order, self.archived) if archived else (self._order, self.live)
        start = bisect_right(order, after)
        return [records[number] for number in order[start : start + size]]

    def modified_between(self, first: str, last: str) -> Iterator[StoredObject]:
        """Live records with `first` <= modification time <= `last`, oldest change first."""
        self._sort()
        start = bisect_left(self._modified, (first, -1))
        end = bisect_left(self._modified, (last + "~", -1))
        return (self.live[number] for _, number in self._modified[start:end])

    def _sort(self) -> None:
        if not self._is_sorted:
            self._order.sort()
            self._modified.sort()
            self._is_sorted = True
