"""Pages and bookmarks: what is written when, and how far a read that failed may be taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric import Bookmark, Contact, RecordRef, RemoteError, RemoteKind, Stream
from consentric.control.bookmarks import read_bookmark
from consentric.control.store import ControlStore
from consentric.pull import page
from consentric.pull.moves import follow_moves
from consentric.pull.pull import pull
from consentric.pull.report import PullReport
from consentric.pull.stores import Rules, Stores
from consentric.sdk.progress import SilentProgress
from consentric.sdk.records import Record
from consentric.warehouse.store import Warehouse
from consentric_privacy.deks import DekStore
from consentric_privacy.keyset import Keyset
from consentric_privacy.ledger import Ledger
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Admission, Vault

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
RULES = Rules(
    connection="crm",
    fields=(),
    counts_purchases=True,
    zone=UTC,
    default_country="FR",
    consent_ages={},
    reporting_currency="EUR",
)


class Source:
    """One stream of contacts, given as a list; an error in it is raised where it stands."""

    def __init__(self, *records: Record | RemoteError, is_sorted: bool = True) -> None:
        self.records = records
        self.stream = Stream(name="contacts", kind="contacts", is_sorted=is_sorted)

    def streams(self) -> Sequence[Stream]:
        return [self.stream]

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        for record in self.records:
            if isinstance(record, RemoteError):
                raise record
            yield record


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    tmp_path.chmod(0o700)
    keyset = Keyset.create(tmp_path / "keyset.json", bytes(range(32)))
    pseudonyms = Pseudonyms(keyset)
    people, deks = PeopleStore.open(tmp_path), DekStore.open(tmp_path / "deks.sqlite", keyset)
    control = ControlStore.open(tmp_path / "control.sqlite")
    with Warehouse.open(tmp_path / "analytics", memory_limit_mb=128, threads=1) as warehouse:
        yield Stores(
            people=people,
            vault=Vault(people, deks, pseudonyms),
            ledger=Ledger(people, pseudonyms),
            pseudonyms=pseudonyms,
            warehouse=warehouse,
            control=control,
        )
    for store in (control, deks, people):
        store.close()


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many contacts each page held; a page is full at two."""
    written: list[int] = []
    write = page.Page.write

    def counted(self: page.Page, *arguments: Any, **options: Any) -> Admission:
        written.append(len(self.contacts))
        return write(self, *arguments, **options)

    monkeypatch.setattr(page.Page, "write", counted)
    monkeypatch.setattr(page, "_CONTACTS", 2)
    return written


def contact(number: int) -> Contact:
    return Contact(ref=RecordRef(object="contact", id=str(number)))


def minute(number: int) -> Bookmark:
    return Bookmark(watermark=f"2026-06-15T11:{number:02}:00Z")


def failure() -> RemoteError:
    return RemoteError("gone away", kind=RemoteKind.TRANSIENT, account="crm", operation="read")


def read(source: Source, stores: Stores) -> PullReport:
    return pull(source, stores, RULES, clock=lambda: NOON, is_full=False, progress=SilentProgress())  # type: ignore[arg-type]


def bookmark(stores: Stores) -> str | None:
    saved = read_bookmark(
        stores.control,
        connection="crm",
        stream="contacts",
        partition="",
        warehouse_id=stores.warehouse.warehouse_id,
    )
    return None if saved is None else saved.watermark[11:16]


def known(stores: Stores) -> int:
    return sum(1 for _ in stores.vault.live("crm"))


def test_bookmarks_do_not_make_pages_smaller(stores: Stores, pages: list[int]) -> None:
    source = Source(contact(1), minute(1), contact(2), minute(2), contact(3), minute(3))
    read(source, stores)
    assert pages == [2, 1]
    assert (known(stores), bookmark(stores)) == (3, "11:03")


def test_what_a_sorted_stream_gave_before_it_failed_is_kept(stores: Stores, pages: list[int]) -> None:
    source = Source(contact(1), contact(2), minute(2), contact(3), minute(3), failure())
    with pytest.raises(RemoteError):
        read(source, stores)
    assert pages == [2, 1]
    assert (known(stores), bookmark(stores)) == (3, "11:03")


def test_a_record_after_the_last_bookmark_promises_nothing(stores: Stores, pages: list[int]) -> None:
    source = Source(contact(1), minute(1), contact(2), contact(3), failure())
    with pytest.raises(RemoteError):
        read(source, stores)
    assert bookmark(stores) == "11:01"


def test_a_full_page_saves_the_bookmark_before_it_and_not_the_one_after(
    stores: Stores, pages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str | None] = []
    write = page.Page.write

    def looked(self: page.Page, *arguments: Any, **options: Any) -> Admission:
        saved.append(bookmark(stores))
        return write(self, *arguments, **options)

    monkeypatch.setattr(page.Page, "write", looked)
    read(Source(contact(1), minute(1), contact(2), minute(2), contact(3), contact(4), minute(4)), stores)
    # Before the first page nothing, before the second what stood before the first was full, then the rest.
    assert saved == [None, "11:01", "11:02"]
    assert bookmark(stores) == "11:04"


def test_an_unsorted_stream_that_failed_starts_again(stores: Stores, pages: list[int]) -> None:
    source = Source(contact(1), contact(2), minute(2), contact(3), failure(), is_sorted=False)
    with pytest.raises(RemoteError):
        read(source, stores)
    assert pages == [2, 1]  # what people said until then is kept, and read again
    assert (known(stores), bookmark(stores)) == (3, None)


def test_key_that_joins_nobody_is_told_once_however_many_pages_carry_it(
    stores: Stores, pages: list[int]
) -> None:
    def shared(number: int) -> Contact:
        ref = RecordRef(object="contact", id=str(number))
        return Contact(ref=ref, email="box@example.com", external_ids={"loyalty": "none"})

    report = read(Source(*(shared(number) for number in range(8)), minute(1)), stores)
    assert pages == [2, 2, 2, 2, 0]
    assert (report.total("crowded_addresses"), report.total("crowded_numbers")) == (1, 1)
    alone = read(Source(contact(9), minute(2)), stores)
    assert "crowded_addresses" not in alone.streams[0].counts


def test_join_is_followed_by_the_next_run_when_the_first_was_killed_between_vault_and_warehouse(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known_as(number: int, email: str) -> Contact:
        return Contact(ref=RecordRef(object="contact", id=str(number)), email=email)

    def persons() -> list[tuple[int]]:
        return stores.warehouse.connection.execute("SELECT count(DISTINCT subject) FROM record").fetchall()

    def killed(_self: Warehouse, _moves: object) -> None:
        raise KeyboardInterrupt

    read(Source(known_as(1, "a@example.com"), known_as(2, "b@example.com"), minute(1)), stores)
    assert persons() == [(2,)]
    bridge = Source(known_as(1, "b@example.com"), minute(2))
    with monkeypatch.context() as broken:
        broken.setattr(Warehouse, "regroup", killed)
        with pytest.raises(KeyboardInterrupt):
            read(bridge, stores)
    assert persons() == [(2,)]
    assert bookmark(stores) == "11:01"

    follow_moves(stores)
    assert persons() == [(1,)]
    assert stores.vault.moves() == []
    read(bridge, stores)
    assert (persons(), bookmark(stores)) == ([(1,)], "11:02")
