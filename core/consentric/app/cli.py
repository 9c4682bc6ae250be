"""The command line: its table of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from consentric import __version__
from consentric.sdk.errors import ConsentricError
from consentric_privacy.files import forbid_core_dumps, forbid_others

from . import messages
from .command_group import LazyCommand, LazyGroup, Reader, global_flags
from .interruption import stop_at_once
from .logs import redact_logs
from .session import Session

_TABLE: dict[str, tuple[str, Reader, str]] = {
    "segments": ("segments", "campaigns", "The segments: their sizes, and whether they are sound."),
    "plan": ("plans", "campaigns", "What would be written to the CRMs; writes nothing."),
    "approve": ("plans", "campaigns", "Lift the brake for one plan, with a reason."),
    "apply": ("plans", "campaigns", "Write a plan; consent is checked again right before."),
    "explain": ("explain", "campaigns", "Why a person is in a segment, and what would change it."),
    "report": ("report", "campaigns", "Six pictures of the segments: page, files, mail; and exports."),
    "init": ("init", "machine", "At most nine questions, then a configuration."),
    "preview": ("preview", "machine", "The beginning of each CRM, segmented and then forgotten."),
    "doctor": ("doctor", "machine", "Check everything, each finding with its fix; reads only."),
    "setup": ("setup", "machine", "What a destination needs in its CRM; creates it with --create."),
    "sync": ("stages", "machine", "Pull, segment, plan and apply: what a timer calls."),
    "pull": ("stages", "machine", "Read what changed in the CRMs."),
    "segment": ("stages", "machine", "Compute the segments of whoever may be segmented."),
    "status": ("runs", "machine", "When each job last ran, and how it ended."),
    "schedule": ("schedule", "machine", "Timers for both jobs: systemd, cron, or a process of its own."),
    "runs": ("runs", "machine", "Past runs: list, show, rows, errors."),
    "plugins": ("plugins", "machine", "Installed plugins, and which of them may load."),
    "config": ("config", "machine", "Check the configuration, or show what stands where."),
    "completion": ("completion", "machine", "Completion for bash, zsh or fish."),
    "identity": ("identity", "privacy", "Who is one person: report, show; split or link by hand."),
    "consent": ("consent", "privacy", "Who may be segmented and mailed, why, and what would change it."),
    "records": ("records", "privacy", "What the controller must show: assessments, evidence claims."),
}

COMMANDS = {
    name: LazyCommand(module=f"consentric.app.commands.{module}", attribute=name, reader=reader, help=text)
    for name, (module, reader, text) in _TABLE.items()
}

PLACES_OF_PLUGIN_COMMANDS: dict[str, Reader] = {"demo": "campaigns", "sandbox": "machine"}


def _show_version(context: click.Context, _parameter: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"consentric {__version__}")
        context.exit()


def _add_plugin_commands(group: click.Group) -> None:
    from .allowed import allowed_plugins
    from .plugin_manager import Plugins

    context = click.get_current_context(silent=True)
    session = context.find_root().obj if context is not None else None
    allow = allowed_plugins(session.config) if isinstance(session, Session) else ()
    Plugins(allow).add_commands(group, taken=COMMANDS)


cli = LazyGroup(
    name="consentric",
    table=COMMANDS,
    plugin_commands=_add_plugin_commands,
    places=PLACES_OF_PLUGIN_COMMANDS,
    params=[
        *global_flags(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version.",
        ),
    ],
    help=(
        "Segments for the CRMs you already use. Reads contacts and purchases, segments the people whose "
        "data may be used for it, and writes the segments back as fields and lists: always a plan first.\n\n"
        "Try it without an account:  consentric demo"
    ),
    epilog="Every command explains itself:  consentric plan --help",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and leaves with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; gives its exit code and prints its errors."""
    session = Session()
    _harden()
    stop_at_once()
    try:
        result = cli.main(list(arguments), prog_name="consentric", standalone_mode=False, obj=session)
        return result if isinstance(result, int) else 0
    except ConsentricError as error:
        return _report(error, session, arguments)
    except click.ClickException as error:
        return _report(messages.from_click(error), session, arguments)
    except (KeyboardInterrupt, click.Abort):
        return _report(messages.interrupted(), session, arguments)
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does: nothing to say, and nowhere to say it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last net: no traceback may reach the screen
        return _report_unforeseen(error, session, arguments)


def _report(error: ConsentricError, session: Session, arguments: Sequence[str], *, log: str = "") -> int:
    if session.is_json or "--json" in arguments:
        click.echo(json.dumps(messages.as_object(error, log=log), ensure_ascii=False))
    else:
        may_color = session.may_color and sys.stderr.isatty() and "NO_COLOR" not in os.environ
        click.echo(messages.as_text(error, log=log, may_color=may_color), err=True)
    return error.exit_code


def _report_unforeseen(error: Exception, session: Session, arguments: Sequence[str]) -> int:
    """A disk that is full is the operator's, wherever it strikes; everything else is a defect of ours."""
    from consentric_privacy.store_faults import disk_fault

    from .defects import write_defect

    fault = disk_fault(error) if isinstance(error, OSError) else None
    if fault is not None:
        return _report(fault, session, arguments)
    log = write_defect(error, session.folder)
    return _report(messages.defect(type(error).__name__, log=log), session, arguments, log=log)


def _harden() -> None:
    """No file of ours is for others, no memory goes to a core file, no identifier to a log."""
    forbid_others()
    forbid_core_dumps()
    redact_logs()
