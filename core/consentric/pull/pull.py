"""Reads one connection to its end: page after page into the stores, the bookmark last as the commit."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consentric.control import absences, first_reads
from consentric.control.bookmarks import read_bookmark, save_bookmark
from consentric.control.store import ControlStore
from consentric.sdk.contracts import Clock, Connector, Stream
from consentric.sdk.errors import RemoteError
from consentric.sdk.progress import Progress
from consentric.sdk.records import Bookmark, Complete, Contact, Incomplete, Record

from .page import Page
from .report import PullReport, StreamReport
from .stores import Rules, Stores

logger = logging.getLogger(__name__)

_DENIALS = "denials"
"""Stream name under which the bookmark of `read_denials` is kept."""


def pull(
    connector: Connector, stores: Stores, rules: Rules, *, clock: Clock, is_full: bool, progress: Progress
) -> PullReport:
    """Reads what changed since the bookmarks, everything when `is_full` or when the warehouse is new.

    Raises:
        RemoteError: The CRM refused or was not reached; pages before it are kept, with their bookmark.
    """
    report = PullReport(connection=rules.connection)
    for stream in connector.streams():
        progress.step(f"{rules.connection}: {stream.name}")
        outcome = StreamReport(name=stream.name, partition=stream.partition)
        report.streams.append(outcome)
        began, place = clock(), _Place.of(stream, stores, rules)
        known = place.bookmark(now=began)
        if known is None:
            place.begin_first_read()
        reader = _Reader(stores, rules, began, outcome, progress)
        records = connector.read(stream, None if is_full else known)
        is_read = reader.read(records, place, resumes_inside=stream.is_sorted)
        if is_read:
            place.finish_first_read()
        if outcome.state == "complete" and stream.kind == "contacts":
            _infer_absence(stream, reader.seen, stores, rules, at=began, report=outcome)
        if stream.kind != "activities" and is_read:
            with stores.people.transaction():
                stores.ledger.mark_read(rules.connection, began, full=outcome.state == "complete")
    return report


def pull_denials(connector: Connector, stores: Stores, rules: Rules, *, clock: Clock) -> bool:
    """Reads consent changes only, as cheaply as the CRM allows; under a bookmark of its own.

    Returns:
        Whether the consents of everybody who changed are known now.

    Raises:
        RemoteError: The CRM refused or was not reached: what rests on this source is then held.
    """
    began = clock()
    place = _Place(stores.control, rules.connection, _DENIALS)
    since = place.bookmark(now=began) or _earliest_contacts_bookmark(connector, stores, rules, now=began)
    reader = _Reader(stores, rules, began, StreamReport(name=_DENIALS), None)
    is_read = reader.read(connector.read_denials(since), place, resumes_inside=False)
    if is_read:
        with stores.people.transaction():
            stores.ledger.mark_read(rules.connection, began, full=False)
    return is_read


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the bookmark of one stream is kept; of contacts and activities it counts for one warehouse."""

    control: ControlStore
    connection: str
    stream: str
    partition: str = ""
    warehouse_id: str | None = None

    @classmethod
    def of(cls, stream: Stream, stores: Stores, rules: Rules) -> _Place:
        warehouse_id = None if stream.kind == "consents" else stores.warehouse.warehouse_id
        return cls(stores.control, rules.connection, stream.name, stream.partition, warehouse_id)

    def bookmark(self, *, now: datetime) -> Bookmark | None:
        saved = read_bookmark(
            self.control,
            connection=self.connection,
            stream=self.stream,
            partition=self.partition,
            warehouse_id=self.warehouse_id,
            now=now,
        )
        return None if saved is None else Bookmark(watermark=saved.watermark)

    def begin_first_read(self) -> None:
        if self.warehouse_id is not None:
            first_reads.begin(self.control, self.connection, self.stream, self.partition, self.warehouse_id)

    def finish_first_read(self) -> None:
        first_reads.finish(self.control, self.connection, self.stream, self.partition)

    def save(self, bookmark: Bookmark) -> None:
        save_bookmark(
            self.control,
            connection=self.connection,
            stream=self.stream,
            partition=self.partition,
            warehouse_id=self.warehouse_id,
            watermark=bookmark.watermark,
        )


