"""`consentric plan`, `approve` and `apply`: what would be written, and writing it."""

from __future__ import annotations

import getpass

import click

from consentric.app.session import current_session


@click.command()
@click.argument("destinations", nargs=-1, metavar="[DEST]...")
@click.option(
    "--canary", type=click.IntRange(min=1), metavar="N", help="Only the first N records with changes."
)
@click.option("--only", default="", metavar="SEGMENT", help="Only what enters, moves to or leaves a segment.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Show N records of each group.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 10 when changes are pending.")
@click.pass_context
def plan(
    ctx: click.Context,
    destinations: tuple[str, ...],
    *,
    canary: int | None,
    only: str,
    sample: int | None,
    detailed_exitcode: bool,
) -> None:
    """Show what would be written to the CRMs; write nothing.

    The plan is sealed: `apply` writes exactly it, once, and refuses it when the data has moved on.
    With --canary or --only it is a part: apply it, look at it in the CRM, then plan the rest. Whoever said
    no is in every part.

    \b
    Examples:
      consentric plan
      consentric plan --canary 50
      consentric plan --only "At risk" --sample 5
      consentric plan hubspot-prod --as-of 2026-06-15
    """
    from consentric.app import stages
    from consentric.app.outlets import segment_sets
    from consentric.app.plan_samples import samples_json, samples_of
    from consentric.app.render.plan import plans_text
    from consentric.app.render.segments import titles_of
    from consentric.app.stages import PARTLY
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        planning = stages.plan(
            workspace,
            destinations=destinations,
            as_of=session.as_of,
            canary=canary,
            only=only,
            progress=work.progress,
        )
        samples = samples_of(workspace, planning.plans, sample) if sample else {}
        titles = titles_of(segment_sets(workspace), session.lang)
    data = planning.as_json() | ({"samples": samples_json(samples)} if sample else {})
    session.show("consentric.plans/1", data, plans_text(planning, titles, samples))
    if any(report.refused for report in planning.plans):
        ctx.exit(2)
    if planning.failures:
        ctx.exit(PARTLY)
    is_pending = any(report.has_changes for report in planning.plans)
    ctx.exit(10 if detailed_exitcode and is_pending else 0)


@click.command()
@click.argument("plan_id", metavar="PLAN")
@click.option("--reason", required=True, help="Why so many changes are right; it is kept in the audit log.")
def approve(plan_id: str, *, reason: str) -> None:
    """Lift the brake for one plan, with a reason that is kept.

    Example:  consentric approve 7f3a --reason "new shop imported, 4 000 people expected"
    """
    from consentric.app import stages
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        stages.approve(workspace, plan_id, reason, by=getpass.getuser())
    text = f"Plan {plan_id} is approved; the brake will let it pass.\nNext:  consentric apply {plan_id}"
    session.show("consentric.approve/1", {"plan": plan_id}, text)


@click.command()
@click.argument("plan_id", metavar="PLAN")
@click.pass_context
def apply(ctx: click.Context, plan_id: str) -> None:
    """Write a plan to its CRM; refuses one that is stale, used or altered.

    Consent is read and decided again right before: whoever said no since the plan gets no label.

    Example:  consentric apply 7f3a
    """
    from consentric.app import stages
    from consentric.app.render.apply import apply_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        report = stages.apply(workspace, plan_id, progress=work.progress, should_stop=work.should_stop)
    session.show("consentric.apply/1", report.as_json(), apply_text(report))
    ctx.exit(report.exit_code)
