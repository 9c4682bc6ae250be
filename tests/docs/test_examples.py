"""Each invented company of `examples/` comes from its answers to a plan, by the commands of its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consentric_sandbox.companies.company import make_company
from consentric_sandbox.companies.names import COMPANIES

from .pages import ROOT, blocks
from .pretend import DAY, pin_clock
from .shell import Shell

PEOPLE = 60


def in_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell beside nothing; the company gets fewer people, and its days end on a fixed one."""
    tmp_path.chmod(0o700)
    checkout = tmp_path / "checkout"
    checkout.mkdir(mode=0o700)
    (checkout / "examples").symlink_to(ROOT / "examples")
    shell = Shell(folder=checkout, monkeypatch=monkeypatch, capsys=capsys)

    def on_a_fixed_day(folder: Path) -> None:
        name = next(company for company in COMPANIES if company in (folder / "README.md").read_text())
        make_company(name, folder / "../crm", people=PEOPLE, now=DAY)

    shell.after = {"consentric sandbox company": on_a_fixed_day, "consentric init": pin_clock}
    return shell


def told(plan: str) -> dict[str, tuple[int, str]]:
    """Label of a line to its figure and what stands behind it; the enters of two plans are summed."""
    found = {
        label: (int(figure), rest)
        for label, figure, rest in re.findall(
            r"^  (people known|may be \w+) +(\d+) +(.*)$", plan, re.MULTILINE
        )
    }
    enters = [int(figure) for figure in re.findall(r"^    \+ enter +(\d+)", plan, re.MULTILINE)]
    return {**found, "enter": (sum(enters), "")}


@pytest.mark.parametrize(
    ("company", "labelled", "why_not"),
    [
        # Of each 20: 16 confirmed, 2 pending, 1 left, 1 bounced.
        ("clean-opt-in", 48, {"unconfirmed 6", "withdrawn 3", "suppressed 3"}),
        # Of each 10: 2 by the form, 4 imports and bare flags, 2 on lists that mean nothing, 2 noes.
        ("imported-mess", 12, {"unproved 24", "never asked 12", "withdrawn 12"}),
        # Of each 10: 3 in Salesforce alone, confirmed in 2 of 6 tens; 5 by the form of HubSpot; 2 never.
        ("business-and-consumer", 36, {"unproved 12", "never asked 12"}),
    ],
)
def test_the_company_comes_from_its_answers_to_a_plan(
    company: str,
    labelled: int,
    why_not: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = in_checkout(tmp_path, monkeypatch, capsys)
    for block in blocks(f"examples/{company}/README.md"):
        shell.run(block.text, block.place)
    plan = told(shell.output_of["consentric plan"])
    assert plan["people known"][0] == PEOPLE
    assert plan["may be segmented"][0] == PEOPLE
    figure, rest = plan["may be labelled"]
    assert figure == labelled
    assert set(rest.partition("; not: ")[2].split(", ")) == why_not
    assert plan["enter"][0] > 0
    assert "Nothing has been written." in shell.output_of["consentric plan"]


def test_every_example_is_a_company_with_answers_and_a_page() -> None:
    found = {path.name: {one.name for one in path.iterdir()} for path in (ROOT / "examples").iterdir()}
    assert found == {company: {"README.md", "answers.toml", "lia-2026.md"} for company in COMPANIES}