class _Reader:
    """Gathers pages and writes them; remembers which contacts it saw."""

    def __init__(
        self, stores: Stores, rules: Rules, began: datetime, report: StreamReport, progress: Progress | None
    ) -> None:
        self.seen: set[bytes] = set()
        self._crowded: set[tuple[str, bytes]] = set()
        self._bookmark: Bookmark | None = None
        self._lacks_consents = False
        self._stores = stores
        self._rules = rules
        self._began = began
        self._report = report
        self._progress = progress
        self._page = Page()

    def read(self, records: Iterator[Record], place: _Place, *, resumes_inside: bool) -> bool:
        """Writes everything, then saves the last bookmark; of a sorted stream one after each page.

        What a sorted stream gave before it failed is kept, and not read again.

        Returns:
            Whether it came to a promise with the consents of everybody in it. A stream that merely lost a
            field did: it is incomplete, for nothing follows from absence, but what people said is known.

        Raises:
            RemoteError: The CRM refused or was not reached.
        """
        inside = place if resumes_inside else None
        try:
            for record in records:
                self._take(record)
                if self._page.is_full:
                    self._flush(inside)
        except RemoteError:
            # What people said until then is known, and their no is carried out; without a bookmark of a
            # sorted stream it is read again, which every store swallows.
            self._flush(inside)
            raise
        self._flush(None)
        if self._bookmark is None or self._lacks_consents:
            return False
        place.save(self._bookmark)
        return True

    def _take(self, record: Record) -> None:
        match record:
            case Bookmark():
                self._bookmark = record
            case Complete():
                if self._report.state != "incomplete":
                    self._report.state = "complete"
            case Incomplete(reason=reason):
                self._report.state = "incomplete"
                self._report.reason = reason
            case Contact(is_complete=False):
                self._lacks_consents = True
                self._report.state = "incomplete"
                self._report.reason = "consents of some contacts could not be read"
                self._page.add(record)
            case _:
                if self._report.state == "unchanged":
                    self._report.state = "changed"
                self._page.add(record)

    def _flush(self, inside: _Place | None) -> None:
        """Writes the page, then the last bookmark if the stream may be resumed there."""
        page, self._page = self._page, Page()
        admission = page.write(self._stores, self._rules, at=self._began, report=self._report)
        self.seen.update(record.rref for record in admission.records)
        self._note_crowds(admission.crowded)
        if self._progress is not None:
            self._progress.advance(len(page.contacts) + len(page.activities))
        if inside is not None and self._bookmark is not None:
            inside.save(self._bookmark)

    def _note_crowds(self, crowded: frozenset[tuple[str, bytes]]) -> None:
        """Counts each crowded key once, however many pages carry it."""
        for kind, _ in crowded - self._crowded:
            self._report.counts["crowded_addresses" if kind == "email" else "crowded_numbers"] += 1
        self._crowded |= crowded


def _infer_absence(
    stream: Stream, seen: set[bytes], stores: Stores, rules: Rules, *, at: datetime, report: StreamReport
) -> None:
    """A record absent from two whole enumerations in a row is gone; from one, only remembered."""
    live = [
        record.rref
        for record in stores.vault.live(rules.connection)
        if record.partition == stream.partition and record.rref not in seen
    ]
    gone = absences.note(
        stores.control, rules.connection, stream.name, stream.partition, absent=live, seen=seen
    )
    if not gone:
        return
    logger.info("records gone after two whole reads: %d", len(gone))
    with stores.people.transaction():
        stores.vault.delete(gone, at)
        stores.ledger.end_grants(gone, source=rules.connection, at=at)
    stores.warehouse.retire_records(gone)
    report.counts["deletions"] += len(gone)


def _earliest_contacts_bookmark(
    connector: Connector, stores: Stores, rules: Rules, *, now: datetime
) -> Bookmark | None:
    """Where the last pull of contacts ended: consent before it is in the ledger already."""
    found = [
        _Place.of(stream, stores, rules).bookmark(now=now)
        for stream in connector.streams()
        if stream.kind == "contacts"
    ]
    known = [bookmark for bookmark in found if bookmark is not None]
    if not known or len(known) < len(found):
        return None
    return min(known, key=lambda bookmark: bookmark.watermark)
