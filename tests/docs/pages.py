"""The pages of the documentation, cut into code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
"""Every page whose blocks run; README.fr.md repeats the blocks of README.md."""

_COMMENT = re.compile(r"^<!-- (?P<text>.*) -->$")
_FENCE = re.compile(r"^```(?P<language>\w+)(?: file=(?P<file>\S+))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str
    file: str | None = None
    """Name of the file it is the content of."""
    note: str = ""
    """Text of the comment on the line before: how it is checked, or why it is not run."""

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it is run; if not, its comment says why."""
        return not self.note.startswith("not run: ")


@dataclass(slots=True)
class _Open:
    line: int
    language: str
    file: str | None
    note: str
    lines: list[str] = field(default_factory=list)


def read(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in its order."""
    return list(_cut(page))


def of_language(*languages: str) -> list[Block]:
    """The blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks(page) if block.language in languages]


def _cut(page: str) -> Iterator[Block]:
    found: _Open | None = None
    note = ""
    for number, line in enumerate(read(page).splitlines(), start=1):
        if found is not None:
            if line == "```":
                yield Block(
                    page=page,
                    line=found.line,
                    language=found.language,
                    text="\n".join(found.lines) + "\n",
                    file=found.file,
                    note=found.note,
                )
                found, note = None, ""
            else:
                found.lines.append(line)
            continue
        fence = _FENCE.match(line)
        if fence is not None:
            found = _Open(number, fence["language"], fence["file"], note)
        assert fence is not None or not line.startswith("```"), f"{page}:{number}: a block without a language"
        comment = _COMMENT.match(line)
        note = comment["text"] if comment is not None else ""
    assert found is None, f"{page}: a block that does not end"
