"""Finds plugins by their entry points without importing them, and loads those that may load, one by one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from consentric.sdk.errors import ConfigError
from consentric.sdk.hooks import API_VERSION, PROJECT

if TYPE_CHECKING:
    import click
    import pluggy

    from consentric.sdk.contracts import Connector, Writer

GROUP = "consentric"
SANDBOX_GROUP = "consentric.sandboxes"

T = TypeVar("T")
State = Literal["found", "not allowed", "refused", "failed", "loaded"]


@dataclass(slots=True, kw_only=True)
class Plugin:
    """One installed plugin, as its metadata tells it; `state` says whether it was imported."""

    name: str
    distribution: str
    version: str
    module: str
    is_built_in: bool
    state: State = "found"
    reason: str = ""
    """Why it is refused or failed."""
    connectors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entry:
    plugin: Plugin
    entry_point: EntryPoint
    hooks: pluggy.PluginManager | None = None
    connectors: dict[str, type[Connector]] = field(default_factory=dict)
    writers: dict[str, type[Writer]] = field(default_factory=dict)


class Plugins:
    """The installed plugins of one process.

    Discovery reads metadata only. Built-ins, that is those of our own distribution, are trusted; of the
    others only those named in `[plugins] allow` are ever imported, because importing runs their code.

    Args:
        allow: Names of installed plugins that may load.
        found: Entry points of both groups; those of this environment by default.
    """

    def __init__(self, allow: Sequence[str] = (), *, found: Iterable[EntryPoint] | None = None) -> None:
        self._allow = frozenset(allow)
        points = list(found) if found is not None else _installed()
        self._entries = _entries([p for p in points if p.group == GROUP], self._allow)
        self._sandboxes = {
            p.name: p
            for p in points
            if p.group == SANDBOX_GROUP and (_distribution(p) == PROJECT or p.name in self._allow)
        }

    def listed(self) -> list[Plugin]:
        """Every plugin found, loaded or not, by name; imports nothing."""
        return sorted((e.plugin for e in self._entries), key=lambda p: (not p.is_built_in, p.name))

    def load_all(self) -> list[Plugin]:
        """Loads every plugin that may load; a broken one is listed with its reason and passed over."""
        for entry in self._entries:
            self._load(entry)
        self._refuse_duplicates()
        return self.listed()

    def connector(self, name: str) -> type[Connector]:
        """The connector class of that name.

        Raises:
            ConfigError: When no plugin that may load has one; the message says what is near.
        """
        return self._registered(name, "connector", lambda entry: entry.connectors)

    def writer(self, name: str) -> type[Writer]:
        """The writer class of that name.

        Raises:
            ConfigError: When no plugin that may load has one.
        """
        return self._registered(name, "writer", lambda entry: entry.writers)

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

    def add_commands(self, cli: click.Group) -> None:
        """Lets every plugin that may load add its commands to the command line."""
        for entry in self._entries:
            self._import(entry)
            if entry.hooks is not None:
                try:
                    entry.hooks.hook.register_commands(cli=cli)
                except Exception as error:  # noqa: BLE001 - one bad plugin must not end the program
                    _fail(entry, error)

    def run_finished(self, report: dict[str, Any]) -> None:
        """Tells the loaded plugins that a run ended; what they raise is kept as their reason."""
        for entry in self._entries:
            if entry.plugin.state == "loaded" and entry.hooks is not None:
                try:
                    entry.hooks.hook.run_finished(report=report)
                except Exception as error:  # noqa: BLE001 - a watcher must not undo a run
                    _fail(entry, error)

    def _registered(self, name: str, kind: str, table: Callable[[_Entry], dict[str, T]]) -> T:
        # A built-in of the same name first: a scheduled run then imports no connector but its own.
        # Allowed outsiders are always loaded, so that a name taken twice does not go unnoticed.
        for entry in self._entries:
            if not entry.plugin.is_built_in or entry.plugin.name.split("-")[0] == name:
                self._load(entry)
        if not any(name in table(entry) for entry in self._entries):
            self.load_all()
        self._refuse_duplicates()
        for entry in self._entries:
            if entry.plugin.state == "loaded" and name in table(entry):
                return table(entry)[name]
        raise self._unknown(name, kind, [n for e in self._entries for n in table(e)])

    def _unknown(self, name: str, kind: str, known: list[str]) -> ConfigError:
        for plugin in self.listed():
            if plugin.name != name and name not in (*plugin.connectors, *plugin.writers):
                continue
            if plugin.state == "not allowed":
                hint = f'allow it: [plugins] allow = ["{plugin.name}"] in config.toml'
                return _unusable(f'{kind} "{name}" is installed but may not load', hint)
            if plugin.reason:
                return _unusable(
                    f'{kind} "{name}" cannot be used: {plugin.reason}', "consentric plugins list"
                )
        hint = did_you_mean(name, known) or "consentric plugins list  shows what is installed"
        return _unusable(f'no {kind} is named "{name}"', hint)

    def _import(self, entry: _Entry) -> None:
        if entry.plugin.state != "found":
            return
        import pluggy

        from consentric.sdk import hooks

        try:
            manager = pluggy.PluginManager(PROJECT)
            manager.add_hookspecs(hooks)
            manager.register(entry.entry_point.load(), entry.plugin.name)
            manager.check_pending()
        except Exception as error:  # noqa: BLE001 - anything may happen in code of others
            _fail(entry, error)
            return
        entry.hooks = manager
        entry.plugin.state = "loaded"

    def _load(self, entry: _Entry) -> None:
        self._import(entry)
        if entry.hooks is None or entry.plugin.state != "loaded" or entry.connectors or entry.writers:
            return
        try:
            connectors = [c for found in entry.hooks.hook.register_connectors() for c in found]
            writers = [w for found in entry.hooks.hook.register_writers() for w in found]
            for part in (*connectors, *writers):
                _check_version(part)
        except Exception as error:  # noqa: BLE001 - anything may happen in code of others
            _fail(entry, error)
            return
        entry.connectors = {c.name: c for c in connectors}
        entry.writers = {w.name: w for w in writers}
        entry.plugin.connectors = tuple(sorted(entry.connectors))
        entry.plugin.writers = tuple(sorted(entry.writers))

    def _refuse_duplicates(self) -> None:
        for kind in ("connectors", "writers"):
            owner: dict[str, _Entry] = {}
            for entry in self._entries:
                for name in getattr(entry, kind):
                    other = owner.setdefault(name, entry)
                    if other is not entry and entry.plugin.state == "loaded":
                        _refuse(entry, f'"{name}" is already a name of plugin "{other.plugin.name}"')
                        if not other.plugin.is_built_in:
                            _refuse(other, f'"{name}" is also a name of plugin "{entry.plugin.name}"')


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


@cache
def _identity(distribution: Distribution) -> tuple[str, str]:
    """Name and version; every look at them parses the metadata file again."""
    return distribution.name, distribution.version


def _distribution(point: EntryPoint) -> str:
    return _identity(point.dist)[0] if point.dist is not None else ""


def _entries(points: list[EntryPoint], allow: frozenset[str]) -> list[_Entry]:
    entries = []
    for point in sorted(points, key=lambda p: (_distribution(p) != PROJECT, p.name)):
        is_built_in = _distribution(point) == PROJECT
        plugin = Plugin(
            name=point.name,
            distribution=_distribution(point),
            version=_identity(point.dist)[1] if point.dist is not None else "",
            module=point.value,
            is_built_in=is_built_in,
            state="found" if is_built_in or point.name in allow else "not allowed",
        )
        entries.append(_Entry(plugin, point))
    _refuse_equal_names(entries)
    return entries


def _refuse_equal_names(entries: list[_Entry]) -> None:
    by_name: dict[str, list[_Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry.plugin.name, []).append(entry)
    for same in by_name.values():
        if len(same) > 1:
            owners = ", ".join(e.plugin.distribution for e in same)
            for entry in same:
                if not entry.plugin.is_built_in:
                    _refuse(entry, f'the name "{entry.plugin.name}" is taken twice: {owners}')


def _refuse(entry: _Entry, reason: str) -> None:
    entry.plugin.state, entry.plugin.reason = "refused", reason
    entry.hooks, entry.connectors, entry.writers = None, {}, {}


def _fail(entry: _Entry, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    if isinstance(error, ModuleNotFoundError) and error.name:
        reason = f'module "{error.name}" is not installed; pip install "{_requirement(entry)}"'
    entry.plugin.state, entry.plugin.reason, entry.hooks = "failed", reason, None


def _requirement(entry: _Entry) -> str:
    distribution = entry.plugin.distribution
    dist = entry.entry_point.dist
    extras = (dist.metadata.get_all("Provides-Extra") or []) if dist is not None else []
    extra = entry.plugin.name.split("-")[0]
    return f"{distribution}[{extra}]" if extra in extras else distribution


def _unusable(message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, code="CS213")


def _check_version(part: type[Any]) -> None:
    if part.api_version != API_VERSION:
        raise ConfigError(
            f'"{part.name}" was written for version {part.api_version} of the plugin contract, '
            f"this is version {API_VERSION}"
        )
