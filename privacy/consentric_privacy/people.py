"""The file `people.sqlite`: the vault (who the records are) and the ledger (what the people allowed)."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from consentric_privacy.files import make_private_folder
from consentric_privacy.ledger_schema import LEDGER_DDL
from consentric_privacy.storefile import StoreFile

PEOPLE_FILE = "people.sqlite"
_APPLICATION = 0x43535045  # "CSPE"
_VERSION = 2

VAULT_DDL = """
CREATE TABLE IF NOT EXISTS person (
  sequence INTEGER PRIMARY KEY,
  sid BLOB NOT NULL UNIQUE CHECK (length(sid) = 16),
  created_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
  sequence INTEGER PRIMARY KEY,
  rref BLOB NOT NULL UNIQUE CHECK (length(rref) = 16),
  sid BLOB NOT NULL,
  account TEXT NOT NULL,
  object TEXT NOT NULL,
  partition TEXT NOT NULL,
  crm_key BLOB NOT NULL,
  key_version INTEGER NOT NULL,
  nonce BLOB,
  ct BLOB,
  state TEXT NOT NULL CHECK (state IN ('live', 'deleted', 'merged')),
  merged_into BLOB,
  apart INTEGER NOT NULL DEFAULT 0,
  ended_on TEXT,
  UNIQUE (account, object, partition, crm_key),
  CHECK ((state = 'live') = (ct IS NOT NULL)),
  CHECK ((state = 'live') = (ended_on IS NULL)),
  CHECK ((state = 'merged') = (merged_into IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS record_of_person ON record (sid);
CREATE INDEX IF NOT EXISTS record_of_account ON record (account);
CREATE INDEX IF NOT EXISTS record_merged_into ON record (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE IF NOT EXISTS match_key (
  key BLOB NOT NULL,
  rref BLOB NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (key, rref)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS match_key_of_record ON match_key (rref);
CREATE TABLE IF NOT EXISTS sid_alias (
  old BLOB PRIMARY KEY,
  survivor BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alias_of_survivor ON sid_alias (survivor);
-- From whom an operator parted a record: no key joins the two persons while a row stands here.
CREATE TABLE IF NOT EXISTS parted (
  rref BLOB NOT NULL,
  sid BLOB NOT NULL,
  PRIMARY KEY (rref, sid)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parted_from ON parted (sid);
-- Records whose person changed, until the warehouse has followed.
CREATE TABLE IF NOT EXISTS moved (
  rref BLOB PRIMARY KEY
) WITHOUT ROWID;
"""


class PeopleStore:
    """Owns the connection of `people.sqlite`.

    Vault and ledger share the file so that a join, an erasure or a suppression hit is one transaction.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    @classmethod
    def open(cls, folder: Path) -> PeopleStore:
        """Opens or creates `people.sqlite` in a private folder.

        Raises:
            UnsafeStoreError: Others can read folder or file (CS502), or it is damaged (CS501).
        """
        make_private_folder(folder)
        schema = f"{VAULT_DDL};{LEDGER_DDL}"
        return cls(StoreFile(folder / PEOPLE_FILE, application=_APPLICATION, version=_VERSION, schema=schema))

    @property
    def connection(self) -> sqlite3.Connection:
        """The one connection; statements outside `transaction()` are committed one by one."""
        return self._file.connection

    @property
    def has_people(self) -> bool:
        """Whether anybody was ever pulled; a signed assessment alone is nobody."""
        return self.connection.execute("SELECT 1 FROM person LIMIT 1").fetchone() is not None

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Makes what happens inside one transaction; nests, an inner one can fail alone."""
        return self._file.transaction()

    def checkpoint(self) -> None:
        """Empties the write-ahead log, which holds deleted values until then."""
        self._file.checkpoint()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
