"""The canary scan finds planted people in every form and container, and nothing where nothing is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consentric.testing import canary
from consentric.testing.__main__ import main
from consentric.testing.canary import CanaryReport, scan
from consentric.testing.canary_controls import CONTROL, plant_controls
from consentric.testing.identifiers import Somebody

ROSE = Somebody(
    email="Rose.Martin@mail.example.org",
    phone="06 12 34 56 78",
    first_name="Rose",
    last_name="Martin",
    address="12 rue des Lilas, 69003 Lyon",
)
HUGO = Somebody(email="hugo@example.org", first_name="Hugo", last_name="Bernard")
PEOPLE = [ROSE, HUGO]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "runs").mkdir(parents=True)
    (folder / "runs" / "report.txt").write_text("1 Rose garden in Martinique, 2 routes")
    return folder


def found(report: CanaryReport) -> list[tuple[str, str, str, str, int]]:
    return sorted((hit.file, hit.place, hit.kind, hit.form, hit.person) for hit in report.hits)


def test_a_clean_workspace_is_clean_and_every_control_is_found(workspace: Path) -> None:
    report = scan(workspace, PEOPLE)

    assert report.is_clean
    assert (report.files, report.hits, report.controls_missed, report.unopened) == (1, [], [], [])
    assert report.controls_planted == 36


FORMS: list[tuple[bytes, str, str]] = [
    (b"rose.martin@mail.example.org", "email", "utf-8"),
    (b"ROSE.MARTIN@MAIL.EXAMPLE.ORG", "email", "utf-8"),
    ("Rose.Martin@mail.example.org".encode("utf-16-le"), "email", "utf-16-le"),
    ("Rose.Martin@mail.example.org".encode("utf-16-be"), "email", "utf-16-be"),
    (b"?q=rose.martin%40mail.example.org&", "email", "url"),
    (base64.b64encode(b"to rose.martin@mail.example.org!"), "email", "base64"),
    (b"rose.martin@mail.example.org".hex().upper().encode(), "email", "hex"),
    (hashlib.md5(b"rose.martin@mail.example.org").hexdigest().encode(), "email", "md5 hex"),
    (hashlib.sha256(b"rose.martin@mail.example.org").digest(), "email", "sha256"),
    (hashlib.sha1(b"+33612345678").hexdigest().encode(), "phone", "sha1 hex"),
    (b"org.example.mail.rose.martin", "email", "utf-8"),
    (b"'rose.martin'", "local part", "utf-8"),
    (b"tel:+33612345678;", "phone", "utf-8"),
    (b",0612345678,", "phone", "utf-8"),
    (b"06 12 34 56 78", "phone", "utf-8"),
    (b"Martin, Rose", "name", "utf-8"),
    (b"12 RUE DES LILAS", "address", "utf-8"),
]
ALIKE = [
    b"rose.martini",
    b"brose.martin",
    b"10612345678",
    b"06123456789",
    b"hugo",
    b"example.org",
    b"Martinique, Rose",
]


def test_each_form_is_found_and_what_only_looks_alike_is_not(workspace: Path) -> None:
    for number, (content, _, _) in enumerate(FORMS):
        (workspace / f"form-{number:02}").write_bytes(b"\x00\x01 " + content + b" \xff")
    for number, content in enumerate(ALIKE):
        (workspace / f"alike-{number}").write_bytes(content)

    hits = found(scan(workspace, PEOPLE))

    for number, (_, kind, form) in enumerate(FORMS):
        assert (f"form-{number:02}", "bytes", kind, form, 0) in hits
    assert {file[:4] for file, *_ in hits} == {"form"}


def test_a_town_and_an_address_of_a_function_are_nobody(workspace: Path) -> None:
    somebody = Somebody(email="contact@example.org", address="Villeurbanne")
    (workspace / "cache.txt").write_text("contact Villeurbanne")

    assert found(scan(workspace, [somebody])) == []


def plant(kind: str, path: Path) -> None:
    email = ROSE.email
    match kind:
        case "gzip":
            path.write_bytes(gzip.compress(email.encode()))
        case "parquet":
            nested = pa.array([{"to": [email]}])
            pq.write_table(pa.table({"event": nested}), path, compression="zstd")
        case "sqlite":
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute('CREATE TABLE "odd ""name" (id INTEGER, note BLOB)')
                connection.execute('INSERT INTO "odd ""name" VALUES (1, ?)', (email.encode(),))
            connection.close()
        case "duckdb":
            with duckdb.connect(str(path)) as connection:
                connection.execute("CREATE SCHEMA a; CREATE TABLE a.b AS SELECT range AS id FROM range(5000)")
                connection.execute("ALTER TABLE a.b ADD COLUMN note VARCHAR")
                connection.execute("UPDATE a.b SET note = ? WHERE id = 4123", [email])


def test_each_container_is_opened(workspace: Path) -> None:
    places = {
        "gzip": "unpacked bytes",
        "parquet": "parquet column event",
        "sqlite": 'sqlite table odd "name',
        "duckdb": "duckdb table b",
    }
    for kind in places:
        plant(kind, workspace / kind)

    hits = found(scan(workspace, PEOPLE))

    for kind, place in places.items():
        assert (kind, place, "email", "utf-8", 0) in hits


def test_a_phone_kept_as_a_number_is_found(workspace: Path) -> None:
    with duckdb.connect(str(workspace / "store")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 33612345678 AS phone")

    assert ("store", "duckdb table t", "phone", "utf-8", 0) in found(scan(workspace, PEOPLE))


def test_nothing_is_written_beside_a_scanned_database(workspace: Path) -> None:
    plant("sqlite", workspace / "people.sqlite")
    before = sorted(path.name for path in workspace.iterdir())

    scan(workspace, PEOPLE)

    assert sorted(path.name for path in workspace.iterdir()) == before


def test_what_lies_across_two_chunks_is_found_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "CHUNK_BYTES", 4096)
    for shift in range(-40, 40):
        (workspace / f"big{shift}").write_bytes(b"\n" * (4096 + shift) + b"rose.martin@mail.example.org\n")

    hits = [hit for hit in scan(workspace, PEOPLE).hits if hit.kind == "email"]

    assert [hit.form for hit in hits] == ["utf-8"] * 80


def test_a_file_name_is_searched_and_not_repeated(workspace: Path) -> None:
    (workspace / "export-rose.martin@mail.example.org.csv").write_text("empty")

    report = scan(workspace, PEOPLE)

    assert {hit.place for hit in report.hits} == {"file name"}
    assert "rose" not in repr(report).lower()


def test_more_files_are_scanned_and_the_sandbox_is_not(workspace: Path, tmp_path: Path) -> None:
    sandbox = workspace / "sandbox"
    sandbox.mkdir()
    (sandbox / "people.json").write_text(ROSE.email)
    output = tmp_path / "stdout.txt"
    output.write_text(ROSE.email)

    report = scan(workspace, PEOPLE, also=[output], without=sandbox)

    assert {hit.file for hit in report.hits} == {"stdout.txt"}
    assert report.files == 2


def test_a_damaged_container_is_not_clean(workspace: Path) -> None:
    heads = [
        b"\x1f\x8b\x08",
        b"PAR1",
        b"SQLite format 3\0",
        b"PK\x03\x04",
        b"12345678DUCK",
        b"\x28\xb5\x2f\xfd",
    ]
    for number, head in enumerate(heads):
        (workspace / f"store{number}").write_bytes(head + b"x" * 5000)

    report = scan(workspace, PEOPLE)

    assert (report.unopened, report.hits, report.is_clean) == ([f"store{n}" for n in range(6)], [], False)


def test_a_search_that_misses_a_control_is_not_clean(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "opener_of", lambda head: None)

    report = scan(workspace, PEOPLE)

    assert not report.is_clean
    assert report.controls_missed == ["parquet", "sqlite", "duckdb"]


def test_controls_are_of_nobody_and_each_has_a_name(tmp_path: Path) -> None:
    planted = list(plant_controls(tmp_path))

    assert len({one.name for one in planted}) == len(planted) == 36
    assert CONTROL.email.endswith(".example")


def test_random_bytes_and_many_people_give_no_false_alarm(workspace: Path) -> None:
    rng = random.Random(5)
    people = [
        Somebody(
            email=f"person{number}.{rng.randrange(10**6)}@example.com", phone=f"06{rng.randrange(10**8):08}"
        )
        for number in range(300)
    ]
    (workspace / "noise.bin").write_bytes(rng.randbytes(3_000_000))
    (workspace / "noise.txt").write_text(rng.randbytes(1_000_000).hex())

    assert scan(workspace, people).is_clean


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    code = main(["canary", *map(str, arguments)])
    output = capsys.readouterr().out
    return code, json.loads(output) if output else {}


def test_the_command_says_what_it_found(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    (sandbox / "people.json").write_text(json.dumps([{"email": ROSE.email, "phone": None}]))

    code, figures = run(capsys, workspace, "--people", sandbox)
    assert (code, figures["hits"], figures["controls_found"], figures["people"]) == (0, 0, 36, 1)

    (tmp_path / "out.txt").write_text(ROSE.email)
    code, figures = run(capsys, workspace, "--people", sandbox, "--also", tmp_path / "out.txt")
    assert (code, figures["hits"]) == (1, 2)
    assert figures["where"][0] == {
        "file": "out.txt", "place": "bytes", "kind": "email", "form": "utf-8", "person": 0
    }  # fmt: skip


def test_the_command_refuses_to_search_for_nobody(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.json").write_text("[]")

    assert run(capsys, workspace, "--people", tmp_path)[0] == 2
    assert run(capsys, workspace / "nowhere", "--people", tmp_path)[0] == 2
