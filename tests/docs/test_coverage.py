"""Nothing that a reader can meet is missing from the pages."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import click
import pytest

from consentric.app import cli
from consentric.app.render.words import REASONS
from consentric.app.session import Session
from consentric.sdk import contracts, hooks, records
from consentric.testing import ConnectorBench
from consentric_privacy.bases import ALLOW_REASONS
from consentric_privacy.effects import EFFECTS

from .pages import PAGES, ROOT, read

TEXT = "".join(read(page) for page in PAGES)


def commands(group: Any = cli.cli, path: str = "consentric") -> Iterator[str]:
    """Every command with its path."""
    context = click.Context(group, obj=Session())
    with context.scope():
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{path} {name}")
            else:
                yield f"{path} {name}"


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_on_a_page(command: str) -> None:
    assert re.search(rf"\b{command}\b", re.sub(r" -c \S+", "", TEXT)), f"no page shows  {command}"


def hook_names() -> list[str]:
    return [name for name, value in vars(hooks).items() if hasattr(value, f"{hooks.PROJECT}_spec")]


@pytest.mark.parametrize("name", hook_names())
def test_every_hook_is_on_the_page_with_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hooks, name)).parameters)
    assert f"`{name}({arguments})`" in read("docs/plugins.md")


def test_there_are_hooks() -> None:
    assert len(hook_names()) >= 4


def methods_of(contract: type) -> list[str]:
    return [
        n
        for n, v in vars(contract).items()
        if not n.startswith("_") and (callable(v) or isinstance(v, property))
    ]


@pytest.mark.parametrize("name", [name for name in methods_of(contracts.Writer) if name != "close"])
def test_every_method_of_a_writer_is_on_the_page(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", read("docs/plugins.md"), re.MULTILINE), name


def test_every_kind_of_record_is_on_the_page_about_plugins() -> None:
    for kind in records.Record.__args__:
        assert f"`{kind.__name__}`" in read("docs/plugins.md"), kind.__name__


def test_every_part_of_a_bench_is_used_or_named() -> None:
    for name in ConnectorBench.__dataclass_fields__:
        assert re.search(rf"\b{name}\b", read("docs/plugins.md")), name


@pytest.mark.parametrize(("code", "effect"), EFFECTS.items())
def test_every_reason_to_deny_is_on_the_page_with_words_and_effect(code: str, effect: str) -> None:
    assert f"| `{code}` | {REASONS[code]} | {effect} |" in read("docs/consent.md")


def test_every_other_reason_is_on_the_page_as_well() -> None:
    page = read("docs/consent.md")
    for code in REASONS.keys() - EFFECTS.keys():
        assert f"| `{code}` | {REASONS[code]} |" in page
    assert [code for code in ALLOW_REASONS.values() if f"`{code}`" not in page] == []


def test_no_page_names_a_reason_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `([A-Z_]{4,})` \|", read("docs/consent.md"), re.MULTILINE))
    assert named == set(REASONS)


def test_every_exit_code_is_in_the_readme_and_in_operations() -> None:
    for page in ("README.md", "docs/operations.md"):
        codes = re.findall(r"^\| (\d+) \| [\w`]", read(page), re.MULTILINE)
        assert codes == ["0", "1", "2", "3", "4", "5", "6", "7", "10", "75"]


def test_every_command_that_a_message_names_exists() -> None:
    known = {path.split()[1] for path in commands()}
    named = {
        (path.relative_to(ROOT).as_posix(), word)
        for root in ("core", "privacy", "connectors", "plugins")
        for path in (ROOT / root).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not re.match(r"\s*(from|import) ", line)
        for word in re.findall(r"consentric +(?:-c \S+ +)?([a-z]+)", line)
    }
    assert sorted((path, word) for path, word in named if word not in known) == []


@pytest.mark.parametrize("page", ["README.md", "README.fr.md"])
@pytest.mark.parametrize("crm", ["Salesforce", "Mailchimp"])
def test_the_readme_says_of_each_crm_whether_it_is_there(crm: str, page: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    is_there = crm.lower() in project["entry-points"]["consentric"]
    absent = re.search(r"[^.]*(?:(?:is|are) not there yet|n'y (?:est|sont) pas encore)\.", read(page))
    says_absent = absent is not None and crm in absent[0]
    assert says_absent != is_there, f"{page}: the sentence about what is not there yet is wrong about {crm}"
