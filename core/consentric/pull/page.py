"""A page: records gathered until the stores can take them in one go, in the order that survives a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from consentric.control.ownership import move_record
from consentric.sdk.records import Activity, ConsentEvent, Contact, Deletion, Merge, Record
from consentric_privacy.vault import Admission, Merged

from . import activities, contacts
from .moves import follow_moves
from .report import StreamReport
from .stores import Rules, Stores, known_records

_CONTACTS = 4_000
"""Contacts held in memory in clear at any time; bounds memory, not correctness."""
_ROWS = 10_000
"""Other records: nobody is named in them, and each page costs the warehouse a look through its table."""


@dataclass(slots=True)
class Page:
    """Records in clear, in memory only, until `write` has turned them into rows."""

    contacts: list[Contact] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    consents: list[ConsentEvent] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Takes one record in; bookmarks and ends of streams are not a page's business."""
        match record:
            case Contact():
                self.contacts.append(record)
            case Activity():
                self.activities.append(record)
            case ConsentEvent():
                self.consents.append(record)
            case Deletion():
                self.deletions.append(record)
            case Merge():
                self.merges.append(record)

    @property
    def is_full(self) -> bool:
        """Whether it should be written before more is read."""
        if len(self.contacts) >= _CONTACTS:
            return True
        rows = len(self.activities) + len(self.consents) + len(self.deletions) + len(self.merges)
        return rows >= _ROWS

    def write(self, stores: Stores, rules: Rules, *, at: datetime, report: StreamReport) -> Admission:
        """Writes people (one transaction), then warehouse (one transaction), then moves owned labels.

        Each step is idempotent by key, so a crash between two of them is mended by reading the page again.
        Gives what became of the contacts.
        """
        # What a killed run left, before records of this page begin a subject of their own.
        follow_moves(stores)
        with stores.people.transaction():
            admission = contacts.write_people(self.contacts, stores, rules, at=at, report=report)
            merged = self._follow_merges(stores, rules, at)
            gone = self._delete(stores, rules, at)
            self._write_consents(stores, rules, at, report)
            known = activities.known_activities(self.activities, stores, rules, report)
            activities.write_facts(known, stores)
        report.counts["merges"] += len(merged)
        report.counts["deletions"] += len(gone)
        with stores.warehouse.transaction():
            if self.contacts:
                today = at.astimezone(rules.zone).date()
                contacts.write_warehouse(self.contacts, admission, stores, rules, today=today)
            if merged:
                stores.warehouse.merge_records([merge.loser_rref for merge in merged])
            if gone:
                stores.warehouse.retire_records(gone)
            activities.write_warehouse(known, stores, rules)
            activities.remove_cancelled(self.activities, stores, rules)
        follow_moves(stores)
        for merge in merged:
            move_record(stores.control, merge.loser_rref, merge.winner_rref)
        return admission

    def _follow_merges(self, stores: Stores, rules: Rules, at: datetime) -> list[Merged]:
        merged: list[Merged] = []
        for merge in self.merges:
            done = stores.vault.merge(
                rules.connection,
                (merge.loser.object, merge.loser.partition, merge.loser.id),
                (merge.winner.object, merge.winner.partition, merge.winner.id),
                at=at,
            )
            if done is not None:
                merged.append(done)
                for old, survivor in done.joins:
                    stores.ledger.move_subject(old, survivor)
                if done.left is not None:
                    stores.ledger.copy_denials(*done.left)
        return merged

    def _delete(self, stores: Stores, rules: Rules, at: datetime) -> list[bytes]:
        refs = {deletion.record for deletion in self.deletions}
        gone = stores.vault.delete(known_records(stores.vault, rules.connection, refs).values(), at)
        stores.ledger.end_grants(gone, source=rules.connection, at=at)
        return sorted(gone)

    def _write_consents(self, stores: Stores, rules: Rules, at: datetime, report: StreamReport) -> None:
        refs = {event.record for event in self.consents if event.record is not None}
        rrefs = known_records(stores.vault, rules.connection, refs)
        events = [
            contacts.new_event(event, rrefs[event.record], rules.connection)
            for event in self.consents
            if event.record is not None and event.record in rrefs
        ]
        report.counts["consents"] += len(events)
        stores.ledger.record_events(events, at=at)
