"""Plugins as their metadata tell them: found by entry point, nothing imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint
from typing import TYPE_CHECKING, Literal

from consentric.sdk.hooks import PROJECT

from .allowed import Allowed
from .pins import broken_pin

if TYPE_CHECKING:
    import pluggy

    from consentric.sdk.contracts import Connector, Writer

State = Literal["found", "not allowed", "refused", "failed", "loaded"]


@dataclass(slots=True, kw_only=True)
class Plugin:
    """One installed plugin, as its metadata tells it; `state` says whether it was imported."""

    name: str
    distribution: str
    version: str
    module: str
    is_built_in: bool
    is_pinned: bool = False
    breaks_pin: bool = False
    """Whether it is refused because it is not what was pinned."""
    state: State = "found"
    reason: str = ""
    """Why it is refused or failed."""
    connectors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(slots=True)
class Entry:
    """A plugin with the way to load it, and what it registered once it was."""

    plugin: Plugin
    entry_point: EntryPoint
    hooks: pluggy.PluginManager | None = None
    connectors: dict[str, type[Connector]] = field(default_factory=dict)
    writers: dict[str, type[Writer]] = field(default_factory=dict)

    def brings(self, name: str) -> bool:
        """Whether it is named after a connector or writer, as ours are: `hubspot` and `hubspot-sync`."""
        return self.plugin.name.split("-")[0] == name

    def refuse(self, reason: str) -> None:
        """Keeps it from loading, or takes away what it registered."""
        self.plugin.state, self.plugin.reason = "refused", reason
        self.hooks, self.connectors, self.writers = None, {}, {}

    def fail(self, reason: str) -> None:
        """It was tried, and cannot be used."""
        self.plugin.state, self.plugin.reason, self.hooks = "failed", reason, None


def entries_of(points: list[EntryPoint], allow: Mapping[str, Allowed]) -> list[Entry]:
    """An entry for each entry point: those of our own distribution first, then by name.

    A plugin whose files are not those of its pin is refused, as are two of one name, ours excepted.
    """
    entries = []
    for point in sorted(points, key=lambda p: (distribution_of(p) != PROJECT, p.name)):
        is_built_in = distribution_of(point) == PROJECT
        plugin = Plugin(
            name=point.name,
            distribution=distribution_of(point),
            version=_identity(point.dist)[1] if point.dist is not None else "",
            module=point.value,
            is_built_in=is_built_in,
            state="found" if is_built_in or point.name in allow else "not allowed",
        )
        entry = Entry(plugin, point)
        if not is_built_in and point.name in allow:
            plugin.is_pinned = allow[point.name].sha256 is not None
            reason = broken_pin(allow[point.name], point.dist)
            if reason:
                plugin.breaks_pin = True
                entry.refuse(reason)
        entries.append(entry)
    _refuse_equal_names(entries)
    return entries


def distribution_of(point: EntryPoint) -> str:
    """Name of the distribution that an entry point came with."""
    return _identity(point.dist)[0] if point.dist is not None else ""


@cache
def _identity(distribution: Distribution) -> tuple[str, str]:
    """Name and version; every look at them parses the metadata file again."""
    return distribution.name, distribution.version


def _refuse_equal_names(entries: list[Entry]) -> None:
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry.plugin.name, []).append(entry)
    for same in by_name.values():
        if len(same) > 1:
            owners = ", ".join(e.plugin.distribution for e in same)
            for entry in same:
                if not entry.plugin.is_built_in:
                    entry.refuse(f'the name "{entry.plugin.name}" is taken twice: {owners}')
