"""Turns errors into what a person reads on standard error, or a program as one JSON object."""

from __future__ import annotations

import difflib
from typing import Any

import click

from consentric.sdk.errors import ConfigError, ConsentricError
from consentric_privacy.redaction import redact

ERROR_SCHEMA = "consentric.error/1"
INTERRUPTED = 75
_NOTHING_DONE = "nothing was read or written."


def as_text(error: ConsentricError, *, log: str = "", may_color: bool = False) -> str:
    """The message of an error: what is wrong, where, what happened, what to do next.

    A configuration error shows every fault found, in the order of the files.
    """
    blocks = []
    if isinstance(error, ConfigError):
        blocks = [_block(fault, may_color=may_color) for fault in error.faults]
    blocks.append(_block(error, log=log, may_color=may_color))
    return "\n".join(blocks)


def as_object(error: ConsentricError, *, log: str = "") -> dict[str, Any]:
    """The same as one object for `--json`."""
    faults = error.faults if isinstance(error, ConfigError) else ()
    return {
        "schema": ERROR_SCHEMA,
        "exit_code": error.exit_code,
        **fields(error),
        "log": log,
        "faults": [fields(fault) for fault in faults],
    }


def fields(error: ConsentricError) -> dict[str, str]:
    """What an error says, for JSON."""
    return {
        "code": error.code,
        "message": error.message,
        "where": error.where,
        "happened": error.happened,
        "hint": error.hint,
    }


def from_click(error: click.ClickException) -> ConsentricError:
    """A wrong command line as an error of ours, exit 2."""
    no_such_command = getattr(click.exceptions, "NoSuchCommand", ())  # before click 8.4 its own words do
    group = error.ctx.command if isinstance(error, click.UsageError) and error.ctx is not None else None
    if isinstance(error, no_such_command) and isinstance(group, click.Group):
        return unknown_name("command", getattr(error, "command_name", ""), list(group.commands))
    # It quotes what was typed, and somebody may have typed an address.
    message = redact(error.format_message().splitlines()[0].rstrip("."))
    hint = ""
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        message = f"no such option {error.option_name}"
        hint = f"did you mean {sorted(error.possibilities)[0]}?"
    context = getattr(error, "ctx", None)
    if not hint and context is not None:
        hint = f"{context.command_path} --help"
    return ConfigError(message, hint=hint, happened=_NOTHING_DONE, code="CS210")


def unknown_name(kind: str, name: str, known: list[str]) -> ConfigError:
    """The error for a name on the command line that nothing has."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(known) or 'none'}"
    message = f'no {kind} is named "{redact(name)}"'
    return ConfigError(message, hint=hint, happened=_NOTHING_DONE, code="CS211")


def defect(name: str, *, log: str) -> ConsentricError:
    """What is said when something of ours broke; the kind of the exception only, never its words.

    Args:
        name: The kind of the exception.
        log: Where its place in the code was written down; empty when that was not possible.
    """
    report = "log, which holds no personal data" if log else "command you gave; no log could be written"
    return ConsentricError(
        f"a defect of consentric ({name}); this should not have happened",
        happened="the run stopped; what it had finished is kept.",
        hint=f"please report it with the {report}",
    )


def interrupted() -> ConsentricError:
    """What is said after Ctrl-C or a stop by the system."""
    error = ConsentricError(
        "interrupted",
        happened="what was finished is kept.",
        hint="run the same command again: it goes on where it stopped",
        code="CS075",
    )
    error.exit_code = INTERRUPTED
    return error


def _block(error: ConsentricError, *, log: str = "", may_color: bool) -> str:
    head = f"error[{error.code}]:"
    lines = [f"{click.style(head, fg='red', bold=True) if may_color else head} {error.message}"]
    if error.where:
        lines.append(f"  --> {error.where}")
    if error.happened:
        lines.append(f"  what happened: {error.happened}")
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    if log:
        lines.append(f"  log:  {log}")
    return "\n".join(lines)
