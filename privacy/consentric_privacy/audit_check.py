"""Checks an audit log for edited, removed, reordered, repeated or cut-off entries and anchors."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consentric_privacy.audit import (
    ANCHOR_FILE,
    BEFORE_THE_FIRST,
    LOG_FILE,
    Head,
    anchor_mac,
    entry_hash,
    written,
)
from consentric_privacy.errors import KeyMaterialError
from consentric_privacy.keyset import Keyset


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """The first thing found wrong."""

    seq: int
    """The first entry that cannot be trusted."""
    what: str
    """`unreadable`, `edited`, `chain broken`, `cut off`, `anchor edited`, `anchor lost` or `wrong key`."""


def verify(folder: Path, connection: sqlite3.Connection, keyset: Keyset) -> AuditFault | None:
    """Check a log against its own chain, its anchors and the head in the ledger; None when all agree.

    Who removes log, anchors and ledger together is found out only by a witness outside.

    Args:
        folder: The audit folder.
        connection: `people.sqlite`, which holds the head.
        keyset: Holds the anchor keys.
    """
    row = connection.execute("SELECT seq, hash, mac FROM audit_head").fetchone()
    sealed_until = row[0] if row is not None else 0
    hashes, fault = _check_chain(folder / LOG_FILE)
    if fault is not None:
        return fault
    if sealed_until > len(hashes):
        return AuditFault(seq=len(hashes) + 1, what="cut off")
    if sealed_until and hashes[sealed_until - 1] != row[1]:
        return AuditFault(seq=sealed_until, what="chain broken")
    return _check_anchors(folder / ANCHOR_FILE, hashes, keyset, row)


def _check_chain(path: Path) -> tuple[list[str], AuditFault | None]:
    """Walk the chain; a half-written last line is no entry, which the ledger alone can miss."""
    hashes: list[str] = []
    previous = BEFORE_THE_FIRST
    for seq, line in enumerate(_whole_lines(path), 1):
        entry = _parsed(line)
        if entry is None:
            return hashes, AuditFault(seq=seq, what="unreadable")
        if entry.get("hash") != entry_hash(entry):
            return hashes, AuditFault(seq=seq, what="edited")
        if entry.get("seq") != seq or entry.get("prev") != previous:
            return hashes, AuditFault(seq=seq, what="chain broken")
        previous = entry["hash"]
        hashes.append(previous)
    return hashes, None


def _check_anchors(
    path: Path, hashes: Sequence[str], keyset: Keyset, head: tuple[int, str, str] | None
) -> AuditFault | None:
    """Check each anchor's MAC and the entry it names; the one the ledger holds must be among them.

    An anchor past the ledger's head is sound: its file is written before the transaction ends.
    """
    is_head_found = head is None
    for line in _whole_lines(path):
        anchor = _parsed(line)
        if anchor is None:
            return AuditFault(seq=head[0] if head else 1, what="anchor edited")
        seq = int(anchor["seq"])
        if seq > len(hashes):
            return AuditFault(seq=len(hashes) + 1, what="cut off")
        fault = _check_anchor(anchor, hashes, keyset)
        if fault is not None:
            return fault
        is_head_found = is_head_found or (head is not None and (seq, anchor["mac"]) == (head[0], head[2]))
    return None if is_head_found or head is None else AuditFault(seq=head[0], what="anchor lost")


def _check_anchor(anchor: dict[str, Any], hashes: Sequence[str], keyset: Keyset) -> AuditFault | None:
    seq = int(anchor["seq"])
    try:
        key = keyset.version("anchor", int(anchor["key_version"]))
    except KeyMaterialError:
        return AuditFault(seq=seq, what="wrong key")
    expected = anchor_mac(key, Head(seq=seq, hash=str(anchor["hash"])))
    if not hmac.compare_digest(expected, str(anchor["mac"])):
        return AuditFault(seq=seq, what="anchor edited")
    written = hashes[seq - 1] if seq else BEFORE_THE_FIRST
    return None if written == anchor["hash"] else AuditFault(seq=seq, what="chain broken")


def _whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object of a line that reads exactly as it is written; None for any other bytes."""
    try:
        entry = json.loads(line)
        return entry if isinstance(entry, dict) and written(entry) == line else None
    except (ValueError, RecursionError):
        return None
