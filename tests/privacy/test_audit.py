"""The audit log: vectors, append after a crash, and every kind of tampering with a log of 200 lines."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consentric_privacy.audit import AuditLog, Head, anchor_mac, canonical, entry_hash, subject_ref
from consentric_privacy.audit_check import AuditFault, verify
from consentric_privacy.keyset import Keyset, PurposeKey
from consentric_privacy.ledger_schema import LEDGER_DDL

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "vectors.json").read_text())
START = datetime(2026, 1, 1, tzinfo=UTC)
LINES = 200


@pytest.fixture
def ledger() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(LEDGER_DDL)
    return connection


@pytest.fixture(scope="module")
def keyset(tmp_path_factory: pytest.TempPathFactory) -> Keyset:
    return Keyset.create(tmp_path_factory.mktemp("keys") / "keyset.json", bytes(range(32)))


def write(folder: Path, ledger: sqlite3.Connection, keyset: Keyset, count: int) -> AuditLog:
    log = AuditLog(folder)
    for number in range(count):
        log.append("pull.done", actor="cli", data={"records": number}, at=START)
        if number % 50 == 49 and number + 1 < count:
            log.anchor(ledger, keyset, at=START)
    log.anchor(ledger, keyset, at=START)
    return log


def test_the_first_entry_and_its_hash_are_the_published_ones(tmp_path: Path) -> None:
    head = AuditLog(tmp_path / "audit").append("audit.start", actor="cli", data={}, at=START)

    entry = json.loads((tmp_path / "audit" / "log.jsonl").read_text())
    assert canonical(entry).decode() == VECTORS["audit entry1 canonical"]
    assert entry_hash(entry) == entry["hash"] == head.hash == VECTORS["audit hash1"]


def test_the_anchor_is_the_published_one() -> None:
    key = PurposeKey(version=1, secret=bytes(range(32)), state="active")

    assert anchor_mac(key, Head(seq=1, hash=VECTORS["audit hash1"])) == VECTORS["anchor1"]


def test_the_ref_of_a_subject_is_the_published_one() -> None:
    assert subject_ref(bytes(range(0x20, 0x40))) == VECTORS["subject_ref"]


def test_entries_are_chained_and_the_head_stands_in_the_ledger(
    tmp_path: Path, ledger: sqlite3.Connection, keyset: Keyset
) -> None:
    write(tmp_path / "audit", ledger, keyset, 3)

    entries = [json.loads(line) for line in (tmp_path / "audit" / "log.jsonl").read_text().splitlines()]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert [entry["prev"] for entry in entries] == ["0" * 64, entries[0]["hash"], entries[1]["hash"]]
    assert ledger.execute("SELECT seq, hash FROM audit_head").fetchone() == (3, entries[2]["hash"])
    assert verify(tmp_path / "audit", ledger, keyset) is None


def test_log_and_anchors_are_their_owners_alone(tmp_path: Path) -> None:
    AuditLog(tmp_path / "audit")

    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "audit", *(tmp_path / "audit").iterdir())]
    assert modes == [0o700, 0o600, 0o600]


@pytest.mark.parametrize("value", ["ann@example.com", "p1.dxzdvdv5tun52teue4sbri6bla", "0f" * 16])
def test_an_entry_that_identifies_somebody_is_refused(tmp_path: Path, value: str) -> None:
    log = AuditLog(tmp_path / "audit")

    with pytest.raises(ValueError, match="may not identify") as caught:
        log.append("pull.done", actor="cli", data={"who": value}, at=START)

    assert value not in str(caught.value)
    assert log.log.read_bytes() == b""


def test_a_line_that_a_crash_left_half_written_goes_with_the_next_entry(
    tmp_path: Path, ledger: sqlite3.Connection, keyset: Keyset
) -> None:
    log = write(tmp_path / "audit", ledger, keyset, 2)
    with log.log.open("ab") as file:
        file.write(b'{"action":"pull.do')
    assert verify(tmp_path / "audit", ledger, keyset) is None

    assert log.append("pull.done", actor="cli", data={}, at=START).seq == 3
    assert verify(tmp_path / "audit", ledger, keyset) is None


def test_entries_longer_than_a_block_are_found_again(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit")
    log.append("note", actor="cli", data={"text": "x" * 10_000}, at=START)

    assert log.append("note", actor="cli", data={"text": "y" * 10_000}, at=START).seq == 2


def test_the_next_keyed_command_anchors_what_keyless_ones_wrote(
    tmp_path: Path, ledger: sqlite3.Connection, keyset: Keyset
) -> None:
    log = write(tmp_path / "audit", ledger, keyset, 2)
    log.append("segment.done", actor="cli", data={}, at=START)

    assert log.anchor(ledger, keyset, at=START).seq == 3
    assert verify(tmp_path / "audit", ledger, keyset) is None


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, keyset: Keyset) -> tuple[Path, sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(LEDGER_DDL)
    folder = tmp_path_factory.mktemp("good") / "audit"
    write(folder, connection, keyset, LINES)
    assert verify(folder, connection, keyset) is None
    return folder, connection


class TestTampering:
    """One log of 200 lines, spoilt in every way."""

    def found(
        self, good: tuple[Path, sqlite3.Connection], keyset: Keyset, lines: list[bytes]
    ) -> AuditFault | None:
        folder, connection = good
        copy = folder.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        (copy / "log.jsonl").write_bytes(b"".join(lines))
        return verify(copy, connection, keyset)

    def lines(self, good: tuple[Path, sqlite3.Connection]) -> list[bytes]:
        return (good[0] / "log.jsonl").read_bytes().splitlines(keepends=True)

    def test_every_edited_line_is_found(self, good: tuple[Path, sqlite3.Connection], keyset: Keyset) -> None:
        rng = random.Random(7)
        for number in range(LINES):
            lines = self.lines(good)
            place = rng.randrange(len(lines[number]))
            byte = lines[number][place]
            lines[number] = lines[number][:place] + bytes([byte ^ 1]) + lines[number][place + 1 :]
            fault = self.found(good, keyset, lines)
            assert fault is not None
            assert fault.seq == number + 1

    def test_every_edit_with_a_mended_hash_is_found(
        self, good: tuple[Path, sqlite3.Connection], keyset: Keyset
    ) -> None:
        for number in range(LINES):
            lines = self.lines(good)
            entry = json.loads(lines[number]) | {"data": {"records": 9999}}
            entry["hash"] = entry_hash(entry)
            lines[number] = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"
            fault = self.found(good, keyset, lines)
            assert fault is not None
            assert fault.seq == min(number + 2, LINES)

    def test_every_removed_line_is_found(self, good: tuple[Path, sqlite3.Connection], keyset: Keyset) -> None:
        for number in range(LINES):
            lines = self.lines(good)
            del lines[number]
            fault = self.found(good, keyset, lines)
            assert fault is not None
            assert fault.seq == number + 1

    def test_every_swap_and_repeat_is_found(
        self, good: tuple[Path, sqlite3.Connection], keyset: Keyset
    ) -> None:
        for number in range(LINES - 1):
            lines = self.lines(good)
            lines[number], lines[number + 1] = lines[number + 1], lines[number]
            assert self.found(good, keyset, lines) == AuditFault(seq=number + 1, what="chain broken")
            lines = self.lines(good)
            lines.insert(number, lines[number])
            assert self.found(good, keyset, lines) == AuditFault(seq=number + 2, what="chain broken")

    def test_every_truncation_is_found(self, good: tuple[Path, sqlite3.Connection], keyset: Keyset) -> None:
        whole = b"".join(self.lines(good))
        for size in [*range(0, len(whole), 97), len(whole) - 1]:
            fault = self.found(good, keyset, [whole[:size]])
            assert fault == AuditFault(seq=whole[:size].count(b"\n") + 1, what="cut off")

    def test_cut_off_or_edited_anchors_are_found(
        self, good: tuple[Path, sqlite3.Connection], keyset: Keyset, tmp_path: Path
    ) -> None:
        folder, connection = good
        anchors = (folder / "anchors.jsonl").read_bytes().splitlines(keepends=True)
        assert len(anchors) == 4
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        for kept in ([], anchors[:3], [*anchors[:3], anchors[3][:-9]]):
            (copy / "anchors.jsonl").write_bytes(b"".join(kept))
            assert verify(copy, connection, keyset) == AuditFault(seq=200, what="anchor lost")
        spoilt = anchors[0].replace(b'"seq":50', b'"seq":51')
        (copy / "anchors.jsonl").write_bytes(b"".join([spoilt, *anchors[1:]]))
        assert verify(copy, connection, keyset) == AuditFault(seq=51, what="anchor edited")

    def test_another_keyset_is_found(self, good: tuple[Path, sqlite3.Connection], tmp_path: Path) -> None:
        other = Keyset.create(tmp_path / "keyset.json", bytes(range(1, 33)))

        assert verify(good[0], good[1], other) == AuditFault(seq=50, what="anchor edited")
