"""The hooks of a package that knows nothing of the checkout it is tested in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from consentric import hookimpl


@hookimpl
def register_connectors() -> list[type]:
    """Gives the connector."""
    from .connector import GuildConnector

    return [GuildConnector]


@hookimpl
def register_writers() -> list[type]:
    """Gives the writer."""
    from .writer import GuildWriter

    return [GuildWriter]


@hookimpl
def register_commands(cli: Any) -> None:
    """Adds `consentric guild`."""
    import click

    @click.command(help="Say the motto of the guild.")
    def guild() -> None:
        click.echo("By hammer and hand")

    cli.add_command(guild)


@hookimpl
def run_finished(report: dict[str, Any]) -> None:
    """Keeps a diary of runs beside the configuration, and once in a while has a bad day."""
    if Path("bad-day").exists():
        raise RuntimeError("ink of ada@example.org ran out")
    with Path("diary.txt").open("a", encoding="utf-8") as diary:
        diary.write(f"{report['job']} {report['state']} {sorted(report['summary'])}\n")
