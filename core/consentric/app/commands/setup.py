"""`consentric setup`: what a destination needs in its CRM, and creating what can be created."""

from __future__ import annotations

import click

from consentric.app.session import Session, current_session


@click.command()
@click.argument("destination", metavar="DEST")
@click.option(
    "--create", "is_create", is_flag=True, help="Create what is missing, as far as the CRM lets us."
)
@click.option("--yes", "is_confirmed", is_flag=True, help="With --create: do not ask.")
@click.pass_context
def setup(ctx: click.Context, destination: str, *, is_create: bool, is_confirmed: bool) -> None:
    """Show what a destination needs in its CRM, and what is missing; read only without --create.

    Fields, lists or tags, and the scopes and rights of our user; what only an admin of the CRM can make
    comes with every step. Nobody gets a label by it: that is what plan and apply are for.

    \b
    Examples:
      consentric setup hubspot-prod
      consentric setup hubspot-prod --create
    """
    from consentric.app import destination_setup
    from consentric.app.render.setup import setup_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace:
        found = destination_setup.look(workspace, destination)
        if is_create and found.creatable:
            if not is_confirmed:
                _confirm(session, setup_text(found), destination)
            with session.working() as work:
                tell = click.echo if not session.is_json else _say_nothing
                found = destination_setup.create(workspace, destination, progress=work.progress, tell=tell)
    session.show("consentric.setup/1", found.as_json(), setup_text(found))
    ctx.exit(3 if is_create and found.missing else 0)


def _confirm(session: Session, text: str, destination: str) -> None:
    if not session.is_terminal():
        raise click.UsageError("--create changes the CRM: say --yes where nobody can be asked")
    click.echo(text, err=True)
    if click.prompt("Type the name of the destination to create this", err=True) != destination:
        raise click.UsageError("the name that was typed is another one, so nothing was created")


def _say_nothing(_line: str) -> None:
    """One JSON object is all that a program reads."""
