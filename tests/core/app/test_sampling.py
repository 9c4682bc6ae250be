"""The beginning of an account: bounded in people, rows and calls, whatever the connector would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consentric.app.sampling import Allowance, Bounds, SampledConnector
from consentric.sdk.contracts import Account, Connector, Context, Stream
from consentric.sdk.errors import GuardError, RemoteError, RemoteKind
from consentric.sdk.records import Activity, Bookmark, Complete, Contact, Incomplete, Record, RecordRef
from consentric.sdk.transport import Transport

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PEOPLE, ORDERS = Stream(name="contacts", kind="contacts"), Stream(name="orders", kind="activities")
FIRST_ONES = Incomplete(reason="preview: only the first ones were read; consentric pull reads all")


class Endless(Connector):
    """An account without an end; a page of ten is one call."""

    name = "endless"
    settings_model = SimpleNamespace  # type: ignore[assignment]
    all_streams: Sequence[Stream] = (PEOPLE, ORDERS)
    people = 10**9
    begins_anywhere = True

    def __init__(self, context: Context) -> None:
        super().__init__(None, context)
        self.asked: list[tuple[str, str | None]] = []
        self.given = 0

    def check(self) -> Account:
        return Account(id="1", name="Endless")

    def streams(self) -> Sequence[Stream]:
        return self.all_streams

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        self.asked.append((stream.name, since.watermark if since else None))
        if since is not None and not self.begins_anywhere:
            raise GuardError("the saved bookmark is not one of this connector", code="CS525")
        for number in takewhile(lambda n: n < self.people, count()):
            if number % 10 == 0:
                self.context.transport.call("page", lambda: None)
                yield Bookmark(watermark=f"{number:09d}")
            self.given += 1
            ref = RecordRef(object="contact", id=str(number))
            if stream.kind == "contacts":
                yield Contact(ref=ref)
            else:
                yield Activity(record=ref, key=f"o{number}", kind="order", at=NOW)
        yield Complete(count=self.people)


@pytest.fixture
def allowance() -> Allowance:
    return Allowance()


@pytest.fixture
def endless(allowance: Allowance) -> Endless:
    transport = Transport(
        "endless",
        clock=lambda: NOW,
        calls_per_second=1e9,
        daily_limit=10**9,
        budget=allowance,
        sleep=lambda _seconds: None,
    )
    return Endless(Context(connection="endless", clock=lambda: NOW, transport=transport, workspace=Path()))


def read(endless: Endless, allowance: Allowance, stream: Stream, *, people: int = 25) -> list[Record]:
    return list(SampledConnector(endless, Bounds(people=people), allowance).read(stream, None))


def test_so_many_people_are_read_and_not_one_more(endless: Endless, allowance: Allowance) -> None:
    *found, bookmark, end = read(endless, allowance, PEOPLE)
    assert [one.ref.id for one in found if isinstance(one, Contact)] == [str(n) for n in range(25)]
    assert len(found) == endless.given == 25
    assert (bookmark, end) == (Bookmark(watermark="preview"), FIRST_ONES)


def test_people_are_shared_between_the_streams_of_people(endless: Endless, allowance: Allowance) -> None:
    endless.all_streams = (PEOPLE, Stream(name="contacts", kind="contacts", partition="b"), ORDERS)
    assert len(read(endless, allowance, PEOPLE)) == 12 + 2


def test_of_another_stream_ten_rows_a_person_are_read_of_the_last_year(
    endless: Endless, allowance: Allowance
) -> None:
    found = read(endless, allowance, ORDERS)
    assert len(found) == 250 + 2
    assert found[-1] == FIRST_ONES
    assert endless.asked == [("orders", "2025-06-15T12:00:00.000Z")]


def test_a_connector_that_cannot_begin_at_an_instant_is_read_from_its_beginning(
    endless: Endless, allowance: Allowance
) -> None:
    endless.begins_anywhere = False
    assert len(read(endless, allowance, ORDERS)) == 252
    assert [since for _, since in endless.asked] == ["2025-06-15T12:00:00.000Z", None]


def test_calls_end_before_rows_do_and_the_next_stream_has_its_own(
    endless: Endless, allowance: Allowance
) -> None:
    found = read(endless, allowance, ORDERS, people=1_000)
    assert endless.context.transport.calls == 200
    assert len(found) == 2_000 + 2
    assert found[-1] == Incomplete(reason="preview: no more calls were made")
    read(endless, allowance, PEOPLE, people=1_000)
    assert endless.context.transport.calls == 200 + 100


def test_what_is_smaller_than_the_bounds_is_whole(endless: Endless, allowance: Allowance) -> None:
    endless.people = 24
    assert read(endless, allowance, PEOPLE)[-2:] == [Bookmark(watermark="preview"), Complete(count=24)]


def test_another_error_of_the_crm_is_not_taken_for_an_end(
    endless: Endless, allowance: Allowance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise RemoteError("spent", kind=RemoteKind.QUOTA, account="endless", vendor_code="REQUEST_LIMIT")

    monkeypatch.setattr(endless.context.transport, "call", refuse)
    with pytest.raises(RemoteError):
        read(endless, allowance, PEOPLE)
