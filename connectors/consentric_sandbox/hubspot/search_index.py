"""The search index of the portal: it may lag behind the records, and it answers filters and one sort."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .api import Request
from .object_store import ObjectStore, StoredObject
from .state import HubSpotState

Test = Callable[[StoredObject], bool]
_CACHED_QUERIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A checked search: alternatives of tests, an order, and the span of modification times it needs."""

    groups: Sequence[Sequence[Test]]
    key: Callable[[StoredObject], tuple[object, ...]]
    is_descending: bool = False
    is_by_modification: bool = False
    first: str = ""
    last: str = "~"
    """Bounds that every hit's modification time lies between; wide open by default."""


@dataclass(slots=True)
class _Pending:
    seen_as: StoredObject | None
    until: datetime
    until_request: int


class SearchIndex:
    """Finds record numbers; a later page of the same query costs nothing while nothing was written."""

    def __init__(self, state: HubSpotState, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock
        self.lag = timedelta(0)
        self.request_count = 0
        self._pending: dict[str, dict[int, _Pending]] = {}
        self._found: OrderedDict[tuple[str, str, int], list[int]] = OrderedDict()

    def remember(self, request: Request, store: ObjectStore, record: StoredObject) -> None:
        """Keeps how a record looked before a write, while the index lags."""
        self._hold(request, store, record.id, replace(record, properties=dict(record.properties)))

    def remember_new(self, request: Request, store: ObjectStore, record: StoredObject) -> None:
        """Keeps a new record out of the index, while it lags."""
        self._hold(request, store, record.id, None)

    def find(self, store: ObjectStore, text: str, query: Query) -> list[int]:
        """Numbers of all hits in order; `text` names the query for reuse."""
        pending = self._still_pending(store.name)
        if pending:
            return _hits(self._seen(store, pending), query, is_ordered=False)
        cache_key = (store.name, text, store.revision)
        if cache_key not in self._found:
            is_narrow = bool(query.first) or query.last != "~"
            if is_narrow or query.is_by_modification:
                records: Iterable[StoredObject] = store.modified_between(query.first, query.last)
            else:
                records = store.live.values()
            is_ordered = query.is_by_modification and not query.is_descending
            self._found[cache_key] = _hits(records, query, is_ordered=is_ordered)
            while len(self._found) > _CACHED_QUERIES:
                self._found.popitem(last=False)
        return self._found[cache_key]

    def seen(self, store: ObjectStore, number: int) -> StoredObject | None:
        """A record as the index knows it now; None when it is gone since."""
        held = self._still_pending(store.name).get(number)
        return store.live.get(number) if held is None else held.seen_as

    def _hold(self, request: Request, store: ObjectStore, number: int, view: StoredObject | None) -> None:
        asked = int(request.fault_args.get("requests", 0))
        if not self.lag and not asked:
            return
        held = self._pending.setdefault(store.name, {})
        if number not in held:
            held[number] = _Pending(view, self._clock() + self.lag, self.request_count + asked)

    def _still_pending(self, name: str) -> dict[int, _Pending]:
        held = self._pending.get(name)
        if not held:
            return {}
        now = self._clock()
        ready = [
            number
            for number, one in held.items()
            if one.until <= now and one.until_request < self.request_count
        ]
        for number in ready:
            del held[number]
        return held

    def _seen(self, store: ObjectStore, pending: dict[int, _Pending]) -> Iterable[StoredObject]:
        for number, record in store.live.items():
            held = pending.get(number)
            view = record if held is None else held.seen_as
            if view is not None:
                yield view


def _hits(records: Iterable[StoredObject], query: Query, *, is_ordered: bool) -> list[int]:
    groups = query.groups
    if groups:
        found = [record for record in records if any(all(test(record) for test in tests) for tests in groups)]
    else:
        found = list(records)
    if not is_ordered:
        found.sort(key=query.key, reverse=query.is_descending)
    return [record.id for record in found]
