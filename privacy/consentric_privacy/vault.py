"""The vault: which records exist, whose they are, and where they stand in their CRM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from consentric_privacy.admission import Admission, Admitted, Arrival, admit
from consentric_privacy.audit import subject_ref
from consentric_privacy.deks import DekStore
from consentric_privacy.links import SEALED_COLUMNS, Link, SealedLink, unseal
from consentric_privacy.people import PeopleStore
from consentric_privacy.persons import (
    Parting,
    forget_parting,
    join_persons,
    mark_moved,
    part_records,
    parted_pairs,
)
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.storefile import select_in

__all__ = ["Admission", "Admitted", "Arrival", "Link", "LiveRecord", "Merged", "Parting", "Vault"]

_PAGE = 5_000
_COLUMNS = "SELECT rref, sid, account, object, partition FROM record"
_LIVE = """
SELECT rref, sid, account, object, partition, sequence FROM record
WHERE state = 'live' AND sequence > :last ORDER BY sequence LIMIT :page"""
_LIVE_OF_ACCOUNT = _LIVE.replace("WHERE", "WHERE account = :account AND")
_LIVE_OF_PERSON = f"""
{_COLUMNS} WHERE state = 'live' AND sid = coalesce((SELECT survivor FROM sid_alias WHERE old = ?1), ?1)
ORDER BY sequence"""  # noqa: S608 -- constants
_AT = (
    "SELECT crm_key, rref, state, merged_into FROM record"
    " WHERE account = ? AND object = ? AND partition = ? AND crm_key IN (?*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRecord:
    """A record that its source still has; its CRM id stays sealed."""

    rref: bytes
    sid: bytes
    account: str
    object: str
    partition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A merge that happened in a CRM: labels of the loser move to the winner."""

    loser_rref: bytes
    winner_rref: bytes
    joins: list[tuple[bytes, bytes]]
    """(old sid, surviving sid); the ledger's rows by sid move by these."""
    left: tuple[bytes, bytes] | None = None
    """(sid before, sid now) of the loser when it alone went over; the denials of both count from then on."""


