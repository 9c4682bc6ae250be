"""`consentric plugins`: what is installed, from its metadata; nothing is imported unless it is asked for."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import Distribution
from pathlib import Path

import click

from consentric.app.allowed import allowed_plugins
from consentric.app.installed_plugins import Plugin
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
@click.pass_context
def list_plugins(ctx: click.Context, *, load: bool) -> None:
    """All installed plugins; imports none of them unless asked to. Exit 3 when one of them cannot load.

    Example:  consentric plugins list --load
    """
    session = current_session()
    found = Plugins(allowed_plugins(session.config))
    shown = found.load_all() if load else found.listed()
    rows = [(p.name, f"{p.distribution} {p.version}", _standing(p), p.reason) for p in shown]
    text = table(("plugin", "distribution", "standing", ""), rows)
    session.show("consentric.plugins/1", {"plugins": [asdict(p) for p in shown]}, text)
    ctx.exit(3 if any(p.state in ("failed", "refused") for p in shown) else 0)


@plugins.command()
@click.argument("name")
def info(name: str) -> None:
    """What the metadata of one plugin say, and whether it may load; imports nothing.

    Example:  consentric plugins info hubspot
    """
    session = current_session()
    entry = Plugins(allowed_plugins(session.config)).entry(name)
    plugin, dist = entry.plugin, entry.entry_point.dist
    said = {
        "summary": _of_metadata(dist, "Summary"),
        "author": _of_metadata(dist, "Author") or _of_metadata(dist, "Author-email"),
        "license": _of_metadata(dist, "License-Expression") or _of_metadata(dist, "License"),
        "requires": ", ".join((dist.requires or []) if dist is not None else []),
    }
    lines = [
        f"{plugin.name}   {plugin.distribution} {plugin.version}   {_standing(plugin)}",
        f"  module      {plugin.module}",
        *(f"  {label:<11} {text}" for label, text in said.items() if text),
    ]
    if plugin.reason:
        lines.append(f"  reason      {plugin.reason}")
    session.show("consentric.plugin/1", {**asdict(plugin), **said}, "\n".join(lines))


@plugins.command()
@click.argument("name")
@click.option("--seconds", type=click.IntRange(min=1), default=60, show_default=True, help="Wait so long.")
@click.pass_context
def check(ctx: click.Context, name: str, *, seconds: int) -> None:
    """Import one plugin in a child process, and say what is missing or wrong; allowed or not.

    Example:  consentric plugins check hubspot
    """
    from consentric.app.plugin_check import check_plugin

    session = current_session()
    Plugins().entry(name)
    found = check_plugin(name, seconds=seconds)
    failed = sum(one.state == "failed" for one in found)
    lines = [table(("", "about", "finding"), [(one.state, one.name, one.finding) for one in found])]
    lines.append(
        f"{failed} to mend" if failed else "It keeps the contract as far as can be seen from outside."
    )
    data = {"plugin": name, "findings": [asdict(one) for one in found]}
    session.show("consentric.plugin_check/1", data, "\n".join(lines))
    ctx.exit(5 if failed else 0)


@plugins.command()
@click.argument("name")
@click.option("--print", "is_printed", is_flag=True, help="Only print the pin.")
def trust(name: str, *, is_printed: bool) -> None:
    """Let one plugin load as it is installed now, and in no other version or state.

    Writes name, version and a hash over its files into [plugins] allow of the configuration.

    Example:  consentric plugins trust hubspot --print
    """
    from consentric.app.plugin_trust import pin_of_plugin, write_pin

    session = current_session()
    pin = pin_of_plugin(Plugins().entry(name).entry_point)
    if is_printed:
        text = pin.as_toml()
    else:
        before = write_pin(session.config, pin)
        told = f", in place of {before}" if before else ""
        text = f'Trusted: plugin "{name}" {pin.version}{told}\n  sha256 {pin.sha256}'
    session.show("consentric.plugin_pin/1", asdict(pin), text)


@plugins.command()
@click.argument("name")
@click.option("--connector/--writer", "is_connector", default=True, help="Read alone, or read and write.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; its name by default.")
def new(name: str, *, is_connector: bool, out: Path | None) -> None:
    """Write a small package of your own, with tests that pass at once.

    \b
    Examples:
      consentric plugins new acme-till
      consentric plugins new acme-till --writer --out ../acme-till
    """
    from consentric.app.plugin_template import write_package

    session = current_session()
    folder = out or Path(name)
    written = write_package(name, folder, has_writer=not is_connector)
    lines = [f"Written into {folder}:", *(f"  {file}" for file in written)]
    lines.append(f"Next:  cd {folder} && pip install --no-deps --no-build-isolation . && python -m pytest")
    session.show("consentric.plugin_new/1", {"folder": str(folder), "files": written}, "\n".join(lines))


def _of_metadata(dist: Distribution | None, key: str) -> str:
    return str(dist.metadata[key]) if dist is not None and key in dist.metadata else ""


def _standing(plugin: Plugin) -> str:
    if plugin.state == "not allowed":
        return "not allowed"
    trusted = "built in" if plugin.is_built_in else "allowed and pinned" if plugin.is_pinned else "allowed"
    return trusted if plugin.state == "found" else f"{trusted}, {plugin.state}"
