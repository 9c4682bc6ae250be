"""The link from a record to its id in the CRM, sealed under the key of the person it belongs to."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentric_privacy.encoding import lp
from consentric_privacy.errors import UnsafeStoreError
from consentric_privacy.pseudonyms import Pseudonyms

_SCHEMA = "2"
"""Version of the content; 1 had neither object nor partition, and is only known as a test vector."""
_NONCE_BYTES = 12

SEALED_COLUMNS = "rref, sid, account, object, partition, crm_key, key_version, nonce, ct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a record is in its CRM; `id` is shown to the operator at most, never stored in clear."""

    account: str
    object: str
    partition: str
    id: str


@dataclass(frozen=True, slots=True)
class SealedLink:
    """A row of the vault as `SEALED_COLUMNS` read it; without nonce and ct when the record ended."""

    rref: bytes
    sid: bytes
    account: str
    object: str
    partition: str
    crm_key: bytes
    key_version: int
    nonce: bytes | None
    ct: bytes | None


def seal(dek: bytes, sid: bytes, rref: bytes, link: Link) -> tuple[bytes, bytes]:
    """Encrypts a link (AES-256-GCM) and gives nonce and ciphertext.

    The nonce is always drawn here: two links under one nonce and key would give both away.
    """
    nonce = os.urandom(_NONCE_BYTES)
    content = json.dumps(
        {"account": link.account, "object": link.object, "partition": link.partition, "id": link.id},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return nonce, AESGCM(dek).encrypt(nonce, content.encode(), _binding(sid, rref, link.account))


def unseal(dek: bytes, row: SealedLink, pseudonyms: Pseudonyms) -> Link:
    """Decrypts a link and checks that every column beside it says the same.

    Raises:
        UnsafeStoreError: The row was altered, or moved to another person, record or account (CS503).
        KeyMaterialError: Its record key was made with a key that is not in the keyset (CS404).
    """
    if row.nonce is None or row.ct is None:
        raise _foreign()
    try:
        content = AESGCM(dek).decrypt(row.nonce, row.ct, _binding(row.sid, row.rref, row.account))
        link = Link(**json.loads(content))
    except (InvalidTag, TypeError, ValueError):
        raise _foreign() from None
    named = (link.account, link.object, link.partition)
    expected = pseudonyms.record_key_under(row.key_version, *named, link.id)
    if named != (row.account, row.object, row.partition) or expected != row.crm_key:
        raise _foreign()
    return link


def _binding(sid: bytes, rref: bytes, account: str) -> bytes:
    return lp("consentric", "vault", "link", _SCHEMA, sid, rref, account)


def _foreign() -> UnsafeStoreError:
    return UnsafeStoreError(
        "a row of people.sqlite was altered, or does not belong to the person it stands under",
        hint="restore people.sqlite and deks.sqlite from one backup",
        code="CS503",
    )
