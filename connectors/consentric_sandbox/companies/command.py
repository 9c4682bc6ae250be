"""`consentric sandbox company`: the pretend CRMs of an invented company."""

from __future__ import annotations

from pathlib import Path

import click

from .names import COMPANIES


@click.command()
@click.argument("name", type=click.Choice(COMPANIES))
@click.argument("folder", default="crm", type=click.Path(file_okay=False, path_type=Path))
@click.option("--people", default=300, show_default=True, type=click.IntRange(1, 100_000), metavar="N")
def company(name: str, folder: Path, people: int) -> None:
    """Make the pretend CRMs of an invented company in FOLDER; those of an earlier time are replaced.

    The company's answers to `consentric init` lie in examples/NAME/answers.toml.

    \b
    Example:
      consentric sandbox company imported-mess crm
    """
    from datetime import UTC, datetime

    from .company import make_company

    made = make_company(name, folder, people=people, now=datetime.now(UTC))
    click.echo(f"Made {people} invented people of {name} in {folder}: {', '.join(made)}.")
