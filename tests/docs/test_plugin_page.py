"""The page about plugins shows what `plugins new` writes, in as many lines as it says."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from consentric.app.plugin_template import package_files
from consentric.sdk import records
from consentric.sdk.contracts import Stream

from .pages import Block, blocks, read

FILES = [block for block in blocks("docs/plugins.md") if block.file not in (None, "config.toml")]
WRITTEN = package_files("acme-till", has_writer=True)


@pytest.mark.parametrize("block", FILES, ids=lambda block: str(block.file))
def test_a_file_of_the_page_is_the_one_that_is_written(block: Block) -> None:
    assert block.text == WRITTEN[str(block.file)]


def test_every_file_with_something_in_it_is_shown_or_named() -> None:
    shown = {block.file for block in FILES}
    named = {path for path in WRITTEN if f"`{path}`" in read("docs/plugins.md")}
    assert {path for path, text in WRITTEN.items() if text} - shown - named == {"README.md"}


@pytest.mark.parametrize("part", ["connector", "writer"])
def test_a_part_has_about_as_many_lines_as_its_heading_says(part: str) -> None:
    found = re.search(rf"^## A {part} in (\d+) lines$", read("docs/plugins.md"), re.MULTILINE)
    assert found is not None
    assert int(found[1]) - 10 < len(WRITTEN[f"acme_till/{part}.py"].splitlines()) <= int(found[1])


RECORDS = (Stream, records.RecordRef, records.Objection, *get_args(records.Record))
CHOICES = {
    f"{kind.__name__}.{name}": get_args(hint)
    for kind in RECORDS
    for name, hint in get_type_hints(kind).items()
    if get_origin(hint) is Literal
}


def rows(kind: str) -> dict[str, str]:
    """Field to what its row says, of the table with this heading."""
    table = read("docs/plugins.md").partition(f"| {kind} | | |\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \|(.*)$", table, re.MULTILINE))


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: str(kind.__name__))
def test_every_field_of_a_record_stands_in_its_table(kind: Any) -> None:
    assert list(rows(kind.__name__)) == [field.name for field in fields(kind)]


@pytest.mark.parametrize("place", CHOICES)
def test_every_choice_of_a_field_stands_in_its_row(place: str) -> None:
    kind, _, name = place.partition(".")
    assert re.findall(r"`([^`]+)`", rows(kind)[name].partition("|")[0]) == list(CHOICES[place])
