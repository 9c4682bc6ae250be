"""`consentric plugins`: what is installed, from its metadata; nothing is imported to list it."""

from __future__ import annotations

from dataclasses import asdict

import click

from consentric.app.allowed import allowed_plugins
from consentric.app.installed_plugins import Plugin
from consentric.app.messages import unknown_name
from consentric.app.plugin_manager import Plugins
from consentric.app.render.table import table
from consentric.app.session import current_session


@click.group()
def plugins() -> None:
    """Installed plugins, and which of them may load.

    A plugin that is not built in loads only when [plugins] allow in config.toml names it: importing
    a plugin runs its code.

    Example:  consentric plugins list
    """


@plugins.command("list")
@click.option("--load", is_flag=True, help="Load those that may load, and say which fail.")
def list_plugins(*, load: bool) -> None:
    """All installed plugins; imports none of them unless asked to.

    Example:  consentric plugins list --load
    """
    session = current_session()
    found = Plugins(allowed_plugins(session.config))
    shown = found.load_all() if load else found.listed()
    rows = [(p.name, f"{p.distribution} {p.version}", _standing(p), p.reason) for p in shown]
    text = table(("plugin", "distribution", "standing", ""), rows)
    session.show("consentric.plugins/1", {"plugins": [asdict(p) for p in shown]}, text)


@plugins.command()
@click.argument("name")
def info(name: str) -> None:
    """What one plugin brings: its connectors, writers, and why it failed if it did.

    Example:  consentric plugins info hubspot
    """
    session = current_session()
    loaded = {p.name: p for p in Plugins(allowed_plugins(session.config)).load_all()}
    if name not in loaded:
        raise unknown_name("plugin", name, list(loaded))
    plugin = loaded[name]
    lines = [
        f"{plugin.name}   {plugin.distribution} {plugin.version}   {_standing(plugin)}",
        f"  module      {plugin.module}",
        f"  connectors  {', '.join(plugin.connectors) or 'none'}",
        f"  writers     {', '.join(plugin.writers) or 'none'}",
    ]
    if plugin.reason:
        lines.append(f"  reason      {plugin.reason}")
    session.show("consentric.plugin/1", asdict(plugin), "\n".join(lines))


def _standing(plugin: Plugin) -> str:
    if plugin.state == "not allowed":
        return "not allowed"
    trusted = "built in" if plugin.is_built_in else "allowed"
    return trusted if plugin.state == "found" else f"{trusted}, {plugin.state}"
