"""The ledger: what people allowed and forbade as their sources say it, and who must be decided again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from consentric_privacy.consent_events import NewEvent, end_grants, record_events
from consentric_privacy.due import Decided, mark_due, mark_records_due, subjects_due, write_decisions
from consentric_privacy.facts import SubjectFacts, merge_facts, move_facts, part_facts
from consentric_privacy.instants import text_of
from consentric_privacy.people import PeopleStore
from consentric_privacy.person import Person
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.suppression import AddressCheck, Suppressions
from consentric_privacy.worlds import read_persons, read_times

__all__ = ["AddressCheck", "Decided", "Ledger", "NewEvent", "NewObjection", "SubjectFacts"]

_KEPT_BY_PERSON = {
    "objection": ("kind, scope, received_at", "channel, lifted_at, lifted_evidence, compelling_grounds_ref"),
    "restriction": ("ground, from_at", "lifted_at, subject_informed_at"),
}
"""What a person said no with: the columns by which a row is one, and the others."""
# Of two rows that fall together the active one stays: a no is never lost.
_COPY = tuple(
    statement.replace("TABLE", table).replace("PLACE", place).replace("REST", rest)
    for table, (place, rest) in _KEPT_BY_PERSON.items()
    for statement in (
        "DELETE FROM TABLE WHERE sid = :target AND lifted_at IS NOT NULL AND (PLACE) IN"
        " (SELECT PLACE FROM TABLE WHERE sid = :source AND lifted_at IS NULL)",
        "INSERT OR IGNORE INTO TABLE (sid, PLACE, REST)"
        " SELECT :target, PLACE, REST FROM TABLE WHERE sid = :source",
    )
)

Ground = Literal["18.1.a", "18.1.b", "18.1.c", "18.1.d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObjection:
    """An objection under Art. 21 GDPR, from a source or an operator."""

    kind: Literal["21.1", "21.2"]
    channel: str
    """The way it arrived: a connection, or `operator`."""
    received_at: datetime | None = None
    """None when the source does not know: it counts from when it was first seen."""
    scope: str = "*"
    """One purpose, or all."""


class Ledger:
    """Reads and writes the ledger's tables; every method is one transaction, or part of the caller's.

    Whatever changes a person's world marks them to be decided again. Records must be in the vault first.
    """

    def __init__(self, people: PeopleStore, pseudonyms: Pseudonyms) -> None:
        self._people = people
        self._pseudonyms = pseudonyms
        self.suppressions = Suppressions(people, pseudonyms)

    def record_events(
        self, events: Sequence[NewEvent], *, at: datetime, read_whole: Collection[bytes] = ()
    ) -> set[bytes]:
        """Append consent events; one that is known is swallowed, and its first observation does not move.

        A grant that is shown again after it had ended counts again once the read has finished (`mark_read`).

        Args:
            events: Those of a page, all events of a record in one call.
            at: When the page was read.
            read_whole: Records whose consents were read completely: a flag without a time that such a record
                no longer shows still counts, but if it is set once more it counts from then.

        Returns:
            The records for which anything changed.
        """
        with self._people.transaction() as connection:
            changed = record_events(connection, self._pseudonyms, events, at=at, read_whole=read_whole)
            mark_records_due(connection, changed)
        return changed

    def end_grants(self, rrefs: Iterable[bytes], *, source: str, at: datetime) -> set[bytes]:
        """End the grants of records that were deleted, or absent after a complete enumeration.

        An ending is not a no: grants of other records and sources stand, denials keep counting.

        Returns:
            The records that had a grant to end; told again, none.
        """
        with self._people.transaction() as connection:
            ended = end_grants(connection, self._pseudonyms, rrefs, source=source, at=at)
            mark_records_due(connection, ended)
        return ended

    def record_hits(self, checks: Sequence[AddressCheck], *, at: datetime) -> set[bytes]:
        """Hold a page of addresses, in memory only, against the suppression entries.

        Returns:
            The records whose hits changed.
        """
        with self._people.transaction() as connection:
            changed = self.suppressions.record(checks, at=at)
            mark_records_due(connection, changed)
        return changed

    def record_facts(self, facts: Iterable[SubjectFacts]) -> set[bytes]:
        """Merge facts over the records of each person; gives the subjects for whom anything changed."""
        with self._people.transaction() as connection:
            changed = merge_facts(connection, facts)
            mark_due(connection, changed)
        return changed

    def record_objections(self, sid: bytes, objections: Iterable[NewObjection], *, at: datetime) -> None:
        """Record objections of a subject; one that is active already is swallowed.

        An objection without a date that its source still shows after it was lifted counts again: lift it
        at its source too.
        """
        written = 0
        with self._people.transaction() as connection:
            for objection in objections:
                place = (sid, objection.kind, objection.scope)
                active = connection.execute(
                    "SELECT 1 FROM objection WHERE sid = ? AND kind = ? AND scope = ? AND lifted_at IS NULL",
                    place,
                ).fetchone()
                if objection.received_at is None and active is not None:
                    continue
                received_at = text_of(objection.received_at or at)
                written += connection.execute(
                    "INSERT INTO objection (sid, kind, scope, received_at, channel) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (*place, received_at, objection.channel),
                ).rowcount
            if written:
                mark_due(connection, [sid])

    def lift_objections(self, sid: bytes, kind: str, *, at: datetime, evidence: str) -> None:
        """Lift the objections of one kind by the person's own act; `evidence` says where its proof is."""
        with self._people.transaction() as connection:
            connection.execute(
                "UPDATE objection SET lifted_at = ?, lifted_evidence = ?"
                " WHERE sid = ? AND kind = ? AND lifted_at IS NULL",
                (text_of(at), evidence, sid, kind),
            )
            mark_due(connection, [sid])

    def restrict(self, sid: bytes, ground: Ground, *, at: datetime) -> None:
        """Restrict the processing of a subject's data (Art. 18) until it is lifted."""
        with self._people.transaction() as connection:
            connection.execute(
                "INSERT INTO restriction (sid, ground, from_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (sid, ground, text_of(at)),
            )
            mark_due(connection, [sid])

    def lift_restriction(self, sid: bytes, *, at: datetime, informed_at: datetime) -> None:
        """Lift a subject's restrictions; the person must have been told before (Art. 18(3))."""
        with self._people.transaction() as connection:
            connection.execute(
                "UPDATE restriction SET lifted_at = ?, subject_informed_at = ?"
                " WHERE sid = ? AND lifted_at IS NULL",
                (text_of(at), text_of(informed_at), sid),
            )
            mark_due(connection, [sid])

    def mark_read(self, source: str, at: datetime, *, full: bool) -> None:
        """Record that a read of a source ended well; grants it showed again count from now on.

        Args:
            source: The account.
            at: When the read began, the `at` of its pages.
            full: Whether it was a verified whole enumeration.
        """
        now = text_of(at)
        with self._people.transaction() as connection:
            shown_again = connection.execute(
                "SELECT rref FROM consent_event WHERE source = ? AND shown_again_at > coalesce("
                "(SELECT last_success_at FROM source_state WHERE source = ?), '') AND shown_again_at <= ?",
                (source, source, now),
            ).fetchall()
            mark_records_due(connection, [rref for (rref,) in shown_again])
            connection.execute(
                "INSERT INTO source_state AS s (source, last_success_at, last_sweep_at) VALUES (?, ?, ?)"
                " ON CONFLICT (source) DO UPDATE SET"
                " last_success_at = max(s.last_success_at, excluded.last_success_at),"
                " last_sweep_at = coalesce(excluded.last_sweep_at, s.last_sweep_at)",
                (source, now, now if full else None),
            )

    def reads(self) -> dict[str, datetime]:
        """When each source was last read successfully; incremental reads count."""
        return read_times(self._people.connection)

    def persons(self, sids: Iterable[bytes] | None) -> Iterator[tuple[bytes, Person]]:
        """Stream the worlds of subjects, or of everybody (None)."""
        return read_persons(self._people.connection, sids)

    def subjects_to_decide(self, policy_hash: str, at: datetime) -> list[bytes] | None:
        """The subjects whose world changed or whose `valid_until` has passed.

        Under another policy than the last finished one it is everybody: None, as `persons` takes it.
        """
        return subjects_due(self._people.connection, policy_hash, at)

    def record_decisions(
        self, decided: Sequence[Decided], *, run_id: str, policy_hash: str, at: datetime
    ) -> int:
        """Write decisions that differ from the last ones, and take their subjects off the list.

        Args:
            decided: All questions of a subject in one call: the earliest `valid_until` of them is kept.
            run_id: The run that decided.
            policy_hash: The policy it decided under.
            at: The time of the decision.

        Returns:
            How many differ.
        """
        with self._people.transaction() as connection:
            return write_decisions(connection, decided, run_id=run_id, policy_hash=policy_hash, at=at)

    def finish_decisions(self, policy_hash: str, at: datetime) -> None:
        """Record that everybody stands decided under a policy; until then it decides all of them again."""
        with self._people.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO gate_state (one, policy_hash, decided_at) VALUES (1, ?, ?)",
                (policy_hash, text_of(at)),
            )

    def part_subject(self, stays: bytes, leaves: bytes) -> None:
        """Follow a parting in the vault: every no counts for both, what only helps to allow for neither."""
        with self._people.transaction() as connection:
            self.copy_denials(stays, leaves)
            part_facts(connection, stays, leaves)
            mark_due(connection, [stays, leaves])

    def copy_denials(self, source: bytes, target: bytes) -> None:
        """Let the objections and restrictions of a subject count for another as well."""
        with self._people.transaction() as connection:
            for statement in _COPY:
                connection.execute(statement, {"source": source, "target": target})
            mark_due(connection, [target])

    def move_subject(self, old: bytes, survivor: bytes) -> None:
        """Follow a join in the vault: what is kept by sid becomes the survivor's, decisions stay history."""
        with self._people.transaction() as connection:
            self.copy_denials(old, survivor)
            for table in _KEPT_BY_PERSON:
                connection.execute(f"DELETE FROM {table} WHERE sid = ?", (old,))  # noqa: S608 -- a constant
            move_facts(connection, old, survivor)
            connection.execute("DELETE FROM subject_due WHERE sid = ?", (old,))
            mark_due(connection, [survivor])
