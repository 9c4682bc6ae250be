"""Text blocks show what the program prints, or what is there."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from consentric.app import cli
from consentric.app.render.gate import gate_text
from consentric.app.render.plan import plan_text
from consentric.app.render.words import REASONS
from consentric.gate.gate import GateReport
from consentric.segments.assembly import usual_segments
from consentric.segments.settings import SegmentSetSettings
from consentric.sync.report import BrakeReason, Cost, PlannedProvision, PlanReport
from consentric_sandbox.demo_world import World

from .pages import ROOT, blocks, of_language, read
from .shell import command_of

RFM = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")
KNOWN = ("renders: plan", "cron", "grammar", "systemd", "workspace", "folders", "prose")


def block_with(page: str, note: str) -> str:
    """The text of the one block that is checked so."""
    [found] = [block for block in blocks(page) if block.note == note]
    return found.text


def figure(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return int(found[1].replace(" ", ""))


def test_every_text_block_says_how_it_is_checked() -> None:
    unchecked = [block.place for block in of_language("text") if block.note not in KNOWN]
    assert [place for place in unchecked if not place.startswith("docs/segments.md")] == []


@pytest.mark.parametrize("page", ["README.md", "README.fr.md"])
def test_the_plan_is_what_the_program_prints_for_these_figures(page: str) -> None:
    picture = block_with(page, "renders: plan")
    text = f"{gate_text(gate_of(picture))}\n\n{plan_text(report_of(picture), titles())}"
    printed = re.sub(r"[\u00a0\u202f]", " ", text)
    assert printed == picture.rstrip("\n")


def titles() -> dict[str, str]:
    return {f"rfm5.{one.key}": one.name.en for one in usual_segments(RFM)}


def gate_of(picture: str) -> GateReport:
    """What was decided, from the figures of a picture; everybody is allowed or denied."""
    codes = {words: code for code, words in REASONS.items()}
    labelled = re.search(r"may be labelled +([\d ]+?)    .*; not: (.*)", picture)
    assert labelled is not None
    reasons = (one.rpartition(" ") for one in labelled[2].split(", "))
    report = GateReport(
        people=figure(r"people known +([\d ]+?)    ", picture),
        allowed={
            "segmentation/none/process": figure(r"may be segmented +([\d ]+?)    ", picture),
            "email_marketing/email/write_back": int(labelled[1].replace(" ", "")),
        },
        denied={
            "segmentation/none/process": {},
            "email_marketing/email/write_back": {codes[words]: int(count) for words, _, count in reasons},
        },
    )
    for question, allowed in report.allowed.items():
        assert allowed + sum(report.denied[question].values()) == report.people
    return report


def report_of(picture: str) -> PlanReport:
    """The report behind a picture, from its figures alone; its renderer refuses sums that do not add up."""
    keys = {name: key for key, name in titles().items()}
    codes = {words: code for code, words in REASONS.items()}
    enters = re.findall(r"([A-Z][a-z ]+?) (\d+)", re.search(r"\+ enter +[\d ]+?    (.*)", picture)[1])  # type: ignore[index]
    withheld = re.search(r"withheld +[\d ]+?    (.*)", picture)[1].split(", ")  # type: ignore[index]
    made = re.findall(r"will be created: (.*)", picture)
    return PlanReport(
        plan=re.search(r"^Plan (\w+)", picture, re.MULTILINE)[1],  # type: ignore[index]
        destination="hubspot-demo",
        account="hubspot",
        as_of_day=re.search(r"data as of (\S+)", picture)[1],  # type: ignore[index]
        sha256="",
        total=figure(r"= ([\d ]+) records", picture),
        enter=figure(r"\+ enter +([\d ]+?)    ", picture),
        move=figure(r"~ move +(\d+)", picture),
        leave=figure(r"- leave +(\d+)", picture),
        leave_by_consent=0,
        unchanged=figure(r"unchanged +(\d+)", picture) + figure(r"no segment +(\d+)", picture),
        no_segment=figure(r"no segment +(\d+)", picture),
        withheld={codes[words]: int(count) for words, _, count in (one.rpartition(" ") for one in withheld)},
        rejected=0,
        rejected_with_ops=0,
        enter_by_segment={keys[name]: int(count) for name, count in enters},
        moves=(),
        causes={"people changed": figure(r"people changed ([\d ]+)", picture)},
        population=0,
        not_adopted=0,
        refused={},
        explicit_denials=0,
        ops=1,
        provisions=tuple(PlannedProvision(target="", description=one, is_possible=True) for one in made),
        cost=Cost(
            calls=figure(r"cost +(\d+) calls", picture),
            read_back_calls=0,
            seconds=figure(r"about (\d+) s", picture),
            share_of_day=float(re.search(r"s, ([\d.]+) %", picture)[1]) / 100,  # type: ignore[index]
        ),
        rules={},
        first_apply=True,
        brake=(BrakeReason(code="first_apply", sentence="first apply to this destination"),),
        rows="plans/7f3a/rows.parquet",
    )


def test_the_segments_that_enter_add_up() -> None:
    report = report_of(block_with("README.md", "renders: plan"))
    assert sum(report.enter_by_segment.values()) == report.enter


def test_the_timer_line_calls_a_command_that_exists() -> None:
    lines = [shlex.split(line)[5:] for line in block_with("README.md", "cron").splitlines()]
    assert [Path(program).name for program, *_ in lines] == ["consentric", "consentric"]
    assert [command_of(arguments) for _, *arguments in lines] == ["sync", "sync"]


def test_a_wrong_rule_is_told_as_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [block for block in blocks("docs/segments.md") if block.note.startswith("fault: ")]
    rule = block.note.removeprefix("fault: ")
    (tmp_path / "config.toml").write_text('include = ["segments.toml"]\n')
    (tmp_path / "segments.toml").write_text(
        '[[purpose]]\nid = "segmentation"\nbasis = ["contract"]\n'
        '[[segment_set]]\nname = "winback"\npurpose = "segmentation"\nallow_other = true\n'
        f'[[segment]]\nset = "winback"\nkey = "late"\n{rule}\nname = {{ fr = "x", en = "x" }}\n'
    )
    assert cli.run(["-c", str(tmp_path / "config.toml"), "segments", "check"]) == 2
    assert capsys.readouterr().err.startswith(block.text.rstrip("\n"))


def test_every_file_of_the_workspace_is_in_the_picture(demo: World) -> None:
    picture = block_with("docs/operations.md", "workspace")
    inputs = {"assessment.md", "notice.md", "rates.csv"}
    found = {path.name for path in demo.workspace.iterdir()} - inputs
    missing = [
        name
        for name in sorted(found)
        if not re.search(rf"(^| ){re.escape(name)}(/| |$)", picture, re.MULTILINE)
    ]
    assert [name for name in missing if not name.endswith(("-wal", "-shm"))] == []


def test_every_package_is_in_the_picture_of_the_house() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    picture = block_with("docs/architecture.md", "folders")
    for package in project["tool"]["importlinter"]["root_packages"]:
        assert re.search(rf"\b{package}\b", picture), package


def test_every_path_that_the_architecture_names_is_there() -> None:
    page = read("docs/architecture.md").partition("## Where things go")[2]
    for row in re.findall(r"^\| [^|]+ \| (.*) \|$", page, re.MULTILINE):
        folder = ROOT
        for name in re.findall(r"`([\w/.]+)`", row):
            path = ROOT / name if "/" in name else folder / name
            assert path.exists(), name
            folder = path if path.is_dir() else path.parent
