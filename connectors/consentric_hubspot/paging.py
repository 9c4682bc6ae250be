"""Reading all rows, or all changed rows, of one object type past HubSpot's ceilings, without gaps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind

from .client import HubSpotClient
from .values import Row, instant, milliseconds, properties_of

LIST_PAGE = 100
SEARCH_PAGE = 200
_LONGEST_QUERY = 6_000
"""Characters of property names in a URL; longer ones answer 414, so they go by batch read."""


def listed(
    client: HubSpotClient, object_type: str, properties: Sequence[str], *, archived: bool = False
) -> Iterator[list[Row]]:
    """Pages of all live, or all archived, rows by ascending number; a page may be short or empty."""
    is_long = sum(len(name) + 12 for name in properties) > _LONGEST_QUERY
    query = [("limit", str(LIST_PAGE)), ("archived", "true" if archived else "false")]
    query += [("properties", name) for name in (("hs_object_id",) if is_long else properties)]
    guard, after = _Guard(client, f"{object_type}.list"), ""
    while True:
        page_query = [*query, ("after", after)] if after else query
        guard.check(after)
        answer = client.request("GET", "objects", parts={"type": object_type}, query=page_query)
        rows = _rows(answer)
        yield _in_full(client, object_type, properties, rows) if is_long and rows else rows
        after = _after(answer)
        if not after:
            return


def changed(
    client: HubSpotClient, object_type: str, field: str, since: datetime, properties: Sequence[str]
) -> Iterator[list[Row]]:
    """Pages of rows whose `field` is at or after `since`, oldest change first; rows may come twice.

    A search ends at 10,000 results and its `after` is an offset that drifts while rows change, so each
    page starts anew at the last instant seen. Only where a whole page shares one instant is that instant
    read through by number. A short or even empty page may carry `after` and is no end.
    """
    search = _Search(client, object_type, properties)
    low, at_low, after = milliseconds(since), frozenset[str](), ""
    while True:
        answer = search.ask([_filter(field, "GTE", low)], field, after)
        rows = _rows(answer)
        yield [row for row in rows if str(row.get("id")) not in at_low]
        after = _after(answer)
        if not after:
            return
        if not rows:
            continue
        last = _moment(rows[-1], field) or low
        if last > low:
            low, after = last, ""
            at_low = frozenset(str(row.get("id")) for row in rows if _moment(row, field) == last)
        else:
            yield from _same_instant(search, field, low)
            low, at_low, after = low + 1, frozenset(), ""


class Tally:
    """Counts the rows of a list and holds the count against HubSpot's own."""

    def __init__(self, client: HubSpotClient, object_type: str) -> None:
        self.count = 0
        self._client = client
        self._object_type = object_type
        self._highest = 0

    def note(self, number: str) -> None:
        """Counts a row; the list ascends by number, so a page that comes twice is counted once."""
        if number.isdigit() and int(number) > self._highest:
            self._highest = int(number)
            self.count += 1

    def shortfall(self) -> str | None:
        """Why the list was not whole, None when it was; an empty answer is no proof of an empty account."""
        body = {"filterGroups": [], "limit": 1, "properties": ["hs_object_id"]}
        parts = {"type": self._object_type}
        total = self._client.request("POST", "objects.search", parts=parts, body=body).get("total")
        if isinstance(total, int) and total <= self.count:
            return None
        return f"HubSpot listed {self.count} of {total} {self._object_type}"


def _same_instant(search: _Search, field: str, low: int) -> Iterator[list[Row]]:
    """All rows of one millisecond, by number.

    Numbers sort as text in the index, so the last one goes back as it came: adding one to it skips rows
    (airbyte, test_crm_search_pagination_boundaries.py).
    """
    instant_only = [_filter(field, "GTE", low), _filter(field, "LTE", low)]
    keyset: list[dict[str, str]] = []
    after = ""
    while True:
        answer = search.ask([*instant_only, *keyset], "hs_object_id", after)
        rows = _rows(answer)
        yield rows
        after = _after(answer)
        if not after:
            return
        if rows:
            keyset = [{"propertyName": "hs_object_id", "operator": "GT", "value": str(rows[-1].get("id"))}]
            after = ""


class _Search:
    """Asks one search after the other and notices when it asks the same twice."""

    def __init__(self, client: HubSpotClient, object_type: str, properties: Sequence[str]) -> None:
        self._client = client
        self._parts = {"type": object_type}
        self._properties = list(properties)
        self._guard = _Guard(client, f"{object_type}.search")

    def ask(self, filters: list[dict[str, str]], sort: str, after: str) -> dict[str, Any]:
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": SEARCH_PAGE,
            "after": after or "0",
        }
        self._guard.check(json.dumps([filters, sort, after]))
        return self._client.request("POST", "objects.search", parts=self._parts, body=body)


class _Guard:
    """Stops a loop: two identical requests in a row give the same answer for ever."""

    def __init__(self, client: HubSpotClient, operation: str) -> None:
        self._account = client.context.connection
        self._operation = operation
        self._last: str | None = None

    def check(self, request: str) -> None:
        if request == self._last:
            raise RemoteError(
                f'connection "{self._account}": HubSpot {self._operation} does not move on: the cursor it'
                " gave leads back to the same page",
                kind=RemoteKind.FATAL,
                account=self._account,
                operation=self._operation,
                vendor_code="no_progress",
                hint="run again; if it stays, tell HubSpot's support",
                code="CS107",
            )
        self._last = request


def _in_full(
    client: HubSpotClient, object_type: str, properties: Sequence[str], rows: list[Row]
) -> list[Row]:
    body = {"inputs": [{"id": str(row.get("id"))} for row in rows], "properties": list(properties)}
    return _rows(client.request("POST", "objects.read", parts={"type": object_type}, body=body))


def _filter(field: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": field, "operator": operator, "value": str(value)}


def _moment(row: Row, field: str) -> int | None:
    at = instant(properties_of(row).get(field) or row.get("updatedAt"))
    return None if at is None else milliseconds(at)


def _rows(answer: dict[str, Any]) -> list[Row]:
    rows = answer.get("results")
    return [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []


def _after(answer: dict[str, Any]) -> str:
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return str(following.get("after") or "") if isinstance(following, dict) else ""
