"""`consentric records`: what the controller must be able to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consentric.app.messages import unknown_name
from consentric.app.session import Session, current_session
from consentric.sdk.errors import ConfigError

if TYPE_CHECKING:
    from consentric.app.workspace import Workspace

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def records() -> None:
    """What the controller must be able to show.

    Example:  consentric records lia
    """


@records.command()
@click.option("--draft", is_flag=True, help="Write a worksheet with the facts known and the questions left.")
@click.option("--purpose", metavar="PURPOSE", help="Of --draft: only this purpose.")
@click.option("--out", type=_FILE, metavar="FILE", help="Of --draft: a new file, instead of the screen.")
@click.option("--sign", "file", metavar="FILE", help="Sign this assessment, as a purpose names it.")
@click.option("--by", metavar="NAME", help="Who signs it; asked for when left out.")
def lia(draft: bool, purpose: str | None, out: Path | None, file: str | None, by: str | None) -> None:
    """The balancing tests of legitimate interest, and whether they are signed.

    A purpose that rests on legitimate interest allows nothing until its assessment is signed (GDPR
    art. 6(1)(f)); it counts as long as the file does not change. --draft writes a worksheet, in English or
    with --lang fr in French: what the program knows is filled in, what only a human can answer is marked
    [?]. One with marks left is not signed.

    \b
    Examples:
      consentric records lia
      consentric records lia --draft --lang fr --out lia-2026.md
      consentric records lia --sign lia-2026.md --by "J. Martin, DPO"
    """
    from consentric.app.assessments import assessments_of
    from consentric.app.render.table import table
    from consentric.app.workspace import Workspace

    session = current_session()
    if draft and file is not None:
        raise click.UsageError("--draft and --sign exclude each other: a human answers in between")
    if not draft and (purpose is not None or out is not None):
        raise click.UsageError("--purpose and --out belong to --draft")
    with Workspace.open_stores(session.config) as workspace:
        if draft:
            _draft(session, workspace, purpose, out)
            return
        if file is not None:
            _sign(session, workspace, file, by)
        found = assessments_of(workspace)
    rows = [(one.purpose, one.file, "signed" if one.is_signed else "NOT SIGNED") for one in found]
    data = {"assessments": [{"purpose": o.purpose, "file": o.file, "is_signed": o.is_signed} for o in found]}
    text = table(("purpose", "assessment", ""), rows)
    if file is not None:  # `segment` holds no key and cannot decide
        text += "\nNext:  consentric pull   (it decides anew), then  consentric segment"
    session.show("consentric.lia/1", data, text)


@records.command()
@click.option("--record", "file", metavar="FILE", help="Record this document as it is now.")
def evidence(file: str | None) -> None:
    """Each [[evidence]] claim: whom it lets in, who made it and when, and whether its document stands.

    The SHA-256 of a document is recorded by the first run that relies on it. When the file changes, its
    claims no longer count, until somebody has looked at it and records it anew.

    \b
    Examples:
      consentric records evidence
      consentric records evidence --record form-2022.png
    """
    from consentric.app.consent_audit import audit_consent, claims_json
    from consentric.app.evidence import claims_of, record_file
    from consentric.app.render.audit import claims_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        if file is not None:
            with workspace.locked("records evidence"):
                recorded = record_file(workspace, file)
            if not recorded:
                raise unknown_name("document", file, [one.document for one in claims_of(workspace)])
        found = audit_consent(workspace)
    session.show("consentric.evidence/1", {"claims": claims_json(found)}, claims_text(found))


def _draft(session: Session, workspace: Workspace, purpose: str | None, out: Path | None) -> None:
    from consentric.app.lia_facts import lia_facts
    from consentric.app.render.lia import worksheet
    from consentric_privacy.assessment import UNANSWERED
    from consentric_privacy.files import write_atomic

    if out is not None and out.exists():
        raise ConfigError(
            f'"{out.name}" is there already, and may hold answers',
            hint="name another file",
            happened="nothing was written.",
            code="CS263",
        )
    text = worksheet(lia_facts(workspace, purpose), lang=session.lang)
    questions = text.count(f"- {UNANSWERED}")
    said = text
    if out is not None:
        write_atomic(out, text.encode())
        said = f"{out.name}: {questions} questions to answer; {_after_answers(workspace, out.name)}"
    session.show("consentric.lia_draft/1", {"questions": questions, "text": text}, said)


def _after_answers(workspace: Workspace, file: str) -> str:
    """What follows once a worksheet is answered: signing it, if a purpose names the file already."""
    if any(one.assessment == f"file:{file}" for one in workspace.settings.purpose):
        return f'then  consentric records lia --sign {file} --by "NAME"'
    return f'then name it in [[purpose]] as  assessment = "file:{file}"'


def _sign(session: Session, workspace: Workspace, file: str, by: str | None) -> None:
    from consentric.app.assessments import assessments_of, sign_file

    name = by or (click.prompt("Signed by", err=True) if session.is_terminal() else "")
    if not name.strip():
        raise click.UsageError("--by must say who signs")
    with workspace.locked("records lia"):
        signed = sign_file(workspace, file, by=name)
    if not signed:
        raise unknown_name("assessment", file, [one.file for one in assessments_of(workspace)])
