"""`consentric pull`, `segment` and `sync`: the stages a machine runs."""

from __future__ import annotations

from dataclasses import asdict

import click

from consentric.app.session import current_session


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.pass_context
def pull(ctx: click.Context, sources: tuple[str, ...], *, full: bool) -> None:
    """Read what changed in the CRMs, and decide again about consent.

    Addresses and names are turned into keyed fingerprints in memory; no file ever holds them.

    \b
    Examples:
      consentric pull
      consentric pull hubspot --full
    """
    from consentric.app import stages
    from consentric.app.messages import fields
    from consentric.app.render.pull import failure_lines, pulls_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        reading = stages.pull(workspace, connections=sources, full=full, progress=work.progress)
    data = {
        "pulls": [one.as_json() for one in reading.pulls],
        "failures": {name: fields(error) for name, error in reading.failures.items()},
    }
    text = "\n".join([pulls_text(reading.pulls), *failure_lines(reading.failures)])
    session.show("consentric.pull/1", data, text)
    ctx.exit(0 if reading.is_whole else 3)


@click.command()
def segment() -> None:
    """Compute the segments of whoever may be segmented; needs no key and no vault.

    Days are calendar days of [time] zone; without --as-of the last complete one counts.

    \b
    Examples:
      consentric segment
      consentric segment --as-of 2026-06-15
    """
    from consentric.app import stages
    from consentric.app.outlets import segment_sets
    from consentric.app.render.segments import segments_text, titles_of
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        report = stages.segment(workspace, as_of=session.as_of, progress=work.progress)
        titles = titles_of(segment_sets(workspace), session.lang)
    session.show("consentric.segment/1", asdict(report), segments_text(report, titles))


@click.command()
@click.argument("job", metavar="[JOB]", default="sync")
@click.option("--dry-run", is_flag=True, help="Stop before anything is written to a CRM.")
@click.pass_context
def sync(ctx: click.Context, job: str, *, dry_run: bool) -> None:
    """What a timer calls: every night the whole way, every hour what people forbade.

    Without JOB, or as "sync": pull, segment, plan and apply. A destination whose brake holds gets nothing
    but the removals that people asked for themselves.
    As "consents": read what people forbade since the last run and take their labels off, in every
    destination. Nothing is added, moved or computed.

    \b
    Examples:
      consentric sync --dry-run
      consentric sync consents
    """
    from consentric.app.jobs import run_dry, run_job
    from consentric.app.messages import unknown_name
    from consentric.app.timetable import JOBS

    if job not in JOBS:
        raise unknown_name("job", job, list(JOBS))
    ctx.exit(run_dry(current_session(), job) if dry_run else run_job(current_session(), job))
