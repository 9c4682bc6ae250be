"""`consentric sandbox`: runs a pretend HubSpot for a person, or takes one back to its beginning."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.argument(
    "folder", default="sandbox", type=click.Path(file_okay=False, path_type=Path, resolve_path=True)
)


@click.group(help="Pretend CRMs on this machine, over real HTTPS.")
def sandbox() -> None:
    """Groups the commands; does nothing itself."""


@sandbox.command()
@_FOLDER
def up(folder: Path) -> None:
    """Run the pretend HubSpot in FOLDER until Ctrl-C; an empty one is made when there is none."""
    from datetime import UTC, datetime
    from threading import Event

    from .hubspot import sandbox as hubspot
    from .hubspot.snapshot import FILE, TOKEN_FILE, save
    from .hubspot.state import HubSpotState

    if not (folder / FILE).exists():
        save(HubSpotState(), folder)
        click.echo("Made an empty portal.")
    with hubspot().serve_alone(folder, clock=lambda: datetime.now(UTC)) as endpoint:
        click.echo(f"HubSpot listens at   {endpoint.base_url}")
        click.echo(f"Its authority is     {endpoint.ca_file}")
        click.echo(f"The token stands in  {folder / TOKEN_FILE}\n")
        click.echo(example(folder))
        click.echo("Ctrl-C ends it and saves what was written.")
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo("\nSaved.")


@sandbox.command()
@_FOLDER
def reset(folder: Path) -> None:
    """Take the pretend HubSpot in FOLDER back to how it was made, and forget its log."""
    from .hubspot import sandbox as hubspot
    from .hubspot.snapshot import FILE, save
    from .hubspot.snapshot import reset as take_back
    from .hubspot.state import HubSpotState

    if not (folder / FILE).exists():
        save(HubSpotState(), folder)
        click.echo(f"Made an empty portal in {folder}.")
        return
    with hubspot().claim(folder):  # a server would save over it when it ends
        if take_back(folder):
            click.echo(f"{folder} is as it was made.")
        else:
            click.echo(f"{folder} had not changed.")


def example(folder: Path) -> str:
    """The part of a configuration that uses this folder; such a connection starts the server itself."""
    return (
        "[connections.hubspot]\n"
        'connector = "hubspot"\n'
        f'sandbox = "{folder}"\n'
        f'token = "file:{folder / "hubspot.token"}"\n'
    )
