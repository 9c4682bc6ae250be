"""Documents behind evidence claims: a claim counts while its document is the one first relied on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from consentric_privacy.assessment import digest_of
from consentric_privacy.errors import AssessmentError
from consentric_privacy.instants import text_of
from consentric_privacy.people import PeopleStore

DocumentState = Literal["recorded", "new", "changed", "missing"]
"""`new`: nobody relied on it yet; the first run that does records it."""
_PREFIX = "file:"


def document_state(people: PeopleStore, document: str, base: Path) -> DocumentState:
    """Whether a document is the one that was recorded.

    Args:
        people: The store with the records.
        document: As the claim names it, `file:form-2022.png`.
        base: The folder that `file:` references start from.
    """
    digest = digest_of(base / document.removeprefix(_PREFIX))
    if digest is None:
        return "missing"
    row = people.connection.execute("SELECT sha256 FROM evidence WHERE document = ?", (document,)).fetchone()
    if row is None:
        return "new"
    return "recorded" if row[0] == digest else "changed"


def record_document(people: PeopleStore, document: str, base: Path, *, at: datetime) -> str:
    """Record a document as it is now; what was recorded before is replaced.

    Returns:
        Its SHA-256 (hex).

    Raises:
        AssessmentError: The file cannot be read.
    """
    digest = digest_of(base / document.removeprefix(_PREFIX))
    if digest is None:
        raise AssessmentError(
            f"the document {document} cannot be read",
            hint="put it there, or mend the reference in [[evidence]]",
            happened="nothing was recorded.",
            code="CS261",
        )
    with people.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO evidence (document, sha256, recorded_at) VALUES (?, ?, ?)",
            (document, digest, text_of(at)),
        )
    return digest
