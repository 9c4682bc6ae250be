"""One job as a timer calls it: run, shown, and told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click

from consentric.sdk.errors import ConsentricError, LockedError

from .config import read_config
from .lock import holder_of
from .messages import INTERRUPTED
from .notify import DEFECT, Notifier
from .session import Session
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a job that came to its end ended."""

    exit_code: int
    is_braked: bool = False
    """A plan waits for an approval."""


def run_job(session: Session, job: str) -> int:
    """Runs a job, shows its report, gives its exit code; tells `[notify]` how it went, whichever way.

    Raises:
        ConsentricError: What kept the job from its end.
    """
    notifier = notifier_of(session)
    if holder_of(session.folder) is None:  # else another run is at work, and has told so
        notifier.started(job)
    try:
        done = _JOBS[job](session, is_dry=False)
    except LockedError:
        raise
    except ConsentricError as error:
        notifier.ended(job, error.exit_code, error=error.code)
        raise
    except KeyboardInterrupt:
        notifier.ended(job, INTERRUPTED)
        raise
    except Exception:
        notifier.ended(job, DEFECT)
        raise
    notifier.ended(job, done.exit_code, is_braked=done.is_braked)
    if job == "sync":
        _mail_report(session)
    return done.exit_code


def run_dry(session: Session, job: str) -> int:
    """Runs a job up to where it would write, shows its report, gives its exit code; nobody is told."""
    return _JOBS[job](session, is_dry=True).exit_code


def notifier_of(session: Session) -> Notifier:
    """Who is told, as the configuration says."""
    config = read_config(session.config)
    return Notifier(
        config.settings.notify, folder=config.folder, tell=lambda text: click.echo(text, err=True)
    )


def _mail_report(session: Session) -> None:
    """The report goes out after the nightly run; a run that is done stays done whatever becomes of it."""
    with Workspace.open_stores(session.config) as workspace:
        if workspace.settings.report.to is None:
            return
        from .report.mailing import mail_report_if_due

        mail_report_if_due(workspace, tell=lambda text: click.echo(text, err=True))


def _sync(session: Session, *, is_dry: bool) -> Done:
    from . import stages
    from .outlets import segment_sets
    from .render.segments import titles_of
    from .render.sync import sync_text

    with Workspace.open(session.config) as workspace, session.working() as work:
        report = stages.sync(
            workspace,
            dry_run=is_dry,
            as_of=session.as_of,
            progress=work.progress,
            should_stop=work.should_stop,
        )
        titles = titles_of(segment_sets(workspace), session.lang)
    session.show("consentric.sync/1", report.as_json(), sync_text(report, titles))
    return Done(
        exit_code=report.exit_code,
        is_braked=any(one.brake and one.has_changes for one in report.plans),
    )


def _consents(session: Session, *, is_dry: bool) -> Done:
    from .consents import sync_consents
    from .render.consents import consents_text

    with Workspace.open(session.config) as workspace, session.working() as work:
        report = sync_consents(
            workspace, dry_run=is_dry, progress=work.progress, should_stop=work.should_stop
        )
    session.show("consentric.consents/1", report.as_json(), consents_text(report))
    return Done(exit_code=report.exit_code)


_JOBS: dict[str, Callable[..., Done]] = {"sync": _sync, "consents": _consents}
