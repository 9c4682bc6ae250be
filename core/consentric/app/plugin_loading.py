"""Imports one plugin and asks what it registers; whatever it does, only its own entry fails."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from consentric.sdk.hooks import API_VERSION, PROJECT

from . import plugin_watch
from .installed_plugins import Entry
from .plugin_errors import kind_and_place, missing_module

if TYPE_CHECKING:
    import click

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HOOK = re.compile(r"\bhook '(\w+)'")


class _Unfit(Exception):
    """What a plugin gives is not what the contract asks for; the words are ours."""


def load_entry(entry: Entry, *, is_registering: bool = True) -> None:
    """Imports a plugin that may load and was not, and lets it register; what fails is its reason."""
    if entry.plugin.state == "found" and run_hook(entry, lambda: _import(entry)):
        entry.plugin.state = "loaded"
    is_new = not entry.connectors and not entry.writers
    if is_registering and is_new and entry.plugin.state == "loaded":
        run_hook(entry, lambda: _register(entry))


def run_hook(entry: Entry, call: Callable[[], object]) -> bool:
    """Calls code of a plugin; when it raises, or does not come back, the entry fails with the reason."""
    if entry.plugin.is_built_in:
        seconds = float("inf")  # ours are trusted, and no thread of a watcher is begun for them
    else:
        seconds = plugin_watch.IMPORT_SECONDS
    try:
        with plugin_watch.watched(seconds):
            call()
    except plugin_watch.PluginHung:
        entry.fail(f"it was stopped: it did not come back within {seconds:g} seconds")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - anything may happen in code of others
        entry.fail(_reason(entry, error))
    else:
        return True
    return False


def merge_commands(entry: Entry, cli: click.Group, *, taken: Collection[str]) -> None:
    """Adds the commands of a plugin, all or none: a name that is taken is a failure."""
    import click

    hooks = entry.hooks
    assert hooks is not None
    own = cli if entry.plugin.is_built_in else click.Group()
    if not run_hook(entry, lambda: hooks.hook.register_commands(cli=own)) or own is cli:
        return
    twice = sorted(set(own.commands) & set(taken))
    if twice:
        entry.fail(f'the command "{twice[0]}" is taken')
        return
    for name, command in own.commands.items():
        cli.add_command(command, name)


def fault_of_part(part: Any, contract: type) -> str:
    """What a registered class lacks to be used, as a sentence; an empty text when nothing."""
    kind = contract.__name__
    if not isinstance(part, type) or not issubclass(part, contract):
        return f"what it registers as {kind} is no subclass of consentric.{kind}"
    name = getattr(part, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"{part.__name__}.name is no name: small letters, digits, - and _"
    version = getattr(part, "api_version", None)
    if version != API_VERSION:
        return (
            f'"{name}" was written for version {_version_text(version)} of the plugin contract, '
            f"this is version {API_VERSION}"
        )
    missing = sorted(getattr(part, "__abstractmethods__", ()))
    if inspect.isabstract(part) and missing:
        return f'"{name}" lacks {", ".join(missing)}'
    return _fault_of_settings(part, name)


def _version_text(version: object) -> str:
    return str(version) if isinstance(version, int) else f"that is no number ({type(version).__name__})"


def _fault_of_settings(part: Any, name: str) -> str:
    from pydantic import BaseModel

    model = getattr(part, "settings_model", None)
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return f'"{name}" has no settings_model, a pydantic model'
    if model.model_config.get("extra") != "forbid":
        return f'the settings of "{name}" do not refuse unknown keys: ConfigDict(extra="forbid")'
    return ""


def _import(entry: Entry) -> None:
    import pluggy

    from consentric.sdk import hooks

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    module = entry.entry_point.load()
    try:
        manager.register(module, entry.plugin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        text = str(error)
        named = _HOOK.search(text)
        name = named[1] if named else ""
        is_unknown = text.startswith("unknown hook")
        said = f"unknown hook '{name}'" if is_unknown else f"hook '{name}' takes other arguments than these"
        raise _Unfit(said) from None
    entry.hooks = manager


def _register(entry: Entry) -> None:
    from consentric.sdk.contracts import Connector, Writer

    assert entry.hooks is not None
    connectors = [c for found in entry.hooks.hook.register_connectors() for c in found]
    writers = [w for found in entry.hooks.hook.register_writers() for w in found]
    for contract, parts in ((Connector, connectors), (Writer, writers)):
        for part in parts:
            fault = fault_of_part(part, contract)
            if fault:
                raise _Unfit(fault)
        names = [part.name for part in parts]
        if len(set(names)) < len(names):
            raise _Unfit(f"it registers two {contract.__name__.lower()}s of one name")
    entry.connectors = {c.name: c for c in connectors}
    entry.writers = {w.name: w for w in writers}
    entry.plugin.connectors = tuple(sorted(entry.connectors))
    entry.plugin.writers = tuple(sorted(entry.writers))


def _reason(entry: Entry, error: BaseException) -> str:
    missing = missing_module(error)
    if missing is not None:
        return f'module "{missing}" is not installed; pip install "{_requirement(entry)}"'
    if isinstance(error, _Unfit):
        return str(error)
    return f"it raised {kind_and_place(error, entry.entry_point.module)}"


def _requirement(entry: Entry) -> str:
    distribution = entry.plugin.distribution
    dist = entry.entry_point.dist
    extras = (dist.metadata.get_all("Provides-Extra") or []) if dist is not None else []
    extra = entry.plugin.name.split("-")[0]
    return f"{distribution}[{extra}]" if extra in extras else distribution
