"""`consentric schedule`: timers for both jobs, by systemd, by cron, or in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from consentric.app.session import Session, current_session
from consentric.sdk.errors import ConfigError

if TYPE_CHECKING:
    from consentric.app.config import Config
    from consentric.app.timetable import Timetable
    from consentric.app.units import Service

Kind = Literal["systemd", "cron"]
PARTLY = 3
_JOBS_EXAMPLE = '[jobs] consents = "hourly" and sync = "02:00"'
CRON_FILE = "consentric.cron"

_systemd_flag = click.option(
    "--systemd", "kind", flag_value="systemd", help="Units of systemd (the default)."
)
_cron_flag = click.option("--cron", "kind", flag_value="cron", help="Lines for a crontab.")
_scope_option = click.option(
    "--system/--user",
    "is_system",
    default=None,
    help="Units of the machine or of the user's own manager; by default as who calls: root or not.",
)


@click.group()
def schedule() -> None:
    """Call both jobs by the clock: sync every night, sync consents every hour.

    When, says [jobs] of the configuration; in which time zone, [time].

    Example:  consentric schedule next
    """


@schedule.command()
@_systemd_flag
@_cron_flag
@_scope_option
def show(kind: Kind | None, *, is_system: bool | None) -> None:
    """Print what install would write.

    Example:  consentric schedule show --cron
    """
    from consentric.app.schedule_files import marked

    session = current_session()
    if not _has_jobs(session):
        said = f"No timers yet: no job has a time.\nNext:  in config.toml  {_JOBS_EXAMPLE}"
        session.show("consentric.schedule/1", {"files": {}}, said)
        return
    files = _files(session, kind or "systemd", is_system=is_system)
    text = "\n".join(f"# {name}\n{text}" for name, text in files.items()).rstrip()
    session.show("consentric.schedule/1", {"files": {name: marked(t) for name, t in files.items()}}, text)


@schedule.command()
@_systemd_flag
@_cron_flag
@_scope_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--force", is_flag=True, help="Replace files that were changed by hand.")
@click.pass_context
def install(
    ctx: click.Context, kind: Kind | None, out: Path | None, *, is_system: bool | None, force: bool
) -> None:
    """Write the files, and say what to run next; nothing is enabled.

    A file that was changed by hand is kept, and named (exit 3).

    \b
    Examples:
      consentric schedule install --systemd
      consentric schedule install --cron --out .
    """
    from consentric.app.schedule_files import install_files

    session = current_session()
    kind = kind or "systemd"
    as_system = _as_system(is_system)
    files = _files(session, kind, is_system=as_system)
    folder = out or _usual_folder(session, kind, as_system=as_system)
    try:
        installed = install_files(files, folder, is_forced=force)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be written: {error.strerror}",
            hint="name another folder with --out, or call it as a user who may write there",
            happened="what was written before it stays; nothing was enabled.",
            code="CS282",
        ) from None
    lines = [f"{one.outcome:<10}{one.path}" for one in installed]
    kept = [one for one in installed if one.outcome == "kept"]
    if kept:
        lines.append("Files that were changed by hand are kept; --force replaces them.")
    following = _next_commands(session, kind, folder, as_system=as_system)
    data = {"files": [one.as_json() for one in installed], "next": following}
    session.show("consentric.schedule_install/1", data, "\n".join([*lines, "Next:", *following]))
    ctx.exit(PARTLY if kept else 0)


@schedule.command("next")
@click.option("--count", type=click.IntRange(1, 100), default=3, show_default=True, help="Times of each job.")
def next_times(*, count: int) -> None:
    """When each job is due next.

    Example:  consentric schedule next --count 5
    """
    from consentric.app.doctor import utc_now

    session = current_session()
    config = _config(session)
    timetable = _timetable(config)
    pinned = config.settings.clock
    now = pinned.at if pinned is not None else utc_now()
    times: dict[str, list[str]] = {}
    lines = []
    for job in timetable.jobs:
        due = now
        for _ in range(count):
            due = timetable.next_due(job, due)
            times.setdefault(job, []).append(due.strftime("%Y-%m-%dT%H:%M:%SZ"))
            lines.append(f"{job:<10}{due.astimezone(timetable.zone):%Y-%m-%d %H:%M}  {timetable.zone.key}")
    session.show("consentric.schedule_next/1", {"zone": timetable.zone.key, "next": times}, "\n".join(lines))


@schedule.command()
@click.pass_context
def run(ctx: click.Context) -> None:
    """Stay, and run both jobs when they are due, one at a time; for containers.

    What was missed while it was not there runs once at the start. A stop signal lets the batch in flight
    end: then the exit code is 0, or 75 when the run is to be taken up again.

    Example:  consentric schedule run
    """
    from queue import SimpleQueue

    from consentric.app.doctor import utc_now
    from consentric.app.interruption import interruptible
    from consentric.app.timekeeper import keep_time, missed_jobs, run_and_report, scheduled
    from consentric.app.timetable import JobName

    session = current_session()
    timetable = _timetable(_config(session))
    waiting: SimpleQueue[JobName] = SimpleQueue()
    with interruptible() as interruption, scheduled(timetable, waiting):
        for job in missed_jobs(session, timetable, now=utc_now()):
            waiting.put(job)
        click.echo(f"Waiting for: {', '.join(timetable.jobs)}", err=True)
        code = keep_time(waiting, lambda job: run_and_report(session, job), interruption)
    ctx.exit(code)


@schedule.command()
@click.argument("job", metavar="JOB")
def failed(job: str) -> None:
    """Tell [notify] that a job failed; what the units call when a service does, killed ones included.

    Example:  consentric schedule failed sync
    """
    from consentric.app.jobs import notifier_of
    from consentric.app.messages import unknown_name
    from consentric.app.timetable import JOBS

    if job not in JOBS:
        raise unknown_name("job", job, list(JOBS))
    session = current_session()
    is_told = notifier_of(session).failed_outside(job)
    text = f"{job}: told" if is_told else f"{job}: the run itself has told already"
    session.show("consentric.schedule_failed/1", {"job": job, "told": is_told}, text)


def _files(session: Session, kind: Kind, *, is_system: bool | None) -> dict[str, str]:
    from consentric.app.units import crontab, unit_files

    config = _config(session)
    timetable = _timetable(config)
    service = _service(config, as_system=_as_system(is_system))
    return unit_files(service, timetable) if kind == "systemd" else {CRON_FILE: crontab(service, timetable)}


def _config(session: Session) -> Config:
    from consentric.app.config import read_config

    return read_config(session.config)


def _has_jobs(session: Session) -> bool:
    from consentric.app.timetable import Timetable

    return bool(Timetable.of(_config(session).settings).jobs)


def _timetable(config: Config) -> Timetable:
    from consentric.app.timetable import Timetable

    timetable = Timetable.of(config.settings)
    if not timetable.jobs:
        raise ConfigError(
            "no job has a time",
            where=config.where("jobs"),
            hint=_JOBS_EXAMPLE,
            happened="nothing was written.",
            code="CS281",
        )
    return timetable


def _service(config: Config, *, as_system: bool) -> Service:
    from consentric.app.units import Service, secrets_of

    folder = config.folder.resolve()
    pretend = [one.sandbox for one in config.settings.connections.values() if one.sandbox is not None]
    named = {"given": config.document.content, "root_key": config.settings.workspace.root_key}
    return Service(
        program=_program(),
        config=folder / config.path.name,
        writable=(folder, *sorted({(folder / one).resolve() for one in pretend})),
        secrets=secrets_of(named),
        user=_owner(folder) if as_system else None,
    )


def _program() -> tuple[str, ...]:
    """The command as this environment has it, so that a timer starts the same one."""
    script = Path(sys.executable).parent / "consentric"
    if script.exists():
        return (str(script),)
    return (sys.executable, "-c", "from consentric.app.cli import main; main()")


def _owner(folder: Path) -> str:
    """Whom the workspace belongs to: the only one who can open its stores."""
    return folder.owner()


def _as_system(is_system: bool | None) -> bool:
    return os.geteuid() == 0 if is_system is None else is_system


def _usual_folder(session: Session, kind: Kind, *, as_system: bool) -> Path:
    if kind == "cron":
        return session.folder
    return Path("/etc/systemd/system") if as_system else Path("~/.config/systemd/user").expanduser()


def _next_commands(session: Session, kind: Kind, folder: Path, *, as_system: bool) -> list[str]:
    from consentric.app.units import NAME

    config = _config(session)
    if kind == "cron":
        return [f"  (crontab -l; cat {folder / CRON_FILE}) | crontab -"]
    manager = "systemctl" if as_system else "systemctl --user"
    secrets = _service(config, as_system=as_system).secrets
    places = "/etc" if as_system else "~/.config"
    lines = [f"  install -D -m 600 /dev/stdin {places}/{NAME}/{name}   # type the secret" for name in secrets]
    timers = " ".join(f"{NAME}-{job}.timer" for job in _timetable(config).jobs)
    lines += [f"  {manager} daemon-reload", f"  {manager} enable --now {timers}"]
    if not as_system:
        lines.append("  loginctl enable-linger   # so that timers run while you are not signed in")
    return [*lines, f"  {manager} list-timers"]
