"""`consentric doctor`: is everything in order, and if not, what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from consentric.app.session import current_session

if TYPE_CHECKING:
    from consentric.app.config import Config
    from consentric.app.doctor import Check
    from consentric.sdk.contracts import Connector


@click.command()
@click.option("--only", metavar="NAME", help="One check or one connection.")
@click.pass_context
def doctor(ctx: click.Context, only: str | None) -> None:
    """Check files, keys, plugins, disk, clock and every connection; read only.

    \b
    Examples:
      consentric doctor
      consentric doctor --only hubspot
    """
    from consentric.app.doctor import examine, utc_now
    from consentric.app.render.table import table

    session = current_session()
    checks = examine(session.config, now=utc_now(), open_connector=_open_connector, only=only)
    failed = [check for check in checks if check.state == "failed"]
    lines = [table(("", "check", "finding"), [(c.state, c.name, c.finding) for c in checks])]
    warnings = [check for check in checks if check.state == "warning"]
    lines += [f"fix for {check.name}: {check.fix}" for check in (*failed, *warnings) if check.fix]
    counts = [_count(failed, "finding")] if failed else []
    counts += [_count(warnings, "warning")] if warnings else []
    lines.append(", ".join(counts) or "Everything is in order.")
    session.show("consentric.doctor/1", {"checks": [check.as_json() for check in checks]}, "\n".join(lines))
    ctx.exit(5 if failed else 0)


def _count(checks: list[Check], word: str) -> str:
    return f"1 {word}" if len(checks) == 1 else f"{len(checks)} {word}s"


@contextmanager
def _open_connector(config: Config, name: str) -> Iterator[Connector]:
    from consentric.app.connecting import Connections
    from consentric.app.workspace import Workspace

    with Workspace(config) as workspace:
        connections = Connections(workspace)
        try:
            yield connections.connector(name)
        finally:
            connections.close()
