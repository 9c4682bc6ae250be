"""`consentric sandbox`: runs pretend CRMs for a person, or takes them back to their beginning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .companies.command import company
from .vendors import VENDORS, vendor, vendors_in

if TYPE_CHECKING:
    from datetime import datetime

ALL = "all"
_FOLDER = click.argument(
    "folder", default="sandbox", type=click.Path(file_okay=False, path_type=Path, resolve_path=True)
)
_CRM = click.option(
    "--crm",
    "crms",
    multiple=True,
    type=click.Choice((*VENDORS, ALL)),
    help="Which pretend CRM; may be repeated. Otherwise those in FOLDER, and all when it is empty.",
)


@click.group(help="Pretend CRMs on this machine, over real HTTPS.")
def sandbox() -> None:
    """Groups the commands; does nothing itself."""


sandbox.add_command(company)


@sandbox.command()
@_FOLDER
@_CRM
@click.option(
    "--people",
    type=click.IntRange(20, 2469),
    metavar="N",
    help="Fill an empty FOLDER: N invented households in all three CRMs, a workspace, and answers for init.",
)
def up(folder: Path, crms: tuple[str, ...], people: int | None) -> None:
    """Run the pretend CRMs in FOLDER until Ctrl-C; empty ones are made when there are none.

    \b
    Example:
      consentric sandbox up pretend --people 300
    """
    from threading import Event

    from .demo_world import clock_of, fill

    if people is not None and not vendors_in(folder):
        click.echo(f"Making {people} invented households ...")
        fill(folder, households=people)
    with ExitStack() as served:
        for name in _chosen(folder, crms):
            click.echo(_serve(served, name, folder, clock_of(folder)))
        if (folder / "workspace").is_dir():
            click.echo(_first_steps(folder / "workspace", clock_of(folder)()))
        click.echo("Ctrl-C ends them and saves what was written.")
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo("\nSaved.")


@sandbox.command()
@_FOLDER
@_CRM
def reset(folder: Path, crms: tuple[str, ...]) -> None:
    """Take the pretend CRMs in FOLDER back to how they were made, and forget their logs."""
    for name in _chosen(folder, crms):
        chosen = vendor(name)
        served = chosen.sandbox()
        if not (folder / served.files.state).exists():
            chosen.make_empty(folder)
            click.echo(f"Made an empty {served.title} in {folder}.")
            continue
        with served.claim(folder):  # a server would save over it when it ends
            is_reset = served.files.reset(folder)
        done = "is as it was made" if is_reset else "had not changed"
        click.echo(f"The pretend {served.title} in {folder} {done}.")


def _chosen(folder: Path, crms: tuple[str, ...]) -> tuple[str, ...]:
    if ALL in crms:
        return VENDORS
    return tuple(dict.fromkeys(crms)) or vendors_in(folder) or VENDORS


def _serve(served: ExitStack, name: str, folder: Path, clock: Callable[[], datetime]) -> str:
    """Begins to serve a CRM; says where it is, and how a configuration uses it."""
    chosen = vendor(name)
    one = chosen.sandbox()
    made = ""
    if not (folder / one.files.state).exists():
        chosen.make_empty(folder)
        made = f"Made an empty {one.title}.\n"
    endpoint = served.enter_context(one.serve_alone(folder, clock=clock))
    lines = (
        f"{one.title} listens at".ljust(23) + endpoint.base_url,
        f"its authority is       {endpoint.ca_file}",
        f"the token stands in    {folder / one.files.token}",
    )
    return made + "\n".join(lines) + f"\n\n{chosen.example(folder)}"


def _first_steps(workspace: Path, now: datetime) -> str:
    from .ready_answers import how_to_use

    return (
        f"A whole configuration that reads them lies in {workspace}. In another terminal:\n"
        f"  cd {workspace}\n"
        '  consentric records lia --sign assessment.md --by "your name"\n'
        "  consentric pull && consentric segment && consentric plan\n"
        f"The clock of these CRMs stands at {now:%Y-%m-%d}, and so does that configuration's. A workspace\n"
        f"of yours that uses them needs the same:  [clock] at = {now:%Y-%m-%dT%H:%M:%SZ}\n\n"
        f"{how_to_use(workspace.parent)}"
    )
