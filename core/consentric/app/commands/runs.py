"""`consentric status` and `runs`: what ran, how it ended, and what a CRM refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from consentric.app.messages import unknown_name
from consentric.app.session import Session, current_session

if TYPE_CHECKING:
    from consentric.control.store import ControlStore


@click.command()
def status() -> None:
    """When each job last ran, and how it ended; for people, and with --json for a monitor.

    Example:  consentric status --json
    """
    from consentric.app.config import read_config
    from consentric.app.doctor import utc_now
    from consentric.app.render.status import status_text
    from consentric.app.status import status_of
    from consentric.app.timetable import Timetable

    session = current_session()
    settings = read_config(session.config).settings
    now = settings.clock.at if settings.clock is not None else utc_now()
    report = status_of(session.folder, now=now, timetable=Timetable.of(settings))
    session.show("consentric.status/1", report.as_json(), status_text(report))


@click.group()
def runs() -> None:
    """Past runs and what became of every record.

    Example:  consentric runs list
    """


@runs.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
def list_runs(*, limit: int) -> None:
    """The latest runs, newest first.

    Example:  consentric runs list --limit 50
    """
    from consentric.app.render.table import table
    from consentric.control import runs as stored

    session = current_session()
    with _control(session) as store:
        found = stored.list_runs(store, limit=limit) if store is not None else []
    rows = [(run.id, run.job, run.state, _instant(run.started), _instant(run.ended)) for run in found]
    data = {"runs": [dict(zip(("id", "job", "state", "started", "ended"), row, strict=True)) for row in rows]}
    session.show("consentric.runs/1", data, table(("run", "job", "state", "started", "ended"), rows))


@runs.command()
@click.argument("run_id", metavar="RUN")
def show(run_id: str) -> None:
    """One run with its counts.

    Example:  consentric runs show 2026-11-21T02-00-00Z
    """
    from consentric.control import runs as stored

    session = current_session()
    with _control(session) as store:
        found = {run.id: run for run in stored.list_runs(store, limit=10_000)} if store is not None else {}
    if run_id not in found:
        raise unknown_name("run", run_id, list(found))
    run = found[run_id]
    head = f"{run.id}   {run.job}   {run.state}   {_instant(run.started)} to {_instant(run.ended)}"
    lines = [head, f"  version {run.engine_version}, configuration {run.config_hash[:12]}"]
    lines += [f"  {name:<20}{value}" for name, value in run.summary.items()]
    data = {
        "id": run.id,
        "job": run.job,
        "state": run.state,
        "started": _instant(run.started),
        "ended": _instant(run.ended),
        "engine_version": run.engine_version,
        "config_hash": run.config_hash,
        "summary": dict(run.summary),
    }
    session.show("consentric.run/1", data, "\n".join(lines))


@runs.command()
@click.argument("plan_id", metavar="PLAN")
@click.option(
    "--status",
    "states",
    multiple=True,
    type=click.Choice(["written", "withheld", "rejected", "not finished"]),
    help="Only records that ended so; may be given more than once.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, for a spreadsheet.")
def rows(plan_id: str, *, states: tuple[str, ...], as_csv: bool) -> None:
    """What a plan does with each record, and why; records are named as the CRM names them.

    Example:  consentric runs rows 7f3a --status withheld --csv
    """
    from consentric.app.plan_rows import COLUMNS, csv_text, read_rows
    from consentric.app.render.table import table
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = read_rows(
            workspace.folder,
            plan_id,
            store=workspace.control,
            links=workspace.vault.links,
            states=states,
        )
    data = {"plan": plan_id, "rows": [dict(zip(COLUMNS, row, strict=True)) for row in found]}
    text = csv_text(found) if as_csv else table(COLUMNS, found)
    session.show("consentric.rows/1", data, text)


@runs.command()
@click.argument("destination", metavar="[DEST]", default="")
def errors(destination: str) -> None:
    """Labels that a CRM refused, over all runs, with the vendor's own word for it.

    Example:  consentric runs errors hubspot-prod
    """
    from consentric.app.render.table import table

    session = current_session()
    head = ("destination", "target", "reason", "vendor", "records", "last")
    with _control(session) as store:
        found = _refused(store, destination) if store is not None else []
    data = {"errors": [dict(zip(head, row, strict=True)) for row in found]}
    session.show("consentric.errors/1", data, table(head, found))


def _refused(store: ControlStore, destination: str) -> list[tuple[object, ...]]:
    return list(
        store.connection.execute(
            "SELECT destination, target, reason_code, vendor_code, count(*), max(last) FROM dead"
            " WHERE ? IN ('', destination) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2",
            (destination,),
        )
    )


@contextmanager
def _control(session: Session) -> Iterator[ControlStore | None]:
    """The control store for reading, or None where nothing ever ran."""
    from consentric.app.config import read_config
    from consentric.app.control_reading import existing_control

    with existing_control(read_config(session.config).folder) as store:
        yield store


def _instant(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else ""
