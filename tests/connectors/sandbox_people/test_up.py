"""`consentric sandbox up` and `reset` with several CRMs in one folder, and with people in them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.testing import CliRunner

from consentric.app import cli
from consentric_sandbox import mailchimp, plugin
from consentric_sandbox.vendors import VENDORS, vendors_in

TITLES = ("HubSpot", "Mailchimp", "Salesforce")


@contextmanager
def up(*arguments: str) -> Iterator[str]:
    """What the command printed until it served; Ctrl-C at the end."""
    command = [Path(sys.executable).with_name("consentric"), "sandbox", "up", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = ""
        for line in process.stdout:
            told += line
            if line.startswith("Ctrl-C"):
                break
        yield told
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        process.stdout.close()


def reset(*arguments: str) -> list[str]:
    group = click.Group()
    plugin.register_commands(group)
    done = CliRunner().invoke(group, ["sandbox", "reset", *arguments])
    assert done.exit_code == 0
    return done.output.splitlines()


def test_an_empty_folder_gets_all_three_and_what_lies_in_one_is_what_is_meant(tmp_path: Path) -> None:
    assert reset(str(tmp_path / "all")) == [f"Made an empty {one} in {tmp_path}/all." for one in TITLES]
    assert vendors_in(tmp_path / "all") == VENDORS

    mailchimp.make_empty(tmp_path / "one")
    assert reset(str(tmp_path / "one")) == [f"The pretend Mailchimp in {tmp_path}/one had not changed."]
    assert reset(str(tmp_path / "one"), "--crm", "mailchimp", "--crm", "hubspot") == [
        f"The pretend Mailchimp in {tmp_path}/one had not changed.",
        f"Made an empty HubSpot in {tmp_path}/one.",
    ]
    assert vendors_in(tmp_path / "one") == ("hubspot", "mailchimp")
    assert reset(str(tmp_path / "one"), "--crm", "all")[1:] == [
        f"The pretend Mailchimp in {tmp_path}/one had not changed.",
        f"Made an empty Salesforce in {tmp_path}/one.",
    ]


def test_a_newcomer_comes_to_a_plan_for_each_crm_with_the_workspace_that_lies_beside_the_people(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    folder = tmp_path / "pretend"
    with up(str(folder), "--people", "60") as told:
        assert all(f"{title} listens at" in told for title in TITLES)
        assert all(f"[connections.{name}]" in told for name in VENDORS)
        assert f"  cd {folder}/workspace" in told
        monkeypatch.chdir(folder / "workspace")
        assert cli.run(["records", "lia", "--sign", "assessment.md", "--by", "a newcomer"]) == 0
        for command in ("pull", "segment", "plan"):
            capsys.readouterr()
            assert cli.run([command]) == 0
        plans = capsys.readouterr().out
        own = first_plans_by_answers(told, folder, monkeypatch, capsys)
    assert [plans.count(f'{name}-demo "{name}"') for name in VENDORS] == [1, 1, 1]
    assert "must be created in the CRM" not in plans
    assert min(int(enter) for enter in re.findall(r"\+ enter +(\d+)", plans)) > 2
    # Salesforce's fields belong to the ready workspace, so the answers name no transfer to it.
    assert [own.count(f'{name}-prod "{name}"') for name in VENDORS] == [1, 1, 0]
    assert min(int(enter) for enter in re.findall(r"\+ enter +(\d+)", own)) > 2


def first_plans_by_answers(told: str, folder: Path, monkeypatch, capsys) -> str:
    """What `plan` prints in a workspace that is made as `up` says, from the answers it wrote."""
    (own := folder / "own").mkdir(mode=0o700)
    monkeypatch.chdir(own)
    assert f"  mkdir -m 700 {own} && cd {own}\n  consentric init --answers ../answers.toml\n" in told
    assert cli.run(["init", "--answers", "../answers.toml"]) == 0
    [day] = [line.strip() for line in told.splitlines() if line.startswith("  printf ")]
    subprocess.run(day, shell=True, check=True)
    (own / "lia-2026.md").write_text("Weighed.")
    assert cli.run(["records", "lia", "--sign", "lia-2026.md", "--by", "a newcomer"]) == 0
    for command in ("pull", "segment", "plan"):
        capsys.readouterr()
        assert cli.run([command]) == 0
    return str(capsys.readouterr().out)
