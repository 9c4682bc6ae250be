"""`consentric demo` with a few households: every point it proves, in every CRM."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from consentric.app import cli
from consentric_sandbox import demo
from consentric_sandbox.demo_world import make_world


def test_a_small_demo_goes_the_whole_way_in_three_crms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "make_world", partial(make_world, households=150))
    monkeypatch.setattr(demo, "WITHDRAWALS", 3)

    assert cli.run(["demo", str(tmp_path / "demo")]) == 0
    told = re.sub(r"[\u00a0\u202f]", "", capsys.readouterr().out)

    assert "0 wrongly, 0 missed" in told
    assert told.count("Applied ") == 6
    assert "0 writes; " in told
    assert "9 people leave the newsletter, 3 of them in each CRM" in told
    gone = re.search(r"(\d+) labels are gone \(hubspot (\d+), salesforce (\d+), mailchimp (\d+)\)", told)
    assert gone is not None
    total, *each = map(int, gone.groups())
    assert total == sum(each) >= 9
    assert min(each) >= 3
    rows = {
        title: [int(figure) for figure in figures.split()]
        for title, figures in re.findall(r"^  ([a-z][a-zA-Z, ]+?)  +([\d ]+)$", told, re.MULTILINE)
    }
    assert rows["records with a label in the CRM"] == rows["by our ledger"]
    assert min(rows["records with a label in the CRM"]) > 10
    assert rows["calls that could create anybody"] == [0, 0, 0]
    assert rows["calls that could subscribe anybody"] == [0, 0, 0]
