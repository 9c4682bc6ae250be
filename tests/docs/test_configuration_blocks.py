"""Every block of configuration on a page loads, completed with what it leaves out."""

from __future__ import annotations

import configparser
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from consentric.app.config import load_config
from consentric.app.init_answers import read_answers
from consentric.app.init_questions import PARTS, lacking

from .conftest import write_file
from .pages import Block, blocks, of_language
from .shell import command_of, on_path

OTHER_FORMS = ("answers.toml", "pyproject.toml")
PURPOSES = [
    {"id": "segmentation", "basis": ["legitimate_interest"], "assessment": "file:lia.md"},
    {"id": "email_marketing", "basis": ["consent"], "channel": "email", "authorities": ["hubspot"]},
]
COMPLETION: dict[str, Any] = {
    "connections": {
        "hubspot": {"connector": "hubspot", "token": "env:HUBSPOT_TOKEN"},
        "mailchimp": {"connector": "mailchimp", "api_key": "env:MAILCHIMP_KEY", "audiences": ["a1b2c3d4e5"]},
        "salesforce": {
            "connector": "salesforce",
            "domain": "acme.my",
            "consumer_key": "env:SALESFORCE_KEY",
            "consumer_secret": "env:SALESFORCE_SECRET",
        },
    },
    "purpose": PURPOSES,
    "segment_set": [{"name": "rfm5", "purpose": "segmentation", "method": "rfm"}],
}
"""What a part of a configuration rests on."""


def completed(text: str) -> str:
    """The block with the sections that it names things of."""
    block = tomllib.loads(text)
    connections = {**COMPLETION["connections"], **block.get("connections", {})}
    return tomlkit.dumps({**COMPLETION, **block, "connections": connections})


@pytest.mark.parametrize(
    "block", [b for b in of_language("toml") if b.file not in OTHER_FORMS], ids=lambda block: block.place
)
def test_a_block_of_configuration_has_no_fault(block: Block, tmp_path: Path, installed: None) -> None:
    (tmp_path / "config.toml").write_text(completed(block.text), encoding="utf-8")
    settings = load_config(tmp_path / "config.toml").settings
    assert set(tomllib.loads(block.text)) <= set(type(settings).model_fields)


@pytest.fixture
def installed(example: Path, tmp_path: Path) -> Iterator[None]:
    """The plugin of the page is installed: as pip would, its module and its entry point."""
    site = tmp_path / "site"
    shutil.copytree(example / "acme_till", site / "acme_till")
    (site / "acme_till" / "__init__.py").touch()
    project = tomllib.loads((example / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = site / f"acme_till-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: acme-till\nVersion: {project['version']}\n"
    )
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in names.items())
        for group, names in project["entry-points"].items()
    )
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
    with on_path(site):
        assert Distribution.from_name("acme-till").version == project["version"]
        yield


def test_the_answers_answer_every_question(tmp_path: Path) -> None:
    [block] = [block for block in blocks("README.md") if block.file == "answers.toml"]
    write_file(block, tmp_path)
    answers = read_answers(tmp_path / "answers.toml")
    left_out = {key for key, part in PARTS.items() if part.is_asked and not lacking(part, answers)}
    left_out -= set(flat_keys(tomllib.loads(block.text)))
    assert left_out == {"hubspot.order_number"}  # one CRM holds the purchases


def flat_keys(table: dict[str, Any]) -> list[str]:
    """Keys of a file of answers, with the table of their CRM."""
    return [
        f"{key}.{inner}" if inner else key
        for key, value in table.items()
        for inner in (value if isinstance(value, dict) else ("",))
    ]


@pytest.mark.parametrize("block", of_language("ini"), ids=lambda block: block.place)
def test_a_systemd_unit_calls_a_command_that_exists(block: Block) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.read_string(block.text)
    assert "Unit" in unit
    if "Service" in unit:
        program, *arguments = shlex.split(unit["Service"]["ExecStart"])
        assert Path(program).name == "consentric"
        assert command_of(arguments) == "sync"
        assert unit["Unit"]["OnFailure"] == "consentric-failed@sync.service"
        assert unit["Service"]["SuccessExitStatus"] == "3"
    else:
        assert unit["Timer"]["OnCalendar"].endswith("Europe/Paris")
