"""Suppression: addresses and phones that must never be contacted or come back, kept as keyed fingerprints."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from consentric_privacy.instants import instant_of, maybe_text, text_of
from consentric_privacy.normalise import suppression_forms
from consentric_privacy.people import PeopleStore
from consentric_privacy.person import HitReason
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.readmission import OwnAct, closes_erasure
from consentric_privacy.storefile import select_in

Kind = Literal["email", "phone"]

_ENTRIES = (
    "SELECT fingerprint, kind, reason, channel, purpose, created_at, expires_at, closed_at"
    " FROM suppression WHERE fingerprint IN (?*)"
)
_HITS = (
    "SELECT rref, kind, reason, channel, purpose, since, expires_at, closed_at"
    " FROM suppressed WHERE rref IN (?*)"
)
_WRITE_HIT = (
    "INSERT OR REPLACE INTO suppressed"
    " (rref, kind, reason, channel, purpose, since, expires_at, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_BOUNCE = ("email", "bounce", "email", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressCheck:
    """The normalised address and phone of one record, in memory only, to be held against the entries."""

    rref: bytes
    email: str | None = None
    phone: str | None = None
    bounced: bool = False
    """Whether the source says that the address bounces."""


class Suppressions:
    """Adds entries and finds who they concern; the decision reads hits, never fingerprints."""

    def __init__(self, people: PeopleStore, pseudonyms: Pseudonyms) -> None:
        self._people = people
        self._pseudonyms = pseudonyms

    def add(
        self,
        kind: Kind,
        normalised: str,
        *,
        reason: HitReason,
        at: datetime,
        channel: str = "*",
        purpose: str = "*",
        expires_at: datetime | None = None,
    ) -> None:
        """Enter an address or phone, an address with a tag in both forms; entering it again changes nothing.

        An erasure entry that was closed opens again. Records that are already known get their hit by
        `record`, from whoever holds their address in memory.
        """
        version = self._pseudonyms.active_version("suppress")
        said, ends = text_of(at), maybe_text(expires_at)
        rows = [
            (self._pseudonyms.suppression(kind, form), version, kind, reason, channel, purpose, said, ends)
            for form in _forms(kind, normalised)
        ]
        with self._people.transaction() as connection:
            connection.executemany(
                "INSERT INTO suppression"
                " (fingerprint, key_version, kind, reason, channel, purpose, created_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET created_at = excluded.created_at,"
                " expires_at = excluded.expires_at, closed_at = NULL, closed_evidence = NULL"
                " WHERE closed_at IS NOT NULL OR expires_at IS NOT NULL",
                rows,
            )

    def open_erasures(self, kind: Kind, values: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the normalised values that an open erasure entry covers: their records are not stored.

        A phone is shared, so a hit by phone alone takes away only that phone.
        """
        now = text_of(at)
        return {
            value
            for value, rows in self._entries(kind, values).items()
            if any(
                reason == "erasure" and closed_at is None and (expires_at is None or now < expires_at)
                for _, reason, _, _, _, expires_at, closed_at in rows
            )
        }

    def readmit(self, normalised_email: str, act: OwnAct, *, evidence: str) -> bool:
        """Close the erasure entries of an address with the person's own act.

        Args:
            normalised_email: The address, in memory only.
            act: What the person did; one from before the erasure, or below grade B, closes nothing.
            evidence: Where the proof stands, as a request number; no identifier.

        Returns:
            Whether no erasure entry of the address is open any more.
        """
        closed_at = text_of(act.at)
        with self._people.transaction() as connection:
            for fingerprint in self._fingerprints("email", normalised_email):
                rows = connection.execute(
                    "SELECT channel, purpose, created_at FROM suppression"
                    " WHERE fingerprint = ? AND reason = 'erasure' AND closed_at IS NULL",
                    (fingerprint,),
                ).fetchall()
                for channel, purpose, created_at in rows:
                    if closes_erasure(act, erased_at=instant_of(created_at)):
                        connection.execute(
                            "UPDATE suppression SET closed_at = ?, closed_evidence = ? WHERE fingerprint = ?"
                            " AND reason = 'erasure' AND channel = ? AND purpose = ?",
                            (closed_at, evidence, fingerprint, channel, purpose),
                        )
        return not self.open_erasures("email", [normalised_email], at=act.at)

    def record(self, checks: Sequence[AddressCheck], *, at: datetime) -> set[bytes]:
        """Hold a page of addresses against the entries and write the hits.

        A hit stays with its record when the address changes, for the person said no; that an address bounces
        is forgotten when the source no longer says so.

        Returns:
            The records whose hits changed.
        """
        wanted = self._wanted(checks, text_of(at))
        changed: set[bytes] = set()
        with self._people.transaction() as connection:
            known = _known_hits(connection, [check.rref for check in checks])
            fresh = []
            for check in checks:
                for place, times in wanted[check.rref].items():
                    held = known[check.rref].get(place)
                    if held is None or (place != _BOUNCE and held != times):
                        fresh.append((check.rref, *place, *times))
                        changed.add(check.rref)
            healed = [
                (check.rref, *_BOUNCE)
                for check in checks
                if _BOUNCE in known[check.rref] and _BOUNCE not in wanted[check.rref]
            ]
            connection.executemany(_WRITE_HIT, fresh)
            connection.executemany(
                "DELETE FROM suppressed"
                " WHERE rref = ? AND kind = ? AND reason = ? AND channel = ? AND purpose = ?",
                healed,
            )
        return changed | {row[0] for row in healed}

    def _wanted(self, checks: Sequence[AddressCheck], now: str) -> dict[bytes, dict[_Place, _Times]]:
        """The hits each record should have: by the entries of its address and phone, and by its bounces."""
        emails = self._entries("email", {check.email for check in checks if check.email})
        phones = self._entries("phone", {check.phone for check in checks if check.phone})
        wanted: dict[bytes, dict[_Place, _Times]] = defaultdict(dict)
        for check in checks:
            hits = wanted[check.rref]
            rows = emails.get(check.email or "", []) + [
                row for row in phones.get(check.phone or "", []) if row[1] != "erasure"
            ]
            for kind, reason, channel, purpose, since, expires_at, closed_at in rows:
                hits[kind, reason, channel, purpose] = (since, expires_at, closed_at)
            if check.bounced:
                hits.setdefault(_BOUNCE, (now, None, None))
        return wanted

    def _entries(self, kind: Kind, values: Iterable[str]) -> dict[str, list[_EntryRow]]:
        connection = self._people.connection
        if connection.execute("SELECT 1 FROM suppression LIMIT 1").fetchone() is None:
            return {}
        values_of: dict[bytes, list[str]] = defaultdict(list)
        for value in values:
            for fingerprint in self._fingerprints(kind, value):
                values_of[fingerprint].append(value)
        entries: dict[str, list[_EntryRow]] = defaultdict(list)
        for fingerprint, *row in select_in(connection, _ENTRIES, values_of):
            for value in values_of[fingerprint]:
                entries[value].append(tuple(row))
        return entries

    def _fingerprints(self, kind: Kind, value: str) -> list[bytes]:
        return [
            fingerprint
            for form in _forms(kind, value)
            for fingerprint in self._pseudonyms.suppression_all(kind, form)
        ]


_Place = tuple[str, str, str, str]
"""Kind, reason, channel, purpose."""
_Times = tuple[str, str | None, str | None]
"""Since, expires at, closed at."""
_EntryRow = tuple[str, str, str, str, str, str | None, str | None]


def _forms(kind: Kind, normalised: str) -> tuple[str, ...]:
    return suppression_forms(normalised) if kind == "email" else (normalised,)


def _known_hits(connection: sqlite3.Connection, rrefs: Iterable[bytes]) -> dict[bytes, dict[_Place, _Times]]:
    known: dict[bytes, dict[_Place, _Times]] = defaultdict(dict)
    for rref, kind, reason, channel, purpose, since, expires_at, closed_at in select_in(
        connection, _HITS, rrefs
    ):
        known[rref][kind, reason, channel, purpose] = (since, expires_at, closed_at)
    return known
