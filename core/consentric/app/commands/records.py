"""`consentric records`: what the controller must be able to show."""

from __future__ import annotations

import click

from consentric.app.messages import unknown_name
from consentric.app.session import current_session


@click.group()
def records() -> None:
    """What the controller must be able to show.

    Example:  consentric records lia
    """


@records.command()
@click.option("--sign", "file", metavar="FILE", help="Sign this assessment, as a purpose names it.")
@click.option("--by", metavar="NAME", help="Who signs it; asked for when left out.")
def lia(file: str | None, by: str | None) -> None:
    """The balancing tests of legitimate interest, and whether they are signed.

    A purpose that rests on legitimate interest allows nothing until its assessment is signed (GDPR
    art. 6(1)(f)); it counts as long as the file does not change.

    \b
    Examples:
      consentric records lia
      consentric records lia --sign lia-2026.pdf --by "J. Martin, DPO"
    """
    from consentric.app.assessments import assessments_of, sign_file
    from consentric.app.render.table import table
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace:
        if file is not None:
            name = by or (click.prompt("Signed by", err=True) if session.is_terminal() else "")
            if not name.strip():
                raise click.UsageError("--by must say who signs")
            with workspace.locked("records lia"):
                signed = sign_file(workspace, file, by=name)
            if not signed:
                known = [one.file for one in assessments_of(workspace)]
                raise unknown_name("assessment", file, known)
        found = assessments_of(workspace)
    rows = [(one.purpose, one.file, "signed" if one.is_signed else "NOT SIGNED") for one in found]
    data = {"assessments": [{"purpose": o.purpose, "file": o.file, "is_signed": o.is_signed} for o in found]}
    session.show("consentric.lia/1", data, table(("purpose", "assessment", ""), rows))
