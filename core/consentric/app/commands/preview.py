"""`consentric preview`: the beginning of every CRM, segmented in stores that are taken away again."""

from __future__ import annotations

import click

from consentric.app.session import current_session


@click.command()
@click.option(
    "--people",
    type=click.IntRange(1, 10_000),
    default=1_000,
    show_default=True,
    metavar="N",
    help="Read so many people of each connection at most.",
)
@click.pass_context
def preview(ctx: click.Context, people: int) -> None:
    """Read the beginning of each CRM, and show who may be segmented and labelled; keep nothing.

    For the time before a first whole read. Every stream is bounded; nothing is written to a CRM or to
    the stores of this workspace, and what was read is taken away at the end, also after Ctrl-C.

    \b
    Examples:
      consentric preview
      consentric preview --people 200
    """
    from consentric.app.messages import interrupted
    from consentric.app.outlets import segment_sets
    from consentric.app.preview import preview as make_preview
    from consentric.app.render.preview import preview_text
    from consentric.app.render.segments import titles_of
    from consentric.app.workspace import Workspace

    session = current_session()
    try:
        with Workspace.open(session.config) as workspace, session.working() as work:
            found = make_preview(workspace, people=people, as_of=session.as_of, progress=work.progress)
            titles = titles_of(segment_sets(workspace), session.lang)
    except KeyboardInterrupt:
        error = interrupted()
        error.happened, error.hint = "nothing is left of the preview.", "run it again"
        raise error from None
    session.show("consentric.preview/1", found.as_json(), preview_text(found, titles))
    ctx.exit(0 if not found.reading.failures else 3)
