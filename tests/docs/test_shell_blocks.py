"""Whoever types what a page shows gets what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .conftest import write_file
from .pages import PAGES, blocks, of_language
from .pretend import with_company, with_mailchimp, with_salesforce
from .shell import Shell, command_of, lines_of

CLOCK = "\n[clock]\nat = 2026-11-16T06:00:00Z\n"
"""The demo's day: no test may depend on the real one."""


def in_workspace_of_demo(shell: Shell) -> None:
    shell.folder = shell.folder.parent / "demo" / "workspace"


def beside_demo(shell: Shell) -> None:
    shell.folder = shell.folder.parent


def answer_draft(folder: Path) -> None:
    """The questions of a worksheet have their answers: the marks are gone."""
    draft = folder / "lia-2026.md"
    text = draft.read_text(encoding="utf-8")
    assert "[?]" in text
    draft.write_text(text.replace("[?]", "Yes:"), encoding="utf-8")


def as_newcomer(shell: Shell) -> None:
    """The CRM that the new configuration names is the pretend one, on its day; its shop keeps orders."""

    def point_at_sandbox(folder: Path) -> None:
        config = folder / "config.toml"
        text = config.read_text(encoding="utf-8").replace('purchases = "deals"', 'purchases = "orders"')
        pretend = 'sandbox = "../sandbox"\ncalls_per_second = 1000\n'
        config.write_text(
            re.sub(r"^(?=purchases)", pretend, text, flags=re.MULTILINE) + CLOCK, encoding="utf-8"
        )

    shell.after["consentric init"] = point_at_sandbox
    shell.after["consentric records lia --draft"] = answer_draft


def with_files(shell: Shell) -> None:
    """A new folder; its configuration gets the demo's day."""
    shell.folder = shell.folder.parent / "crm"
    shell.folder.mkdir(mode=0o700)

    def set_clock(folder: Path) -> None:
        config = folder / "config.toml"
        config.write_text(config.read_text(encoding="utf-8") + CLOCK, encoding="utf-8")

    shell.after["openssl"] = set_clock


def in_first_week(shell: Shell) -> None:
    """A new folder; what follows the configuration happens in that of a company with pretend CRMs."""
    shell.folder = shell.folder.parent / "new"
    shell.folder.mkdir(mode=0o700)

    def go_to_company(folder: Path) -> None:
        shell.folder = with_company(folder.parent / "company", "clean-opt-in")

    shell.after["consentric config check"] = go_to_company
    # The company comes with its balancing test; the page's reader has none yet on the second day.
    shell.after["consentric doctor"] = lambda folder: (folder / "lia-2026.md").unlink()
    shell.after["consentric records lia --draft"] = answer_draft


def as_plugin_author(shell: Shell) -> None:
    shell.folder = shell.folder.parent / "acme-till"
    shell.folder.mkdir(mode=0o700)


BEGINNINGS = {
    "README.md": as_newcomer,
    "docs/demo.md": beside_demo,
    "docs/files.md": with_files,
    "docs/first-week.md": in_first_week,
    "docs/mailchimp.md": with_mailchimp,
    "docs/plugins.md": as_plugin_author,
    "docs/salesforce.md": with_salesforce,
}
"""Where the reader of a page stands; in the workspace of a demo when it is not named."""


WITH_COMMANDS = [page for page in PAGES if any(block.language == "sh" for block in blocks(page))]


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_run(page: str, shell: Shell) -> None:
    BEGINNINGS.get(page, in_workspace_of_demo)(shell)
    for block in blocks(page):
        write_file(block, shell.folder)
        if block.language == "sh" and block.runs:
            shell.run(block.text, block.place)
    if page == "README.md":
        # The newcomer's first plan labels somebody: a configuration that segments nobody teaches nothing.
        found = re.search(r"^    \+ enter +(\d+)", shell.first_output_of["consentric plan"], re.MULTILINE)
        assert found is not None
        assert int(found[1]) > 20
    if page == "docs/operations.md":
        # The first plan of the page follows the deletion of the warehouse: no label moves for it.
        assert "Next:  nothing; the CRM shows what it should" in shell.first_output_of["consentric plan"]


@pytest.mark.parametrize("block", of_language("sh"), ids=lambda block: block.place)
def test_every_command_exists_with_its_options(block: object) -> None:
    for line in lines_of(block.text):  # type: ignore[attr-defined]
        for part in re.split(r" && |>|\|", line):
            words = shlex.split(part)
            if words and words[0] == "consentric":
                assert command_of(words[1:])


def test_the_claim_of_the_page_lets_people_be_labelled_who_were_unproved(shell: Shell) -> None:
    in_workspace_of_demo(shell)
    [claim] = [
        block
        for block in blocks("docs/consent.md")
        if block.language == "toml" and "[[evidence]]" in block.text
    ]
    shell.run("consentric plan hubspot-demo", claim.place)
    before = shell.output_of["consentric plan hubspot-demo"]
    privacy = shell.folder / "privacy.toml"
    privacy.write_text(f"{privacy.read_text(encoding='utf-8')}\n{claim.text}", encoding="utf-8")
    (shell.folder / "form-2022.png").write_bytes(b"a picture of the form")
    shell.run("consentric plan hubspot-demo", claim.place)
    after = shell.output_of["consentric plan hubspot-demo"]
    assert re.search(r"withheld .*unproved 4", before)
    assert re.search(r"\+ enter +0\n", before)
    assert re.search(r"withheld .*unproved 1", after)
    assert re.search(r"\+ enter +3 ", after)
