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
    from consentric.app.render.pull import pulls_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.progress() as progress:
        reports = stages.pull(workspace, connections=sources, full=full, progress=progress)
    session.show("consentric.pull/1", {"pulls": [one.as_json() for one in reports]}, pulls_text(reports))
    ctx.exit(0 if all(one.is_complete for one in reports) else 3)


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
    from consentric.app.render.segments import segments_text, titles_of
    from consentric.app.workspace import Workspace
    from consentric.segments.sets import assemble

    session = current_session()
    with Workspace.open(session.config) as workspace, session.progress() as progress:
        report = stages.segment(workspace, as_of=session.as_of, progress=progress)
        titles = titles_of(assemble(workspace.settings.segment_set, workspace.settings.segment), session.lang)
    session.show("consentric.segment/1", asdict(report), segments_text(report, titles))


@click.command()
@click.argument("job", default="sync", type=click.Choice(["sync", "consents"]))
@click.option("--dry-run", is_flag=True, help="Stop after the plan; write nothing to a CRM.")
@click.pass_context
def sync(ctx: click.Context, job: str, *, dry_run: bool) -> None:
    """Pull, segment, plan and apply in one go: what a timer calls.

    The job `consents` reads denials only and takes labels off; it adds nothing.

    \b
    Examples:
      consentric sync --dry-run
      consentric sync consents
    """
    from consentric.app import stages
    from consentric.app.render.sync import sync_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.progress() as progress:
        report = stages.sync(workspace, job=job, dry_run=dry_run, progress=progress)
    session.show("consentric.sync/1", report.as_json(), sync_text(report))
    ctx.exit(report.exit_code)
