"""A house with a real vault and ledger, in which a test speaks of people by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consentric_privacy.decision import Decision, Person, Purpose, decide
from consentric_privacy.deks import DekStore
from consentric_privacy.keyset import Keyset
from consentric_privacy.ledger import Ledger, NewEvent
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Arrival, Vault

NEWSLETTER = Purpose(id="news", basis=("consent",), channels=("email",), direct_marketing=True)


def day(text: str) -> datetime:
    """Noon of a day."""
    return datetime.fromisoformat(f"{text}T12:00:00").replace(tzinfo=UTC)


@dataclass
class House:
    people: PeopleStore
    vault: Vault
    ledger: Ledger

    def record(self, name: str, account: str = "hubspot") -> bytes:
        arrival = Arrival(account=account, object="contact", id=name, email=f"{name}@example.com")
        return self.vault.admit([arrival], at=day("2026-01-10")).records[0].rref

    def sid(self, rref: bytes) -> bytes:
        return self.vault.subject_of([rref])[rref]

    def says(self, rref: bytes, state: Any, said_on: str | None, *, read_on: str, **more: Any) -> set[bytes]:
        """One consent event of a record, shown by a read on a day."""
        event: dict[str, Any] = {"source": "hubspot", "purpose": "news", "channel": "email"}
        event |= {"grade": "B", "method": "form"} | more
        whole = event.pop("read_whole", False)
        new = NewEvent(rref=rref, state=state, occurred_at=day(said_on) if said_on else None, **event)
        return self.ledger.record_events([new], at=day(read_on), read_whole=[rref] if whole else [])

    def person(self, rref: bytes) -> Person:
        return dict(self.ledger.persons([self.sid(rref)]))[self.sid(rref)]

    def decide(self, rref: bytes, on: str, purpose: Purpose = NEWSLETTER, **more: Any) -> Decision:
        question: dict[str, Any] = {"channel": purpose.channels[0], "action": "process"} | more
        return decide(
            self.person(rref),
            purpose,
            at=day(on),
            reads=self.ledger.reads(),
            max_staleness=timedelta(hours=24),
            **question,
        )

    def count(self, table: str) -> int:
        return int(self.people.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "workspace"
    people = PeopleStore.open(folder)
    keyset = Keyset.create(folder / "keyset.json", bytes(range(32)))
    pseudonyms = Pseudonyms(keyset)
    vault = Vault(people, DekStore.open(folder / "deks.sqlite", keyset), pseudonyms)
    yield House(people, vault, Ledger(people, pseudonyms))
    people.close()
