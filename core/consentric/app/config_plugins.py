"""Faults of a configuration that lie in the plugins of others: a broken pin, settings that raise."""

from __future__ import annotations

from consentric.sdk.errors import Fault

from .documents import Document
from .plugin_manager import UNUSABLE, Plugins
from .toml_places import Path as KeyPath


def pin_faults(document: Document, plugins: Plugins) -> list[tuple[KeyPath, Fault]]:
    """A plugin that is not the one that was trusted stops everything: somebody must look at it."""
    found: list[tuple[KeyPath, Fault]] = []
    allow = document.value(("plugins", "allow"))
    for index, entry in enumerate(allow if isinstance(allow, list) else ()):
        for plugin in plugins.listed():
            if isinstance(entry, dict) and plugin.name == entry.get("name") and plugin.breaks_pin:
                path: KeyPath = ("plugins", "allow", index)
                fault = Fault(
                    f'plugin "{plugin.name}" is not the one that was trusted: {plugin.reason}',
                    where=document.where(path),
                    hint=f"find out what changed it, then  consentric plugins trust {plugin.name}",
                    code="CS250",
                )
                found.append((path, fault))
    return found


def raised_by_settings(document: Document, plugins: Plugins, name: str, error: Exception) -> Fault:
    """The fault of a connection whose connector raised while its settings were looked at.

    Raises:
        Exception: The error itself, when the connector is ours: that is a defect.
    """
    connector = str(document.value(("connections", name, "connector")))
    plugin = plugins.outsider(plugins.connector(connector))
    if plugin is None:
        raise error
    return Fault(
        f'connector "{connector}" cannot be used: plugin "{plugin}": '
        f"its settings raised {type(error).__name__}",
        where=document.where(("connections", name)),
        hint=f"consentric plugins check {plugin}",
        code=UNUSABLE,
    )
