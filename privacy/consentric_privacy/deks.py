"""One random key per person, wrapped, in a file of its own: without it the person's links cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from consentric_privacy.encoding import derive, lp
from consentric_privacy.errors import KeyMaterialError
from consentric_privacy.keyset import Keyset
from consentric_privacy.storefile import StoreFile, select_in

DEK_BYTES = 32
_APPLICATION = 0x43534445  # "CSDE"
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS dek (
  sid BLOB PRIMARY KEY CHECK (length(sid) = 16),
  wrap_version INTEGER NOT NULL,
  wrapped BLOB NOT NULL
) WITHOUT ROWID"""


class DekStore:
    """The data encryption keys of all people (`deks.sqlite`).

    Apart from `people.sqlite` because its backups are short-lived: that is how an erasure reaches into
    the longer backups of the other stores.
    """

    def __init__(self, file: StoreFile, keyset: Keyset) -> None:
        self._file = file
        self._keyset = keyset
        self._wraps: dict[int, AESSIV] = {}

    @classmethod
    def open(cls, path: Path, keyset: Keyset) -> DekStore:
        """Opens or creates the store.

        Raises:
            UnsafeStoreError: Others can read it (CS502), or it is damaged (CS501).
        """
        return cls(StoreFile(path, application=_APPLICATION, version=_VERSION, schema=_SCHEMA), keyset)

    def create(self, sids: Iterable[bytes]) -> dict[bytes, bytes]:
        """Draws and stores a key for each new person, durable before it returns.

        Keys come before links: a crash leaves a key without a person, never a link without a key.

        Returns:
            sid to its key of 32 bytes, in clear.
        """
        people = list(sids)
        random = os.urandom(DEK_BYTES * len(people))
        keys = {sid: random[at * DEK_BYTES : (at + 1) * DEK_BYTES] for at, sid in enumerate(people)}
        version = self._keyset.active("wrap").version
        wrap, binding = self._wrap(version), _binding(version)
        rows = [(sid, version, wrap.encrypt(key, [binding, sid])) for sid, key in keys.items()]
        if rows:
            with self._file.transaction() as connection:
                connection.executemany("INSERT INTO dek VALUES (?,?,?)", rows)
        return keys

    def get(self, sid: bytes) -> bytes:
        """Gives the key of one person.

        Raises:
            KeyMaterialError: Destroyed, never there, or altered (CS409).
        """
        return self.get_many([sid])[sid]

    def get_many(self, sids: Iterable[bytes]) -> dict[bytes, bytes]:
        """Gives the keys of many people, at one query for thousands.

        Raises:
            KeyMaterialError: One is destroyed, never there, or altered (CS409).
        """
        wanted = set(sids)
        rows = select_in(
            self._file.connection, "SELECT sid, wrap_version, wrapped FROM dek WHERE sid IN (?*)", wanted
        )
        keys = {sid: self._unwrapped(sid, version, wrapped) for sid, version, wrapped in rows}
        if keys.keys() != wanted:
            raise KeyMaterialError(
                "the key of a person is missing from deks.sqlite",
                hint="restore deks.sqlite and people.sqlite from one backup",
                code="CS409",
            )
        return keys

    def destroy(self, sid: bytes) -> None:
        """Deletes the key of a person from the file and its log; nothing brings their links back."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM dek WHERE sid = ?", (sid,))
        self.checkpoint()

    def checkpoint(self) -> None:
        """Empties the write-ahead log."""
        self._file.checkpoint()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _unwrapped(self, sid: bytes, version: int, wrapped: bytes) -> bytes:
        try:
            return self._wrap(version).decrypt(wrapped, [_binding(version), sid])
        except (InvalidTag, ValueError):
            raise KeyMaterialError(
                "the key of a person in deks.sqlite was altered, or belongs to somebody else",
                hint="restore deks.sqlite and people.sqlite from one backup",
                code="CS409",
            ) from None

    def _wrap(self, version: int) -> AESSIV:
        wrap = self._wraps.get(version)
        if wrap is None:
            wrap = wrapping_cipher(self._keyset.version("wrap", version).secret, version)
            self._wraps[version] = wrap
        return wrap


def wrapping_cipher(secret: bytes, version: int) -> AESSIV:
    """Gives the cipher that wraps keys: AES-SIV (RFC 5297), which needs no nonce."""
    return AESSIV(derive(secret, version, "wrap", "", 64))


def _binding(version: int) -> bytes:
    return lp("consentric", "dek", str(version))
