"""`consentric sandbox`: runs a pretend CRM for a person, or takes one back to its beginning."""

from __future__ import annotations

from pathlib import Path

import click

from .companies.command import company
from .vendors import VENDORS, vendor

_FOLDER = click.argument(
    "folder", default="sandbox", type=click.Path(file_okay=False, path_type=Path, resolve_path=True)
)
_CRM = click.option(
    "--crm", default="hubspot", show_default=True, type=click.Choice(VENDORS), help="Which pretend CRM."
)


@click.group(help="Pretend CRMs on this machine, over real HTTPS.")
def sandbox() -> None:
    """Groups the commands; does nothing itself."""


sandbox.add_command(company)


@sandbox.command()
@_FOLDER
@_CRM
def up(folder: Path, crm: str) -> None:
    """Run the pretend CRM in FOLDER until Ctrl-C; an empty one is made when there is none."""
    from datetime import UTC, datetime
    from threading import Event

    chosen = vendor(crm)
    served = chosen.sandbox()
    if not (folder / served.files.state).exists():
        chosen.make_empty(folder)
        click.echo(f"Made an empty {served.title}.")
    with served.serve_alone(folder, clock=lambda: datetime.now(UTC)) as endpoint:
        click.echo(f"{served.title} listens at".ljust(20) + f" {endpoint.base_url}")
        click.echo(f"Its authority is     {endpoint.ca_file}")
        click.echo(f"The token stands in  {folder / served.files.token}\n")
        click.echo(chosen.example(folder))
        click.echo("Ctrl-C ends it and saves what was written.")
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo("\nSaved.")


@sandbox.command()
@_FOLDER
@_CRM
def reset(folder: Path, crm: str) -> None:
    """Take the pretend CRM in FOLDER back to how it was made, and forget its log."""
    chosen = vendor(crm)
    served = chosen.sandbox()
    if not (folder / served.files.state).exists():
        chosen.make_empty(folder)
        click.echo(f"Made an empty {served.title} in {folder}.")
        return
    with served.claim(folder):  # a server would save over it when it ends
        if served.files.reset(folder):
            click.echo(f"{folder} is as it was made.")
        else:
            click.echo(f"{folder} had not changed.")
