"""A vault over real files, in which a test admits records by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric_privacy.deks import DekStore
from consentric_privacy.keyset import Keyset
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Admission, Arrival, Vault

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
ROOT = bytes(range(32))


@dataclass
class House:
    folder: Path
    keyset: Keyset
    people: PeopleStore
    deks: DekStore
    vault: Vault

    @classmethod
    def build(cls, folder: Path) -> House:
        people = PeopleStore.open(folder)
        path = folder / "keyset.json"
        keyset = Keyset.load(path, ROOT) if path.exists() else Keyset.create(path, ROOT)
        deks = DekStore.open(folder / "deks.sqlite", keyset)
        return cls(folder, keyset, people, deks, Vault(people, deks, Pseudonyms(keyset)))

    @property
    def connection(self) -> sqlite3.Connection:
        return self.people.connection

    def under(self, keyset: Keyset) -> Vault:
        """The same stores under other keys."""
        return Vault(self.people, self.deks, Pseudonyms(keyset))

    def admit(self, *arrivals: Arrival) -> Admission:
        return self.vault.admit(arrivals, at=AT)

    def one(self, name: str, **more: Any) -> tuple[bytes, bytes]:
        """Admits one record in a page of its own; gives rref and sid."""
        admitted = self.admit(contact(name, **more)).records[0]
        return admitted.rref, admitted.sid

    def sid(self, rref: bytes) -> bytes:
        return self.vault.subject_of([rref])[rref]

    def count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def close(self) -> None:
        self.people.close()
        self.deks.close()


def contact(name: str, **more: Any) -> Arrival:
    """A contact of the account hubspot unless said otherwise; `loyalty` is an external id."""
    loyalty = more.pop("loyalty", None)
    external = {} if loyalty is None else {"loyalty": loyalty}
    given: dict[str, Any] = {"account": "hubspot", "object": "contact", "external_ids": external}
    return Arrival(id=name, **(given | more))


def born(year: int) -> date:
    return date(year, 1, 1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House.build(tmp_path / "workspace")
    yield built
    built.close()


@pytest.fixture
def make() -> Any:
    """Builds an arrival: `make("101", email=..., loyalty=...)`."""
    return contact
