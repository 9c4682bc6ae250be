"""The audit log: one JSON object per line, each chained to the one before, anchored under a key.

Entries carry counts, codes, request ids and hashes; never an identifier, a pid, a sid or an rref.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentric_privacy.encoding import Mac, base32_lower, derive, lp
from consentric_privacy.errors import UnsafeStoreError
from consentric_privacy.files import create_private, make_private_folder
from consentric_privacy.instants import text_of
from consentric_privacy.keyset import Keyset, PurposeKey

LOG_FILE = "log.jsonl"
ANCHOR_FILE = "anchors.jsonl"
BEFORE_THE_FIRST = "0" * 64

Value = str | int | bool | None
_IDENTIFYING = re.compile(r"@|\bp\d+\.[a-z2-7]{26}\b|\b[0-9a-f]{32}\b")
"""Addresses, pids, and sids or rrefs in hex; a config hash has 64 digits and passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry of a log."""

    seq: int
    hash: str


class AuditLog:
    """Appends to `log.jsonl` and `anchors.jsonl` of a private folder; one process at a time."""

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self.log = folder / LOG_FILE
        self.anchors = folder / ANCHOR_FILE
        create_private(self.log)
        create_private(self.anchors)

    def append(
        self, action: str, *, actor: str, data: Mapping[str, Value], at: datetime, ref: str = ""
    ) -> Head:
        """Append one entry, durable when this returns; a line that a crash left half-written goes first.

        Args:
            action: What happened, as `plan.approved`.
            actor: Who did it, as `cli` or the name of a job; no address.
            data: Counts, codes, request ids, hashes.
            at: When.
            ref: The person it concerns, as `subject_ref` gives it; empty for none.

        Raises:
            ValueError: The entry holds something that identifies a person.
        """
        for text in (action, actor, *data, *(value for value in data.values() if isinstance(value, str))):
            if identifies(text):
                raise ValueError(f"an entry of the audit log ({action}) may not identify anybody")
        last = self.head()
        entry = {
            "seq": last.seq + 1,
            "ts": text_of(at),
            "actor": actor,
            "action": action,
            "ref": ref,
            "data": dict(data),
            "prev": last.hash,
        }
        digest = entry_hash(entry)
        _append_line(self.log, entry | {"hash": digest})
        return Head(seq=last.seq + 1, hash=digest)

    def anchor(self, connection: sqlite3.Connection, keyset: Keyset, *, at: datetime) -> Head:
        """Seal the log up to its last entry: the head goes into the ledger, the anchor into its file.

        Args:
            connection: `people.sqlite`, inside the transaction of the act that the last entry records.
            keyset: Holds the anchor key.
            at: When.
        """
        head = self.head()
        key = keyset.active("anchor")
        mac = anchor_mac(key, head)
        connection.execute(
            "INSERT OR REPLACE INTO audit_head (one, seq, hash, mac) VALUES (1, ?, ?, ?)",
            (head.seq, head.hash, mac),
        )
        line = {"seq": head.seq, "hash": head.hash, "ts": text_of(at), "key_version": key.version, "mac": mac}
        _append_line(self.anchors, line)
        return head

    def head(self) -> Head:
        """The last whole entry; what a crash left behind it, which no anchor can know, is cut off.

        Raises:
            UnsafeStoreError: The last entry cannot be read (CS507): nothing could be chained to it.
        """
        whole, end = _last_line(self.log)
        if self.log.stat().st_size > end:
            os.truncate(self.log, end)
        if whole is None:
            return Head(seq=0, hash=BEFORE_THE_FIRST)
        try:
            entry = json.loads(whole)
            return Head(seq=int(entry["seq"]), hash=str(entry["hash"]))
        except (ValueError, KeyError, TypeError):
            raise UnsafeStoreError(
                "the audit log is damaged: its last entry cannot be read",
                where=f"{self.log.parent.name}/{self.log.name}",
                hint="restore the folder from its backup; what cannot be noted is not done",
                happened="nothing was noted, so nothing was done.",
                code="CS507",
            ) from None


def identifies(text: str) -> bool:
    """Whether a text holds what may stand in no entry: an address, a pid, a sid or an rref."""
    return _IDENTIFYING.search(text) is not None


def canonical(entry: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: sorted keys, no spaces, UTF-8, without the hash itself."""
    return written({key: value for key, value in entry.items() if key != "hash"})


def written(line: Mapping[str, Any]) -> bytes:
    """The one spelling of a line, without its newline."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry_hash(entry: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) that chains an entry."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def anchor_mac(key: PurposeKey, head: Head) -> str:
    """The MAC (hex) that only a holder of the anchor key can make."""
    mac = Mac(derive(key.secret, key.version, "anchor"))
    return mac.digest(lp("anchor", str(head.seq), head.hash)).hex()


def subject_ref(dek: bytes) -> str:
    """How entries name a person: it follows from their data key, and is gone with it."""
    info = lp("consentric", "audit-ref")
    key = HKDF(algorithm=SHA256(), length=32, salt=b"consentric/v1", info=info).derive(dek)
    return base32_lower(Mac(key).digest(lp("ref"))[:16])


def _last_line(path: Path) -> tuple[bytes | None, int]:
    """The last line that ends in a newline, and where it ends; read from the back."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        tail = b""
        while position > 0 and tail.count(b"\n") < 2:
            step = min(position, 4096)
            position -= step
            file.seek(position)
            tail = file.read(step) + tail
    end = tail.rfind(b"\n")
    if end < 0:
        return None, 0
    begin = tail.rfind(b"\n", 0, end) + 1
    return tail[begin:end], position + end + 1


def _append_line(path: Path, line: Mapping[str, Any]) -> None:
    with path.open("ab") as file:
        file.write(written(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
