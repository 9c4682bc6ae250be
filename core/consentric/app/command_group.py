"""The group of commands: imports a command only when it is called, and knows its three readers."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from .messages import unknown_name
from .session import Session

Reader = Literal["campaigns", "machine", "privacy"]

HEADINGS: dict[Reader, str] = {
    "campaigns": "For whoever runs campaigns",
    "machine": "For whoever runs the machine",
    "privacy": "For whoever answers for the data",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyCommand:
    """Where a command lives, for whom it is, and its one line of help, known without an import."""

    module: str
    attribute: str
    reader: Reader
    help: str


class LazyGroup(click.Group):
    """A group whose commands are imported when called.

    Args:
        table: Our own commands, in the order of the help.
        plugin_commands: Adds the commands of plugins to the group; called for `--help` and for a name
            that is none of ours.
        places: Heading under which a command of a plugin stands, if we know it.
    """

    def __init__(
        self,
        *,
        table: dict[str, LazyCommand],
        plugin_commands: Callable[[click.Group], None],
        places: dict[str, Reader],
        **attributes: Any,
    ) -> None:
        super().__init__(**attributes)
        self._table = table
        self._plugin_commands = plugin_commands
        self._places = places
        self._has_plugins = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, those of plugins included."""
        self._add_plugins()
        return [*self.commands, *(name for name in self._table if name not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        entry = self._table.get(cmd_name)
        if entry is not None:
            module = importlib.import_module(entry.module)
            return with_global_flags(getattr(module, entry.attribute))
        self._add_plugins()
        command = self.commands.get(cmd_name)
        return with_global_flags(command) if command is not None else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or says which name is near."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise unknown_name("command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under the headings of their readers."""
        names = self.list_commands(ctx)
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS.values()}
        for name in names:
            entry = self._table.get(name)
            if entry is not None:
                rows[HEADINGS[entry.reader]].append((name, entry.help))
                continue
            place = self._places.get(name)
            heading = HEADINGS[place] if place else "From plugins"
            short = self.commands[name].get_short_help_str(100)
            rows.setdefault(heading, []).append((name, short))
        for heading, found in rows.items():
            if found:
                with formatter.section(heading):
                    formatter.write_dl(found)

    def _add_plugins(self) -> None:
        if not self._has_plugins:
            self._has_plugins = True
            self._plugin_commands(self)


def with_global_flags(command: click.Command) -> click.Command:
    """Adds the global flags to a command and all below it, so that they may follow the verb."""
    known = {option for parameter in command.params for option in parameter.opts}
    command.params.extend(flag for flag in global_flags() if not known.intersection(flag.opts))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_global_flags(inner)
    return command


def global_flags() -> list[click.Option]:
    """The flags every command takes; each fills the session and gives nothing to the command."""
    return [
        _flag(["-c", "--config"], "config", "Configuration file; its folder is the workspace.", path=True),
        _flag(["--json"], "is_json", "One JSON object on standard output.", value=True),
        _flag(["-q", "--quiet"], "is_quiet", "No progress.", value=True),
        _flag(["-v", "--verbose"], "verbosity", "Show the log; twice for its details.", count=True),
        _flag(["--no-input"], "may_ask", "Never ask anything.", value=False),
        _flag(["--no-color"], "may_color", "No colours.", value=False),
        _flag(["--lang"], "lang", "Language of reports.", choices=("en", "fr")),
        _flag(["--as-of"], "as_of", "Compute as of this day.", day=True),
    ]


def _flag(
    names: list[str],
    attribute: str,
    text: str,
    *,
    value: bool | None = None,
    path: bool = False,
    count: bool = False,
    day: bool = False,
    choices: tuple[str, ...] = (),
) -> click.Option:
    def fill(ctx: click.Context, _parameter: click.Parameter, given: Any) -> None:
        if given is None or given is False or given == 0 or ctx.resilient_parsing:
            return
        session = ctx.find_root().obj
        if isinstance(session, Session):
            setattr(session, attribute, given if value is None else value)
            if attribute == "verbosity":
                from .logs import log_to_stderr

                log_to_stderr(given)

    common: dict[str, Any] = {"expose_value": False, "callback": fill, "help": text, "is_eager": True}
    if value is not None:
        return click.Option(names, is_flag=True, default=False, **common)
    if count:
        return click.Option(names, count=True, **common)
    if path:
        return click.Option(names, type=click.Path(path_type=Path, dir_okay=False), **common)
    if day:
        return click.Option(names, type=_Day(), **common)
    return click.Option(names, type=click.Choice(choices), **common)


class _Day(click.ParamType[date]):
    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Reads a day; anything else is a usage error."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is not a day; write it as 2026-06-15', param, ctx)
