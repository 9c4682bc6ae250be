"""The first week of a company with an imported mess: two claims let in exactly whom they speak about."""

from __future__ import annotations

import csv
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric.app import cli
from consentric.sdk.transport import Transport
from consentric_sandbox.companies.company import make_company
from consentric_sandbox.companies.imported_mess import NEWSLETTER
from consentric_sandbox.hubspot import snapshot as hubspot
from consentric_sandbox.mailchimp import snapshot as mailchimp

EXAMPLE = Path(__file__).parents[2] / "examples" / "imported-mess"
CLAIMS = """
[[evidence]]
source = "mailchimp"
where = "list = 'b0b0b0b0b1'"
grade = "B"
document = "file:import.md"
by = "dpo"

[[evidence]]
source = "hubspot"
where = "list = 'Newsletter'"
grade = "B"
document = "file:form.md"
by = "dpo"
"""


def run(workspace: Path, *arguments: str) -> int:
    return cli.run(["-c", str(workspace / "config.toml"), *arguments])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty people, configured by their answers, signed and pulled."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "sleep", lambda _seconds: None)
    make_company("imported-mess", tmp_path / "crm", people=60, now=datetime(2026, 11, 16, 6, tzinfo=UTC))
    workspace = tmp_path / "workspace"
    shutil.copytree(EXAMPLE, workspace)
    workspace.chmod(0o700)
    assert run(workspace, "init", "--answers", str(EXAMPLE / "answers.toml")) == 0
    with (workspace / "config.toml").open("a") as config:
        config.write("\n[clock]\nat = 2026-11-16T06:00:00Z\n")
    assert run(workspace, "records", "lia", "--sign", "lia-2026.md", "--by", "dpo") == 0
    assert run(workspace, "pull") == 0
    return tmp_path


def claim(workspace: Path) -> None:
    """The two claims, each with its document."""
    for name in ("import.md", "form.md"):
        (workspace / name).write_text("What the form showed, as it was.\n")
    with (workspace / "privacy.toml").open("a") as privacy:
        privacy.write(CLAIMS)


def mailed(root: Path, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert run(root / "workspace", "--json", "consent", "audit", "--purpose", "email_marketing") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    [question] = found["questions"]
    return int(question["allowed"])


def numbers_of(root: Path, records: list[str]) -> set[int]:
    """Who stands behind records, by the number that the company's people have in their addresses."""
    contacts = hubspot.load(root / "crm").objects["contacts"].live
    members = mailchimp.load(root / "crm").audiences[NEWSLETTER].by_contact
    addresses = [
        contacts[int(id)].properties["email"] if connection == "hubspot" else members[id].email
        for _, connection, id in (record.split(":") for record in records)
    ]
    return {int(found[1]) for address in addresses if (found := re.search(r"(\d+)@", address))}


def test_two_claims_let_in_exactly_whom_they_speak_about(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = root / "workspace"
    assert mailed(root, capsys) == 12  # of each ten, the two who used the form

    claim(workspace)
    came_in = root / "came-in.csv"

    assert mailed(root, capsys) == 36
    assert run(workspace, "consent", "audit", "--came-in", str(came_in)) == 0
    rows = list(csv.DictReader(came_in.read_text().splitlines()))
    by_claim = {
        claim: numbers_of(root, [row["record"] for row in rows if row["claims"] == claim])
        for claim in ("1", "2")
    }
    # Imports into the newsletter of Mailchimp; bare flags in HubSpot. Nobody who said no, nobody of the fair.
    assert by_claim == {
        "1": {n for n in range(60) if n % 10 in (2, 3)},
        "2": {n for n in range(60) if n % 10 in (4, 5)},
    }
    assert len(rows) == 24


def test_a_document_that_is_altered_after_the_first_run_takes_its_claim_with_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = root / "workspace"
    claim(workspace)
    assert run(workspace, "pull") == 0
    assert mailed(root, capsys) == 36

    (workspace / "form.md").write_text("What we would have liked the form to show.\n")
    assert run(workspace, "pull") == 0

    assert mailed(root, capsys) == 24  # the twelve bare flags of HubSpot rested on that form
    log = "".join(path.read_text() for path in (workspace / "audit").glob("*.jsonl"))
    assert log.count('"action":"evidence.recorded"') == 2