class Vault:
    """Holds the vault's tables of `people.sqlite` and the keys of the people in `deks.sqlite`.

    Names, addresses and phones pass through `admit` in memory and are never stored.
    """

    def __init__(self, people: PeopleStore, deks: DekStore, pseudonyms: Pseudonyms) -> None:
        self._people = people
        self._deks = deks
        self._pseudonyms = pseudonyms

    def admit(self, arrivals: Sequence[Arrival], *, at: datetime) -> Admission:
        """Takes in one page of records, best inside the caller's transaction with the ledger's rows.

        A known record keeps its rref and person; its match keys become those it carries now. A new one
        joins the person with whom it shares a current e-mail or external id, or begins one. Records of
        one page are seen at once, so their order in it changes nothing. New people's keys are durable
        when this returns, whatever becomes of the transaction. A record that had ended lives again.

        Args:
            arrivals: 100 to 1000 of them; about 20 us each.
            at: When the page was read.

        Raises:
            KeyMaterialError: A person's key is missing or altered (CS404).
            UnsafeStoreError: A link of a person to be joined was altered (CS503).
        """
        with self._people.transaction() as connection:
            return admit(connection, self._deks, self._pseudonyms, arrivals, at=at)

    def links(self, rrefs: Iterable[bytes]) -> dict[bytes, Link]:
        """Gives where live records are in their CRM; a record that ended or is unknown is left out.

        Raises:
            KeyMaterialError: A person's key is missing or altered (CS404).
            UnsafeStoreError: A row was altered or moved (CS503).
        """
        query = f"SELECT {SEALED_COLUMNS} FROM record WHERE state = 'live' AND rref IN (?*)"  # noqa: S608 -- a constant
        rows = [SealedLink(*row) for row in select_in(self._people.connection, query, rrefs)]
        keys = self._deks.get_many([row.sid for row in rows])
        return {row.rref: unseal(keys[row.sid], row, self._pseudonyms) for row in rows}

    def find(self, account: str, object_type: str, partition: str, ids: Iterable[str]) -> dict[str, bytes]:
        """Gives the rref of each CRM id that is live here; others are left out.

        A merged id is not followed: a late word about a loser, its deletion say, must not fall on the winner.
        """
        by_key = {
            key: record_id
            for record_id in ids
            for key in self._pseudonyms.record_key_all(account, object_type, partition, record_id)
        }
        place = (account, object_type, partition)
        rows = select_in(self._people.connection, f"{_AT} AND state = 'live'", by_key, before=place)
        return {by_key[key]: rref for key, rref, _, _ in rows}

    def carriers(self, kind: str, normalised: str) -> list[bytes]:
        """Gives the rrefs of the records that carry a normalised `email` or `phone`; keeps nothing of it."""
        keys = self._pseudonyms.match_key_all(kind, normalised)
        query = "SELECT DISTINCT rref FROM match_key WHERE kind = ? AND key IN (?*)"
        rows = select_in(self._people.connection, query, keys, before=(kind,))
        return sorted(rref for (rref,) in rows)

    def merge(
        self, account: str, loser: tuple[str, str, str], winner: tuple[str, str, str], *, at: datetime
    ) -> Merged | None:
        """Follows a merge in a CRM: the loser ends, and the two persons are one.

        Told again it changes nothing more. A winner that was itself merged stands for what it lives on as.

        Args:
            account: Where it happened.
            loser: Object, partition and id of the record that is no more.
            winner: Those of the record it lives on as.
            at: When it was seen.

        Returns:
            None when one of the two is unknown here, or the winner was deleted.

        Raises:
            KeyMaterialError: A person's key is missing or altered (CS404).
            UnsafeStoreError: A link of a person to be joined was altered (CS503).
        """
        day = at.astimezone(UTC).date().isoformat()
        with self._people.transaction():
            ended, found = self._any_state(account, loser), self._any_state(account, winner)
            if ended is None or found is None:
                return None
            loser_rref = ended[0]
            winner_rref = found[2] or found[0]
            if found[1] == "deleted" or loser_rref == winner_rref:
                return None
            self._end_merged(loser_rref, winner_rref, day)
            joins, left = self._unite(loser_rref, winner_rref)
        return Merged(loser_rref=loser_rref, winner_rref=winner_rref, joins=joins, left=left)

    def split(self, rrefs: Sequence[bytes]) -> Parting:
        """Parts live records of one person from its others: they are a new person, and marked apart.

        What was merged into them goes with them. The ledger follows with `Ledger.part_subject`.

        Raises:
            KeyMaterialError: The person's key is missing or altered (CS409).
            UnsafeStoreError: A link was altered (CS503).
            ValueError: They belong to several persons.
        """
        with self._people.transaction() as connection:
            return part_records(connection, self._deks, self._pseudonyms, rrefs)

    def link(self, one: bytes, other: bytes) -> tuple[bytes, bytes]:
        """Makes two persons one by the word of an operator; keys join again what was parted between them.

        Returns:
            (old sid, surviving sid); the ledger follows with `Ledger.move_subject`.

        Raises:
            KeyMaterialError: A person's key is missing or altered (CS409).
            UnsafeStoreError: A link was altered (CS503).
        """
        with self._people.transaction() as connection:
            [join] = join_persons(connection, self._deks, self._pseudonyms, [[one, other]])
            forget_parting(connection, join[1])
        return join

    def moves(self) -> list[tuple[bytes, bytes]]:
        """(rref, sid now) of records whose person changed and whom the warehouse has not followed yet."""
        query = "SELECT m.rref, r.sid FROM moved AS m JOIN record AS r ON r.rref = m.rref ORDER BY m.rref"
        return self._people.connection.execute(query).fetchall()

    def settle_moves(self, rrefs: Iterable[bytes]) -> None:
        """Forgets moves that the warehouse has followed."""
        with self._people.transaction() as connection:
            connection.executemany("DELETE FROM moved WHERE rref = ?", [(rref,) for rref in rrefs])

    def audit_ref(self, sid: bytes) -> str:
        """How the audit log names a person; nothing but their key leads from it to them.

        Raises:
            KeyMaterialError: The person's key is missing or altered (CS409).
        """
        return subject_ref(self._deks.get(sid))

    def delete(self, rrefs: Iterable[bytes], at: datetime) -> set[bytes]:
        """Follows deletions in a CRM: link and match keys go; the number stays, for denials still count.

        Returns:
            The rrefs that were live until now; their grants are to be ended.
        """
        day = at.astimezone(UTC).date().isoformat()
        query = "SELECT rref FROM record WHERE state = 'live' AND rref IN (?*)"
        with self._people.transaction() as connection:
            ended = {rref for (rref,) in select_in(connection, query, rrefs)}
            connection.executemany("DELETE FROM match_key WHERE rref = ?", [(rref,) for rref in ended])
            connection.executemany(
                "UPDATE record SET state = 'deleted', nonce = NULL, ct = NULL, ended_on = ? WHERE rref = ?",
                [(day, rref) for rref in ended],
            )
        return ended

    def live(self, account: str | None) -> Iterator[LiveRecord]:
        """Streams the live records of one account, or of all, in the order in which they came."""
        last = 0
        query = _LIVE if account is None else _LIVE_OF_ACCOUNT
        while True:
            place = {"last": last, "page": _PAGE, "account": account}
            rows = self._people.connection.execute(query, place).fetchall()
            yield from (_live_record(row[:5]) for row in rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1][5]

    def places(self, account: str) -> list[tuple[str, str]]:
        """The kinds of object and the partitions that an account has live records in."""
        query = (
            "SELECT DISTINCT object, partition FROM record WHERE account = ? AND state = 'live' ORDER BY 1, 2"
        )
        return self._people.connection.execute(query, (account,)).fetchall()

    def subject_of(self, rrefs: Iterable[bytes]) -> dict[bytes, bytes]:
        """Gives the person of each record, ended ones included; unknown records are left out."""
        query = "SELECT rref, sid FROM record WHERE rref IN (?*)"
        return dict(select_in(self._people.connection, query, rrefs))

    def records_of(self, sid: bytes) -> list[LiveRecord]:
        """Gives the live records of a person, also by a sid that was joined into another."""
        return [_live_record(row) for row in self._people.connection.execute(_LIVE_OF_PERSON, (sid,))]

    def _any_state(self, account: str, place: tuple[str, str, str]) -> tuple[bytes, str, bytes | None] | None:
        """Gives rref, state and what it was merged into, of a record live or not."""
        keys = self._pseudonyms.record_key_all(account, *place)
        rows = select_in(self._people.connection, _AT, keys, before=(account, place[0], place[1]))
        return next(((rref, state, into) for _, rref, state, into in rows), None)

    def _end_merged(self, loser: bytes, winner: bytes, day: str) -> None:
        connection = self._people.connection
        connection.execute("DELETE FROM match_key WHERE rref = ?", (loser,))
        connection.execute(
            "UPDATE record SET state = 'merged', merged_into = ?, nonce = NULL, ct = NULL,"
            " ended_on = coalesce(ended_on, ?) WHERE rref = ?",
            (winner, day, loser),
        )
        # Kept one step long, so that nobody has to follow a chain of merges.
        connection.execute("UPDATE record SET merged_into = ? WHERE merged_into = ?", (winner, loser))

    def _unite(
        self, loser: bytes, winner: bytes
    ) -> tuple[list[tuple[bytes, bytes]], tuple[bytes, bytes] | None]:
        """Makes the persons of two merged records one; between those parted by hand only the loser moves."""
        connection = self._people.connection
        rows = connection.execute(
            "SELECT rref, sid, apart FROM record WHERE rref IN (?, ?)", (loser, winner)
        ).fetchall()
        sids = {rref: sid for rref, sid, _ in rows}
        left = (sids[loser], sids[winner])
        if left[0] == left[1]:
            return [], None
        if any(apart for _, _, apart in rows) or parted_pairs(connection, left) & {left, left[::-1]}:
            connection.execute("UPDATE record SET sid = ? WHERE rref = ?", (sids[winner], loser))
            mark_moved(connection, [loser])
            return [], left
        return join_persons(connection, self._deks, self._pseudonyms, [list(left)]), None


def _live_record(row: tuple[bytes, bytes, str, str, str]) -> LiveRecord:
    rref, sid, account, object_type, partition = row
    return LiveRecord(rref=rref, sid=sid, account=account, object=object_type, partition=partition)
