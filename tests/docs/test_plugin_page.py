"""The page about plugins shows what `plugins new` writes, in as many lines as it says."""

from __future__ import annotations

import re

import pytest

from consentric.app.plugin_template import package_files

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
