"""Workspaces beside pretend CRMs, with the connection that a page shows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from consentric.app.assessments import sign_file
from consentric.app.init import write_configuration
from consentric.app.init_answers import read_answers
from consentric.app.workspace import Workspace
from consentric_sandbox import mailchimp
from consentric_sandbox.companies.company import make_company
from consentric_sandbox.mailchimp.snapshot import load
from consentric_sandbox.salesforce.snapshot import save
from consentric_sandbox.salesforce.state import SalesforceState

from .pages import ROOT, blocks
from .shell import Shell

DAY = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
"""On which the companies' last orders were a few days ago."""
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_REST = """
[workspace]
root_key = "file:../root.key"

[controller]
name = "Acme SAS"

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"

[clock]
at = 2026-11-16T06:00:00Z
"""


def with_mailchimp(shell: Shell) -> None:
    """An account whose one audience is empty, as `consentric sandbox` makes it."""
    pretend = shell.folder.parent / "mailchimp"
    mailchimp.make_empty(pretend)
    [audience] = load(pretend).audiences
    secrets = {"env:MAILCHIMP_KEY": "file:../mailchimp/mailchimp.token", "a1b2c3d4e5": audience}
    _settle(shell, "docs/mailchimp.md", pretend, secrets)


def with_salesforce(shell: Shell) -> None:
    """An org with nobody in it, whose app takes the key of the page's connection."""
    pretend = shell.folder.parent / "salesforce"
    state = SalesforceState()
    state.account.username = "consentric@acme.example"
    state.account.audiences.append("https://acme.my.salesforce.com")
    state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=_BEGINNING)
    save(state, pretend)
    key = shell.folder.parent / "consumer.key"
    key.write_text(state.account.consumer_key, encoding="utf-8")
    key.chmod(0o600)
    secrets = {
        "env:SALESFORCE_KEY": "file:../consumer.key",
        "file:../salesforce.key": "file:../salesforce/salesforce.key.pem",
    }
    _settle(shell, "docs/salesforce.md", pretend, secrets)


def with_company(root: Path, name: str) -> Path:
    """The workspace of an invented company, configured by its answers on a fixed day; gives its folder."""
    example = ROOT / "examples" / name
    make_company(name, root / "crm", people=60, now=DAY)
    workspace = root / "workspace"
    workspace.mkdir(mode=0o700)
    write_configuration(workspace, read_answers(example / "answers.toml"))
    pin_clock(workspace)
    shutil.copy(example / "lia-2026.md", workspace)
    with Workspace.open(workspace / "config.toml") as opened:
        sign_file(opened, "lia-2026.md", by="tests")
    return workspace


def pin_clock(workspace: Path) -> None:
    """Time stands still on that day."""
    with (workspace / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n[clock]\nat = {DAY.isoformat().replace('+00:00', 'Z')}\n")


def _settle(shell: Shell, page: str, pretend: Path, secrets: Mapping[str, str]) -> None:
    """Makes the workspace that the page's first block belongs to, and stands in it."""
    connection = blocks(page)[0].text
    for shown, used in secrets.items():
        assert shown in connection
        connection = connection.replace(shown, used)
    shell.folder = shell.folder.parent / "crm"
    shell.folder.mkdir(mode=0o700)
    root_key = shell.folder.parent / "root.key"
    root_key.write_text(bytes(range(32)).hex(), encoding="utf-8")
    root_key.chmod(0o600)
    connection += f'sandbox = "../{pretend.name}"\ncalls_per_second = 1000\n'
    (shell.folder / "config.toml").write_text(connection + _REST, encoding="utf-8")
