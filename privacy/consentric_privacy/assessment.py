"""Signed balancing tests of legitimate interest: a file, its SHA-256, who signed it and when."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from consentric_privacy.errors import AssessmentError
from consentric_privacy.instants import text_of
from consentric_privacy.people import PeopleStore
from consentric_privacy.settings import PurposeSettings

UNANSWERED = "[?]"
"""Stands in a worksheet before each question that only a human can answer; signed is what has none left."""
_PREFIX = "file:"


def assessment_is_signed(people: PeopleStore, purpose: PurposeSettings, base: Path) -> bool:
    """Whether the purpose's assessment was signed and its file is there, unchanged since.

    Args:
        people: The store with the signatures.
        purpose: The purpose; one that names no assessment has none.
        base: The folder that `file:` references start from.
    """
    if purpose.assessment is None:
        return False
    row = people.connection.execute(
        "SELECT path, sha256 FROM assessment WHERE purpose = ?", (purpose.id,)
    ).fetchone()
    if row is None or row[0] != purpose.assessment:
        return False
    return bool(digest_of(base / purpose.assessment.removeprefix(_PREFIX)) == row[1])


def sign_assessment(
    people: PeopleStore, purpose: PurposeSettings, base: Path, *, signed_by: str, at: datetime
) -> str:
    """Record that somebody signed the assessment a purpose names; an earlier signature is replaced.

    Returns:
        The SHA-256 (hex) of the file as signed.

    Raises:
        AssessmentError: The purpose names no assessment, its file cannot be read, or it is a worksheet with
            questions that nobody answered (CS262).
    """
    if purpose.assessment is None:
        raise AssessmentError(
            f'purpose "{purpose.id}" names no assessment to sign',
            hint=f'add assessment = "file:lia-2026.md" to [[purpose]] {purpose.id}',
            happened="nothing was signed.",
        )
    path = base / purpose.assessment.removeprefix(_PREFIX)
    digest = digest_of(path)
    if digest is None:
        raise AssessmentError(
            f'purpose "{purpose.id}": the assessment {purpose.assessment} cannot be read',
            hint="write the assessment, or mend the reference",
            happened="nothing was signed.",
        )
    _require_answers(purpose, path)
    with people.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO assessment (purpose, path, sha256, signed_by, signed_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (purpose.id, purpose.assessment, digest, signed_by, text_of(at)),
        )
    return digest


def digest_of(path: Path) -> str | None:
    """The SHA-256 (hex) of a file; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _require_answers(purpose: PurposeSettings, path: Path) -> None:
    """A text with marks left is a draft; a PDF or a scan is taken as it is."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return
    open_at = [number for number, line in enumerate(lines, 1) if UNANSWERED in line]
    if open_at:
        raise AssessmentError(
            f'purpose "{purpose.id}": {len(open_at)} questions of {purpose.assessment} are not answered',
            where=f"{path.name}:{open_at[0]}",
            hint=f"write the answers in place of each {UNANSWERED}, then sign",
            happened="nothing was signed.",
            code="CS262",
        )
