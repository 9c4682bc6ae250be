"""Searches every file of a workspace for planted people, and proves that the search finds what is there.

The proof are positive controls: for each form and each container something planted in a temporary folder
that the same search must find. Without them a scan that finds nothing says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from consentric.testing.canary_controls import CONTROL, plant_controls
from consentric.testing.containers import CHUNK_BYTES, Unopened, members_of, opener_of, read_head
from consentric.testing.identifiers import Pattern, Somebody, patterns_of
from consentric.testing.pattern_search import PatternSearch

_DEEPEST = 4
"""Containers inside containers that are opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something of somebody in a file; it names neither the person nor what was found."""

    file: str
    place: str
    kind: str
    form: str
    person: int
    """Position in the list of planted people."""


@dataclass(slots=True, kw_only=True)
class CanaryReport:
    """What a scan found; sound only when every control was found too."""

    hits: list[Hit] = field(default_factory=list)
    files: int = 0
    scanned_bytes: int = 0
    patterns: int = 0
    controls_planted: int = 0
    controls_missed: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    """Files of which nothing is known: unreadable or damaged containers."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, everything was read, and the search is proven to find."""
        return not (self.hits or self.unopened or self.controls_missed) and self.controls_planted > 0


def scan(
    workspace: Path, people: Sequence[Somebody], *, also: Iterable[Path] = (), without: Path | None = None
) -> CanaryReport:
    """Search all files under a folder, their names included.

    Args:
        workspace: The folder; links out of it are not followed.
        people: Whom to search for.
        also: More files or folders, as captured output and logs.
        without: A folder that may hold people: the sandbox that they were planted in.
    """
    # Controls are one person more, searched for by the same tables in the same pass.
    patterns = patterns_of([*people, CONTROL])
    scanner = _Scanner(PatternSearch(patterns))
    report = CanaryReport(patterns=len(patterns))
    for root in (workspace, *also):
        for path in _files(root, without):
            name = str(path.relative_to(root)) if path != root else path.name
            report.files += 1
            try:
                hits = scanner.hits_in(path, name)
            except (Unopened, PermissionError):
                report.unopened.append(name)
                continue
            report.hits += [hit for hit in hits if hit.person < len(people)]
    report.scanned_bytes = scanner.scanned_bytes
    _check_controls(scanner, report, control=len(people))
    return report


def _check_controls(scanner: _Scanner, report: CanaryReport, *, control: int) -> None:
    with TemporaryDirectory(prefix="canary-controls-") as folder:
        for planted in plant_controls(Path(folder)):
            report.controls_planted += 1
            found = any(
                hit.person == control
                and planted.form in ("", hit.form)
                and hit.place.startswith(planted.place)
                for hit in scanner.hits_in(planted.path, planted.path.name)
            )
            if not found:
                report.controls_missed.append(planted.name)


class _Scanner:
    def __init__(self, search: PatternSearch) -> None:
        self._search = search
        self.scanned_bytes = 0

    def hits_in(self, path: Path, name: str) -> list[Hit]:
        """All hits in a file's name, its bytes and whatever is inside it."""
        in_name = set(self._search.find(os.fsencode(name)))
        # A name that betrays somebody must not be printed either.
        shown = "(a name that is a hit itself)" if in_name else name
        found = {_hit(pattern, shown, "file name") for pattern in in_name}
        for place, pattern in self._matches(path, depth=0):
            found.add(_hit(pattern, shown, place))
        return sorted(found, key=lambda hit: (hit.person, hit.place, hit.kind, hit.form))

    def _matches(self, path: Path, *, depth: int) -> Iterator[tuple[str, Pattern]]:
        for chunk in _chunks(path, self._search.longest):
            self.scanned_bytes += len(chunk)
            for pattern in self._search.find(chunk):
                yield "bytes", pattern
        head = read_head(path)
        opener = opener_of(head)
        if opener is not None:
            for place, piece in opener(path):
                self.scanned_bytes += len(piece)
                for pattern in self._search.find(piece):
                    yield place, pattern
        if depth < _DEEPEST:
            with TemporaryDirectory(prefix="canary-") as folder:
                for member in members_of(path, Path(folder)):
                    for place, pattern in self._matches(member, depth=depth + 1):
                        yield f"unpacked {place}", pattern


def _hit(pattern: Pattern, name: str, place: str) -> Hit:
    return Hit(file=name, place=place, kind=pattern.kind, form=pattern.form, person=pattern.person)


def _files(root: Path, without: Path | None) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    hidden = without.resolve() if without is not None else None
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if hidden is not None:
            folders[:] = [name for name in folders if (here / name).resolve() != hidden]
        yield from (here / name for name in sorted(names) if (here / name).is_file())


def _chunks(path: Path, longest: int) -> Iterator[bytes]:
    """A file in chunks that overlap by more than the longest pattern."""
    overlap = longest + 1
    with path.open("rb") as file:
        chunk = file.read(CHUNK_BYTES)
        while chunk:
            yield chunk
            following = file.read(CHUNK_BYTES)
            chunk = chunk[-overlap:] + following if following else b""
