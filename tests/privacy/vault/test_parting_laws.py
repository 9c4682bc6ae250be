"""Whatever joins, partings and links happen: no no is lost, and nothing parted comes back by a key."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentric_privacy.consent_events import NewEvent
from consentric_privacy.ledger import Ledger, NewObjection
from consentric_privacy.pseudonyms import Pseudonyms

START = datetime(2026, 6, 15, 12, tzinfo=UTC)
RECORDS = 6
NUMBER = st.integers(0, RECORDS - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("comes"), NUMBER, st.sampled_from(["a", "b", "c", None])),
        st.tuples(st.just("objects"), NUMBER, st.none()),
        st.tuples(st.just("restricts"), NUMBER, st.none()),
        st.tuples(st.just("withdraws"), NUMBER, st.none()),
        st.tuples(st.just("parts"), NUMBER, NUMBER),
        st.tuples(st.just("links"), NUMBER, NUMBER),
    ),
    min_size=4,
    max_size=18,
)


class Model:
    """The stores, and beside them by hand which no must count for which record, and who was parted."""

    def __init__(self, house: Any, make: Any) -> None:
        self.house, self.make = house, make
        self.ledger = Ledger(house.people, Pseudonyms(house.keyset))
        self.rrefs: dict[int, bytes] = {}
        self.noes: dict[int, set[tuple[str, str]]] = {}
        self.withdrawn: dict[int, int] = {}
        self.parted: set[frozenset[int]] = set()
        self.now = START

    def does(self, what: str, number: int, other: Any) -> None:
        self.now += timedelta(minutes=1)
        if what == "comes":
            self._comes(number, other)
        elif number in self.rrefs:
            getattr(self, f"_{what}")(number, other)

    def with_it(self, number: int) -> set[int]:
        """The records of the same person."""
        sid = self.house.sid(self.rrefs[number])
        return {one for one, rref in self.rrefs.items() if self.house.sid(rref) == sid}

    def _comes(self, number: int, address: str | None) -> None:
        email = f"{address}@example.com" if address else None
        # Each record in an account of its own: no key is ever crowded.
        with self.house.people.transaction():
            admission = self.house.admit(self.make(str(number), account=f"account-{number}", email=email))
            for old, survivor in admission.joins:
                self.ledger.move_subject(old, survivor)
        self.rrefs[number] = admission.records[0].rref
        self.noes.setdefault(number, set())
        self._share(number)

    def _share(self, number: int) -> None:
        """A no of one record's person is one of all its records, from the moment they are together."""
        together = self.with_it(number)
        every = set().union(*(self.noes[one] for one in together))
        for one in together:
            self.noes[one] = set(every)

    def _objects(self, number: int, _: None) -> None:
        sid, scope = self.house.sid(self.rrefs[number]), self.now.isoformat()
        objection = NewObjection(kind="21.1", channel="operator", scope=scope)
        self.ledger.record_objections(sid, [objection], at=self.now)
        self.noes[number].add(("objection", scope))
        self._share(number)

    def _restricts(self, number: int, _: None) -> None:
        self.ledger.restrict(self.house.sid(self.rrefs[number]), "18.1.a", at=self.now)
        self.noes[number].add(("restriction", self.now.strftime("%Y-%m-%dT%H:%M:%SZ")))
        self._share(number)

    def _withdraws(self, number: int, _: None) -> None:
        event = NewEvent(
            rref=self.rrefs[number],
            source="crm",
            purpose="*",
            channel="email",
            state="withdrawn",
            occurred_at=self.now,
            grade="B",
            method="test",
        )
        self.ledger.record_events([event], at=self.now)
        self.withdrawn[number] = self.withdrawn.get(number, 0) + 1

    def _parts(self, number: int, other: int) -> None:
        together = self.with_it(number)
        leaving = {number, other} & together
        if leaving == together:
            return
        parting = self.house.vault.split([self.rrefs[one] for one in leaving])
        self.ledger.part_subject(parting.stays, parting.leaves)
        self.parted |= {frozenset(pair) for pair in product(leaving, together - leaving)}

    def _links(self, number: int, other: int) -> None:
        if other not in self.rrefs or other in self.with_it(number):
            return
        sids = [self.house.sid(self.rrefs[one]) for one in (number, other)]
        self.ledger.move_subject(*self.house.vault.link(*sids))
        self._share(number)
        together = self.with_it(number)
        self.parted = {pair for pair in self.parted if not pair <= together}

    def check(self) -> None:
        persons = {sid for (sid,) in self.house.connection.execute("SELECT sid FROM person")}
        sids = {number: self.house.sid(rref) for number, rref in self.rrefs.items()}
        assert set(sids.values()) == persons, "one record exactly one person, no person without a record"
        links = self.house.vault.links(self.rrefs.values())
        assert {number: links[rref].id for number, rref in self.rrefs.items()} == {n: str(n) for n in sids}
        for number, sid in sids.items():
            assert self._told(sid) >= self.noes[number]
            count = "SELECT count(*) FROM consent_event WHERE rref = ?"
            [said] = self.house.connection.execute(count, (self.rrefs[number],)).fetchone()
            assert said == self.withdrawn.get(number, 0), "what a record said stays with it"
        for sid, person in self.ledger.persons(None):
            own = [number for number, mine in sids.items() if mine == sid]
            assert len(person.events) == sum(self.withdrawn.get(number, 0) for number in own)
        for one, other in map(tuple, self.parted):
            assert sids[one] != sids[other], "only a link brings together what was parted"

    def _told(self, sid: bytes) -> set[tuple[str, str]]:
        rows = self.house.connection.execute(
            "SELECT 'objection', scope FROM objection WHERE sid = :sid AND lifted_at IS NULL"
            " UNION ALL SELECT 'restriction', from_at FROM restriction"
            " WHERE sid = :sid AND lifted_at IS NULL",
            {"sid": sid},
        )
        return set(rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_joins_partings_and_links_lose_no_no_and_move_nothing(
    house: Any, make: Any, steps: list[tuple[str, int, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fresh = type(house).build(Path(folder) / "workspace")
        model = Model(fresh, make)
        for number in range(RECORDS):
            model.does("comes", number, "abc"[number % 3])
        for what, number, other in steps:
            model.does(what, number, other)
            model.check()
        fresh.close()
