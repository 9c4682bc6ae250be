"""Segments leave as a file under other pseudonyms, and the report goes out by mail after the nightly run."""

from __future__ import annotations

import csv
import email
import email.policy
import stat
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from consentric.app import cli
from consentric.app.report.mailing import mail_report_if_due

from .shop import contact_of
from .world import World

EXPORT = '\n[report]\nmin_cell = 3\nexport_to = "agency"\nexport_transfer = "eea"\n'
MAIL = '\n[report]\nto = "crm@acme.example"\n'
PATH_OF_FILE = "exports/2026-11-16-agency"


def configured(world: World, more: str) -> World:
    path = world.workspace / "config.toml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return world


def report(world: World, *arguments: str) -> int:
    return cli.run(["-c", str(world.workspace / "config.toml"), "report", *arguments])


def rows_of(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["pid", "set", "segment"]
    return [(pid, name, segment) for pid, name, segment in rows[1:]]


@pytest.fixture
def exporter(new_world: World) -> World:
    """The shop after its first segments, with an agency that gets them."""
    configured(new_world, EXPORT).pull()
    new_world.segment()
    return new_world


def test_an_export_names_people_as_its_domain_does_and_nobody_else(exporter: World) -> None:
    assert report(exporter, "--export", "csv") == 0
    path = exporter.workspace / f"{PATH_OF_FILE}.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = rows_of(path)
    # Of thirty buyers two are new: too few, and the three champions would give them away.
    assert Counter(segment for _, _, segment in rows) == {"loyal": 9, "dormant": 8, "at_risk": 8}
    sid, rref = exporter.sid(exporter.rref(contact_of(0))), exporter.rref(contact_of(0))
    with exporter.opened() as workspace:
        theirs = workspace.pseudonyms.pid(sid, "export:agency")
    assert (theirs, "rfm5", "dormant") in rows
    assert not {pid for pid, _, _ in rows} & exporter.memberships().keys()
    assert rref.hex() not in path.read_text()
    assert sorted(rows) == rows
    audited = "".join(one.read_text() for one in (exporter.workspace / "audit").glob("*.jsonl"))
    assert '"report.export"' in audited
    assert not [pid for pid, _, _ in rows if pid in audited]


def test_random_pseudonyms_join_no_two_files(exporter: World) -> None:
    found = []
    for _ in range(2):
        assert report(exporter, "--export", "parquet", "--pseudonyms", "random") == 0
        table = pq.read_table(exporter.workspace / f"{PATH_OF_FILE}-random.parquet")
        found.append((set(table["pid"].to_pylist()), Counter(table["segment"].to_pylist())))
    assert found[0][1] == found[1][1] == {"loyal": 9, "dormant": 8, "at_risk": 8}
    assert not found[0][0] & found[1][0]


def test_who_objected_does_not_leave(exporter: World) -> None:
    exporter.object_to_marketing(exporter.sid(exporter.rref(contact_of(0))))
    exporter.pull()
    exporter.segment()
    assert report(exporter, "--export", "csv") == 0
    with exporter.opened() as workspace:
        theirs = workspace.pseudonyms.pid(exporter.sid(exporter.rref(contact_of(0))), "export:agency")
    assert theirs not in {pid for pid, _, _ in rows_of(exporter.workspace / f"{PATH_OF_FILE}.csv")}


def test_nothing_leaves_that_was_not_asked_about_or_too_long_ago(
    new_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    new_world.pull()
    new_world.segment()
    assert report(new_world, "--export", "csv") == 2
    assert "error[CS285]" in capsys.readouterr().err
    configured(new_world, EXPORT)
    assert report(new_world, "--export", "csv") == 5
    assert "consent was not decided for exports yet" in capsys.readouterr().err
    new_world.advance(hours=25)
    configured(new_world, EXPORT)
    assert report(new_world, "--export", "csv") == 5
    assert "permissions were decided 25 hours ago" in capsys.readouterr().err
    assert not (new_world.workspace / "exports").exists()


def test_the_report_is_mailed_once_a_week(
    approved_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = tmp_path / "mails"
    mails.mkdir()
    sendmail = tmp_path / "bin" / "sendmail"
    sendmail.parent.mkdir()
    sendmail.write_text(f"#!/bin/sh\n/bin/cat > {mails}/$$\n")
    sendmail.chmod(0o700)
    monkeypatch.setenv("PATH", str(sendmail.parent))
    configured(approved_world, MAIL)
    for _ in range(2):
        assert cli.run(["-c", str(approved_world.workspace / "config.toml"), "sync"]) in (0, 5)
    [sent] = mails.iterdir()
    mail = email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "crm@acme.example"
    assert mail["Subject"] == "Segments report, 15 November 2026"
    [page] = mail.iter_attachments()
    assert page.get_filename() == "report-2026-11-16.html"
    assert page.get_content_type() == "text/html"
    assert "<h2" in page.get_content()

    approved_world.advance(days=7)
    configured(approved_world, MAIL)
    told: list[str] = []
    with approved_world.opened() as workspace:
        assert mail_report_if_due(workspace, tell=told.append)
    sendmail.write_text("#!/bin/sh\nexit 75\n")
    approved_world.advance(days=7)
    configured(approved_world, MAIL)
    with approved_world.opened() as workspace:
        assert not mail_report_if_due(workspace, tell=told.append)
    assert len(list(mails.iterdir())) == 2
    assert told == ["! the report of [report] was not sent: CalledProcessError"]
