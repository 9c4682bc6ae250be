"""The assessments of legitimate interest that a configuration names: signed or not, and signing one."""

from __future__ import annotations

from dataclasses import dataclass

from consentric.sdk.errors import AssessmentError
from consentric_privacy.assessment import assessment_is_signed, sign_assessment

from .workspace import Workspace

BASIS = "legitimate_interest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The balancing test of one purpose."""

    purpose: str
    file: str
    """As the configuration names it, without `file:`; empty when it names none."""
    is_signed: bool


def assessments_of(workspace: Workspace) -> list[Assessment]:
    """One for each purpose that may rest on legitimate interest."""
    return [
        Assessment(
            purpose=purpose.id,
            file=(purpose.assessment or "").removeprefix("file:"),
            is_signed=assessment_is_signed(workspace.people, purpose, workspace.config.folder),
        )
        for purpose in workspace.settings.purpose
        if BASIS in purpose.basis
    ]


def sign_file(workspace: Workspace, file: str, *, by: str) -> list[str]:
    """Signs an assessment for every purpose that names it, and notes it in the audit log.

    Gives the purposes it now stands for; none when the configuration names no such file.

    Raises:
        AssessmentError: When the file cannot be read.
    """
    named = file.removeprefix("file:")
    at = workspace.clock()
    signed = []
    for index, purpose in enumerate(workspace.settings.purpose):
        if purpose.assessment != f"file:{named}":
            continue
        try:
            digest = sign_assessment(workspace.people, purpose, workspace.config.folder, signed_by=by, at=at)
        except AssessmentError as error:
            error.where = error.where or workspace.config.where("purpose", index, "assessment")
            raise
        data = {"purpose": purpose.id, "sha256": digest}
        workspace.audit.append("assessment.signed", actor="cli", data=data, at=at)
        signed.append(purpose.id)
    return signed
