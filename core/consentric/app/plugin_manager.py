"""Finds plugins by their entry points without importing them, and loads those that may load, one by one."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from consentric.sdk.errors import ConfigError
from consentric.sdk.hooks import PROJECT

from .allowed import Allowed
from .installed_plugins import Entry, Plugin, distribution_of, entries_of
from .messages import unknown_name
from .plugin_loading import load_entry, merge_commands, run_hook

if TYPE_CHECKING:
    import click

    from consentric.sdk.contracts import Connector, Writer

GROUP = "consentric"
SANDBOX_GROUP = "consentric.sandboxes"
UNUSABLE = "CS251"
"""Code of a connector or writer whose plugin may load and cannot: it fails its connections, no run."""

T = TypeVar("T")


class Plugins:
    """The installed plugins of one process.

    Discovery reads metadata only. Built-ins, that is those of our own distribution, are trusted; of the
    others only those named in `[plugins] allow` are ever imported, because importing runs their code.

    Args:
        allow: Installed plugins that may load.
        found: Entry points of both groups; those of this environment by default.
    """

    def __init__(
        self, allow: Sequence[Allowed | str] = (), *, found: Iterable[EntryPoint] | None = None
    ) -> None:
        allowed = [Allowed(one) if isinstance(one, str) else one for one in allow]
        points = list(found) if found is not None else _installed()
        self._entries = entries_of(
            [p for p in points if p.group == GROUP], {one.name: one for one in allowed}
        )
        usable = {entry.plugin.name for entry in self._entries if entry.plugin.state == "found"}
        self._sandboxes = {
            p.name: p
            for p in points
            if p.group == SANDBOX_GROUP and (distribution_of(p) == PROJECT or p.name in usable)
        }

    def listed(self) -> list[Plugin]:
        """Every plugin found, loaded or not, by name; imports nothing."""
        return sorted((e.plugin for e in self._entries), key=lambda p: (not p.is_built_in, p.name))

    @property
    def has_outsiders(self) -> bool:
        """Whether somebody else's plugin may load."""
        return any(
            not entry.plugin.is_built_in and entry.plugin.state != "not allowed" for entry in self._entries
        )

    def is_built_in(self, connector: str) -> bool:
        """Whether a connector is one of ours, as the names of entry points tell; imports nothing."""
        return any(entry.plugin.is_built_in and entry.brings(connector) for entry in self._entries)

    def load_all(self) -> list[Plugin]:
        """Loads every plugin that may load; a broken one is listed with its reason and passed over."""
        for entry in self._entries:
            load_entry(entry)
        self._refuse_duplicates()
        return self.listed()

    def entry(self, name: str) -> Entry:
        """The plugin of that name, ours first; imports nothing.

        Raises:
            ConfigError: When none is installed under it.
        """
        for entry in self._entries:
            if entry.plugin.name == name:
                return entry
        raise unknown_name("plugin", name, [entry.plugin.name for entry in self._entries])

    def connector(self, name: str) -> type[Connector]:
        """The connector class of that name.

        Raises:
            ConfigError: When no plugin that may load has one; the message says what is near. CS251 when it
                is its plugin that failed.
        """
        return self._registered(name, "connector", lambda entry: entry.connectors)

    def writer(self, name: str) -> type[Writer]:
        """The writer class of that name.

        Raises:
            ConfigError: When no plugin that may load has one.
        """
        return self._registered(name, "writer", lambda entry: entry.writers)

    def outsider(self, part: type[Connector] | type[Writer]) -> str | None:
        """Name of the plugin of somebody else that registered a class; None for one of ours."""
        for entry in self._entries:
            if part in (*entry.connectors.values(), *entry.writers.values()):
                return None if entry.plugin.is_built_in else entry.plugin.name
        return None

    def sandbox(self, connector: str) -> Callable[..., Any]:
        """What starts the pretend CRM of a connector: `serve(folder, *, clock)`, a context manager.

        Raises:
            ConfigError: When that connector has none.
        """
        point = self._sandboxes.get(connector)
        if point is None:
            raise ConfigError(
                f'connector "{connector}" has no sandbox',
                hint=did_you_mean(connector, self._sandboxes) or "take the setting `sandbox` out",
                code="CS231",
            )
        serve: Callable[..., Any] = point.load()
        return serve

    def add_commands(self, cli: click.Group, *, taken: Collection[str] = ()) -> None:
        """Lets every plugin that may load add its commands; those of outsiders under names that are free."""
        for entry in self._entries:
            load_entry(entry, is_registering=False)
            if entry.hooks is not None:
                merge_commands(entry, cli, taken={*taken, *cli.commands})

    def run_finished(self, report: dict[str, Any]) -> list[Plugin]:
        """Tells every plugin that may load that a run ended; each gets a report of its own.

        Returns:
            Those that raised, with the reason; it undoes nothing of the run.
        """
        failed = []
        for entry in self._entries:
            if not entry.plugin.is_built_in:
                load_entry(entry, is_registering=False)
            if entry.hooks is not None:
                watcher = partial(entry.hooks.hook.run_finished, report=copy.deepcopy(report))
                if not run_hook(entry, watcher):
                    failed.append(entry.plugin)
        return failed

    def _registered(self, name: str, kind: str, table: Callable[[Entry], dict[str, T]]) -> T:
        # A built-in of the same name first: a scheduled run then imports no connector but its own.
        # Allowed outsiders are always loaded, so that a name taken twice does not go unnoticed.
        for entry in self._entries:
            if not entry.plugin.is_built_in or entry.brings(name):
                load_entry(entry)
        if not any(name in table(entry) for entry in self._entries):
            self.load_all()
        self._refuse_duplicates()
        for entry in self._entries:
            if entry.plugin.state == "loaded" and name in table(entry):
                return table(entry)[name]
        raise self._unknown(name, kind, [n for e in self._entries for n in table(e)])

    def _unknown(self, name: str, kind: str, known: list[str]) -> ConfigError:
        listed = self.listed()
        named = [p for p in listed if p.name == name or name in (*p.connectors, *p.writers)]
        for plugin in named:
            if plugin.state == "not allowed":
                hint = f'allow it: [plugins] allow = ["{plugin.name}"] in config.toml'
                return _unusable(f'{kind} "{name}" is installed but may not load', hint)
        for plugin in named:
            if plugin.reason:
                said = f'{kind} "{name}" cannot be used: plugin "{plugin.name}": {plugin.reason}'
                return _unusable(said, f"consentric plugins check {plugin.name}", code=UNUSABLE)
        near = did_you_mean(name, known)
        for plugin in listed:
            # It did not come to say what it brings, and may be the one.
            if plugin.reason and not plugin.is_built_in and not near and plugin.state != "not allowed":
                said = f'no {kind} is named "{name}", and plugin "{plugin.name}" cannot load: {plugin.reason}'
                return _unusable(said, f"consentric plugins check {plugin.name}", code=UNUSABLE)
        hint = near or "consentric plugins list  shows what is installed"
        return _unusable(f'no {kind} is named "{name}"', hint)

    def _refuse_duplicates(self) -> None:
        kinds: tuple[Literal["connectors", "writers"], ...] = ("connectors", "writers")
        for kind in kinds:
            owner: dict[str, Entry] = {}
            for entry in self._entries:
                for name in list(getattr(entry, kind)):
                    other = owner.setdefault(name, entry)
                    if other is not entry and entry.plugin.state == "loaded":
                        entry.refuse(f'"{name}" is already a name of plugin "{other.plugin.name}"')
                        if not other.plugin.is_built_in:
                            other.refuse(f'"{name}" is also a name of plugin "{entry.plugin.name}"')


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or an empty text.

    >>> did_you_mean("hubspto", ["hubspot", "files"])
    'did you mean "hubspot"?'
    """
    near = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def _installed() -> list[EntryPoint]:
    found = entry_points()  # once: each call reads the metadata of every installed distribution
    return [*found.select(group=GROUP), *found.select(group=SANDBOX_GROUP)]


def _unusable(message: str, hint: str, *, code: str = "CS213") -> ConfigError:
    return ConfigError(message, hint=hint, code=code)
