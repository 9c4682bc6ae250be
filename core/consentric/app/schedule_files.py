"""Writes files that call our jobs, and never over one that somebody changed without saying so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["written", "updated", "unchanged", "kept", "replaced"]

_MARK = "# Written by  consentric schedule install ; sha256 of the rest: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What became of one file."""

    path: Path
    outcome: Outcome
    """`kept`: somebody changed it and it stays as it is; `replaced`: they did, and were overruled."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {**asdict(self), "path": str(self.path)}


def install_files(files: Mapping[str, str], folder: Path, *, is_forced: bool) -> list[Installed]:
    """Writes each file under its name; one that was changed by hand only when forced.

    Raises:
        OSError: When the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_install(folder / name, text, is_forced=is_forced) for name, text in files.items()]


def marked(text: str) -> str:
    """The text under a line that says who wrote it, and by which a change is known."""
    return f"{_MARK}{_digest(text)}\n{text}"


def _install(path: Path, text: str, *, is_forced: bool) -> Installed:
    outcome: Outcome = "written"
    if path.exists():
        found = path.read_text(encoding="utf-8", errors="replace")
        if found == marked(text):
            return Installed(path=path, outcome="unchanged")
        outcome = "updated" if _is_ours(found) else "replaced" if is_forced else "kept"
    if outcome != "kept":
        path.write_text(marked(text), encoding="utf-8")
        path.chmod(0o644)  # service managers read it as another user; it holds no secret
    return Installed(path=path, outcome=outcome)


def _is_ours(found: str) -> bool:
    """Whether a file is as we wrote it, by whichever version."""
    first, _, rest = found.partition("\n")
    told = re.fullmatch(re.escape(_MARK) + "([0-9a-f]{64})", first)
    return told is not None and told[1] == _digest(rest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
