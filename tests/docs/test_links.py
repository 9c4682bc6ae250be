"""Links between files lead somewhere, and the French README says what the English one says."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from .pages import ROOT, blocks, read

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
)


def anchors(path: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (unicodedata.normalize("NFC", heading.lower()) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("file", FILES)
def test_every_link_between_files_leads_somewhere(file: str) -> None:
    text = re.sub(r"^```.*?^```", "", read(file), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / file).parent / path if path else ROOT / file
        assert found.exists(), f"{file}: {target}"
        assert not anchor or anchor in anchors(found), f"{file}: {target}"


def test_every_page_is_linked_from_the_readme_or_a_page_it_links() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+\.md)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    pages = {path.resolve() for path in (ROOT / "docs").glob("*.md")}
    assert pages - reached == set()


def test_both_readmes_show_the_same_blocks() -> None:
    english, french = (
        [
            (block.language, block.file, _bare(block.text))
            for block in blocks(page)
            if block.language != "markdown"
        ]
        for page in ("README.md", "README.fr.md")
    )
    assert french == english


def test_both_readmes_have_the_same_sections_and_links() -> None:
    def shape(page: str) -> tuple[list[str], list[int], list[str]]:
        text = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
        levels = re.findall(r"^#+", text, re.MULTILINE)
        tables = [len(rows.splitlines()) for rows in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
        links = [one for one in re.findall(r"\]\(([^)\s]+)\)", text) if "README" not in one]
        return levels, tables, links

    assert shape("README.fr.md") == shape("README.md")


def _bare(text: str) -> str:
    """A block without the remarks that are translated."""
    return re.sub(r"\s*# .*$", "", text, flags=re.MULTILINE)
