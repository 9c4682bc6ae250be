"""Reading changes past HubSpot's ceilings: ties, offsets that drift, short pages, pages that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric_hubspot.client import HubSpotClient
from consentric_hubspot.paging import changed, listed

START = datetime(2026, 6, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


class Index:
    """A search index of (number, changed at ms), written from the vendor's description alone."""

    def __init__(self, rows: dict[str, int], *, page: int = 200, ceiling: int = 10_000) -> None:
        self.rows = rows
        self.page = page
        self.ceiling = ceiling
        self.calls = 0
        self.between: Callable[[int], None] = lambda call: None

    def __call__(self, asked: Any) -> Any:
        body = asked.body
        self.calls += 1
        self.between(self.calls)
        (group,) = body["filterGroups"]
        hits = [pair for pair in self.rows.items() if all(self._passes(pair, f) for f in group["filters"])]
        by_number = body["sorts"][0]["propertyName"] == "hs_object_id"
        # Numbers sort as text.
        hits.sort(key=lambda pair: (pair[0],) if by_number else (pair[1], pair[0]))
        start = int(body["after"])
        size = min(self.page, body["limit"])
        if start + size > self.ceiling:
            return 400, {"status": "error", "message": "no", "category": "VALIDATION_ERROR"}
        answer: dict[str, Any] = {
            "total": len(hits),
            "results": [self._row(p) for p in hits[start : start + size]],
        }
        if start + size < len(hits):
            answer["paging"] = {"next": {"after": str(start + size)}}
        return answer

    def _passes(self, pair: tuple[str, int], one: dict[str, str]) -> bool:
        if one["propertyName"] == "hs_object_id":
            return pair[0] > one["value"]
        value = int(one["value"])
        return pair[1] >= value if one["operator"] == "GTE" else pair[1] <= value

    def _row(self, pair: tuple[str, int]) -> dict[str, Any]:
        at = (EPOCH + timedelta(milliseconds=pair[1])).isoformat(timespec="milliseconds")
        return {"id": pair[0], "properties": {"lastmodifieddate": at.replace("+00:00", "Z")}}


Serve = Callable[[Callable[[Any], Any]], Any]
Make = Callable[..., HubSpotClient]


def read(client: HubSpotClient) -> list[str]:
    pages = changed(client, "contacts", "lastmodifieddate", START, ["email"])
    return [str(row["id"]) for page in pages for row in page]


def test_every_change_is_read_once_when_nothing_shares_an_instant(serve: Serve, client_for: Make) -> None:
    rows = {str(n): ms(START) + n for n in range(1, 1001)}
    index = Index(rows)
    found = read(client_for(serve(index), searches_per_second=5))
    assert sorted(found, key=int) == list(rows)
    # 200 rows, then 199 new ones a page: the last one of a page opens the next.
    assert index.calls == 6


def test_an_instant_heavier_than_the_ceiling_is_read_by_number(serve: Serve, client_for: Make) -> None:
    heavy, before, after = ms(START) + 500, ms(START) + 1, ms(START) + 900
    rows = {str(n): heavy for n in range(1, 26)} | {"900": before, "901": after}
    index = Index(rows, page=3, ceiling=10)
    assert set(read(client_for(serve(index)))) == set(rows)


def test_more_changes_than_the_ceiling_are_all_read(serve: Serve, client_for: Make) -> None:
    rows = {str(n): ms(START) + n // 2 for n in range(1, 60)}
    assert set(read(client_for(serve(Index(rows, page=5, ceiling=10))))) == set(rows)


def test_a_row_that_changes_while_pages_are_read_hides_no_other(serve: Serve, client_for: Make) -> None:
    rows = {str(n): ms(START) + n for n in range(1, 41)}
    index = Index(rows, page=10)

    def somebody_saves(call: int) -> None:
        # An offset of 10 would now point one row too far.
        if call == 2:
            rows["3"] = ms(START) + 1000

    index.between = somebody_saves
    found = read(client_for(serve(index)))
    assert set(found) == {str(n) for n in range(1, 41)}
    assert found.count("3") == 2


def test_a_short_or_empty_page_with_a_cursor_is_no_end(serve: Serve, client_for: Make) -> None:
    index = Index({str(n): ms(START) + n for n in range(1, 31)}, page=10)

    def answer(asked: Any) -> Any:
        whole = index(asked)
        if index.calls == 2:
            whole["results"] = []
            whole["paging"] = {"next": {"after": "00"}}
        if index.calls == 3:
            del whole["results"][4:]
        return whole

    assert set(read(client_for(serve(answer)))) == {str(n) for n in range(1, 31)}


def test_a_cursor_that_leads_back_is_an_error_and_no_loop(serve: Serve, client_for: Make) -> None:
    server = serve(lambda asked: {"results": [], "paging": {"next": {"after": "0"}}})
    with pytest.raises(RemoteError) as raised:
        read(client_for(server))
    assert (raised.value.kind, raised.value.vendor_code) == (RemoteKind.FATAL, "no_progress")
    assert len(server.asked) <= 3


def test_a_list_whose_cursor_stays_is_an_error_and_no_loop(serve: Serve, client_for: Make) -> None:
    server = serve(lambda asked: {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}})
    with pytest.raises(RemoteError) as raised:
        list(listed(client_for(server), "contacts", ["email"]))
    assert raised.value.vendor_code == "no_progress"


def test_a_list_goes_on_after_a_short_and_an_empty_page(serve: Serve, client_for: Make) -> None:
    pages: list[Any] = [
        {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}},
        {"results": [], "paging": {"next": {"after": "2"}}},
        {"results": [{"id": "3"}]},
    ]
    server = serve(lambda asked: pages.pop(0))
    found = [row["id"] for page in listed(client_for(server), "contacts", ["email"]) for row in page]
    assert found == ["1", "3"]
    assert [dict(asked.query).get("after") for asked in server.asked] == [None, "1", "2"]


def test_more_properties_than_a_url_holds_are_read_by_post(serve: Serve, client_for: Make) -> None:
    names = [f"a_property_with_quite_a_long_name_{n}" for n in range(200)]

    def answer(asked: Any) -> Any:
        if asked.method == "GET":
            assert dict(asked.query)["properties"] == "hs_object_id"
            return {"results": [{"id": "5"}]}
        assert asked.body == {"inputs": [{"id": "5"}], "properties": names}
        return {"results": [{"id": "5", "properties": {names[0]: "x"}}]}

    (page,) = listed(client_for(serve(answer)), "contacts", names)
    assert page[0]["properties"] == {names[0]: "x"}
