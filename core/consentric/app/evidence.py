"""The evidence claims of a configuration: each counts while its document is the one first relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consentric.sdk.errors import AssessmentError
from consentric_privacy.evidence import DocumentState, document_state, record_document
from consentric_privacy.people import PeopleStore
from consentric_privacy.purpose import Claim
from consentric_privacy.settings import EvidenceSettings, claim_from

from .workspace import Workspace

_PREFIX = "file:"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceClaim:
    """One `[[evidence]]` section."""

    number: int
    """Its place in the configuration, from 1."""
    settings: EvidenceSettings
    state: DocumentState

    @property
    def stands(self) -> bool:
        """Whether the claim counts: its document is there, and was not altered since it was recorded."""
        return self.state in ("recorded", "new")

    @property
    def document(self) -> str:
        """The file, without `file:`."""
        return self.settings.document.removeprefix(_PREFIX)

    @property
    def finding(self) -> str:
        """Why it does not count, with the remedy; empty when it does."""
        record = f"consentric records evidence --record {self.document}"
        return {
            "recorded": "",
            "new": "",
            "changed": f"{self.document} was altered since it was recorded: restore it, or {record}",
            "missing": f"{self.document} cannot be read: put it back",
        }[self.state]


def claims_in(people: PeopleStore, evidence: Sequence[EvidenceSettings], folder: Path) -> list[EvidenceClaim]:
    """Every claim of a configuration, standing or not.

    Args:
        people: The store with what was recorded.
        evidence: The sections.
        folder: The folder of the configuration, where documents lie.
    """
    return [
        EvidenceClaim(number=number, settings=one, state=document_state(people, one.document, folder))
        for number, one in enumerate(evidence, 1)
    ]


def claims_of(workspace: Workspace) -> list[EvidenceClaim]:
    """Every claim of an open workspace, standing or not."""
    return claims_in(workspace.people, workspace.settings.evidence, workspace.config.folder)


def standing_claims(workspace: Workspace) -> tuple[Claim, ...]:
    """The claims that the decision may apply."""
    return tuple(claim_from(one.settings) for one in claims_of(workspace) if one.stands)


def record_new_documents(workspace: Workspace) -> None:
    """Records the documents that a run relies on for the first time."""
    for file in dict.fromkeys(one.document for one in claims_of(workspace) if one.state == "new"):
        record_file(workspace, file)


def record_file(workspace: Workspace, file: str) -> list[int]:
    """Records the document of every claim that names it, and notes it in the audit log.

    Gives the numbers of these claims; none when no claim names the file.

    Raises:
        AssessmentError: When the file cannot be read.
    """
    document = f"{_PREFIX}{file.removeprefix(_PREFIX)}"
    named = [one.number for one in claims_of(workspace) if one.settings.document == document]
    if named:
        try:
            digest = record_document(
                workspace.people, document, workspace.config.folder, at=workspace.clock()
            )
        except AssessmentError as error:
            error.where = workspace.config.where("evidence", named[0] - 1, "document")
            raise
        workspace.note("evidence.recorded", claims=len(named), sha256=digest)
    return named
