"""Loads and checks a configuration as a whole: every fault of every file is found in one pass."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from consentric.sdk.errors import ConfigError, Fault, KeyMaterialError
from consentric_privacy.secrets import resolve

from .allowed import allowed_in
from .config_checks import cross_faults, refusals
from .config_faults import is_reference, literal_secret, literal_secrets, model_faults, secret_fields
from .config_plugins import pin_faults, raised_by_settings
from .config_segments import segment_faults
from .documents import Document, read_documents
from .plugin_manager import UNUSABLE, Plugins
from .settings import ConnectionSettings, Settings
from .toml_places import Path as KeyPath

Found = tuple[KeyPath, Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration without faults.

    Secrets in it are references; `connection_settings` resolves those of one connection when it is used.
    """

    path: Path
    settings: Settings
    document: Document
    plugins: Plugins
    hash: str
    """SHA-256 of everything the files say, in a form that comments and order of keys do not change."""
    _connections: Mapping[str, BaseModel]
    unusable: Mapping[str, Fault]
    """Connection to why the plugin that reads it cannot be used; the others can."""

    @property
    def folder(self) -> Path:
        """The workspace."""
        return self.path.parent

    def where(self, *path: str | int) -> str:
        """The place of a setting, for a message."""
        return self.document.where(path)

    def where_secret(self, connection: str) -> str:
        """The place of the first secret that a connection signs in with."""
        checked = self._connections[connection]
        set_keys = [key for key in secret_fields(checked) if getattr(checked, key) is not None]
        return self.where("connections", connection, *set_keys[:1])

    def connection_settings(self, name: str) -> BaseModel:
        """The settings of a connection in its connector's model, with its secrets read.

        Raises:
            ConfigError: When a secret is not where the reference says (exit 2).
        """
        checked = self._connections[name]
        resolved: dict[str, SecretStr] = {}
        for key in secret_fields(checked):
            reference = getattr(checked, key)
            if isinstance(reference, SecretStr):
                resolved[key] = self._secret(name, key, reference.get_secret_value())
        return checked.model_copy(update=resolved)

    def _secret(self, connection: str, key: str, reference: str) -> SecretStr:
        try:
            return SecretStr(resolve(reference, base=self.folder).reveal())
        except KeyMaterialError as error:
            raise ConfigError(
                f'connection "{connection}": setting "{key}": {error.message}',
                where=self.where("connections", connection, key),
                hint=error.hint,
                happened="nothing was read or written.",
                code="CS212",
            ) from None


def load_config(path: Path) -> Config:
    """Reads and checks `config.toml` and the files it includes.

    Touches no network and reads no secret; imports the plugins that its connections name. A connection whose
    plugin cannot be used is no fault: it fails alone, when it is read.

    Raises:
        ConfigError: With all faults, in the order of files and lines.
    """
    document = read_documents(path)
    plugins = Plugins(allowed_in(document.value(("plugins", "allow"))))
    return _checked(path, document, plugins, document.value(("connections",)), used=plugins)


def read_config(path: Path) -> Config:
    """The same for a command that asks no CRM: no plugin of somebody else's is imported.

    Connections that one of them may read are not looked at; one that hangs or is broken holds up nothing.

    Raises:
        ConfigError: With all other faults, in the order of files and lines.
    """
    document = read_documents(path)
    plugins = Plugins(allowed_in(document.value(("plugins", "allow"))))
    tables = document.value(("connections",))
    if isinstance(tables, dict) and plugins.has_outsiders:
        tables = {name: table for name, table in tables.items() if _is_ours(table, plugins)}
    return _checked(path, document, plugins, tables, used=Plugins())


def _is_ours(table: object, plugins: Plugins) -> bool:
    return not isinstance(table, dict) or plugins.is_built_in(str(table.get("connector")))


def _checked(path: Path, document: Document, plugins: Plugins, tables: object, *, used: Plugins) -> Config:
    """The configuration, with the settings of these connections checked by the plugins in use."""
    found: list[Found] = literal_secrets(document)
    settings = _checked_settings(document, found)
    found += pin_faults(document, plugins)
    connections, unusable = _checked_connections(document, tables, used, found)
    # Names defined in a file that could not be read would all be missing: its own fault says enough.
    if not document.faults:
        found += cross_faults(document)
        found += segment_faults(document)
        found += _purchase_faults(document, connections, used)
        found += _clock_faults(document, used)
    faults = [*document.faults, *_in_order(document, found)]
    if faults or settings is None:
        raise _config_error(faults, document)
    return Config(
        path=path,
        settings=settings,
        document=document,
        plugins=plugins,
        hash=_hash(document.content),
        _connections=connections,
        unusable=unusable,
    )


def check_config(path: Path) -> Config:
    """Loads the configuration and asks as well whether it can ever allow what it is for.

    Raises:
        ConfigError: With all faults, or with what its purposes and destinations lack.
    """
    config = load_config(path)
    lacking = lacking_in(config)
    if lacking:
        raise _config_error(lacking, config.document)
    return config


def lacking_in(config: Config) -> list[Fault]:
    """What keeps a configuration without faults from what it is for: broken plugins, else settings."""
    return list(config.unusable.values()) or _in_order(config.document, refusals(config.document))


def connections_only_read(config: Config) -> list[str]:
    """Connections that could be written to, and that no destination names."""
    destined = {one.to for one in config.settings.destination}
    return [
        name
        for name, one in config.settings.connections.items()
        if name not in destined and _has_writer(config.plugins, one.connector)
    ]


def _has_writer(plugins: Plugins, connector: str) -> bool:
    try:
        plugins.writer(connector)
    except ConfigError:
        return False
    return True


def _checked_settings(document: Document, found: list[Found]) -> Settings | None:
    try:
        return Settings.model_validate(document.content)
    except ValidationError as error:
        found += model_faults(document, error, model=Settings)
    return None


def _checked_connections(
    document: Document, tables: object, plugins: Plugins, found: list[Found]
) -> tuple[dict[str, BaseModel], dict[str, Fault]]:
    """Settings of each connection in its connector's model; and the connections that cannot be used."""
    checked: dict[str, BaseModel] = {}
    unusable: dict[str, Fault] = {}
    for name, table in tables.items() if isinstance(tables, dict) else ():
        if not isinstance(table, dict) or not isinstance(table.get("connector"), str):
            continue
        prefix: KeyPath = ("connections", name)
        try:
            model = plugins.connector(table["connector"]).settings_model
        except ConfigError as error:
            where = document.where((*prefix, "connector"))
            fault = Fault(error.message, where=where, hint=error.hint, code=error.code)
            if error.code == UNUSABLE:
                unusable[name] = fault
            else:
                found.append(((*prefix, "connector"), fault))
            continue
        own = {key: value for key, value in table.items() if key not in ConnectionSettings.model_fields}
        try:
            checked[name] = model.model_validate(own)
        except ValidationError as error:
            found += model_faults(document, error, model=model, prefix=prefix)
        except Exception as error:  # noqa: BLE001 - the model may be somebody else's
            unusable[name] = raised_by_settings(document, plugins, name, error)
        else:
            found += _secrets_written_down(document, prefix, checked[name], found)
    return checked, unusable


def _secrets_written_down(
    document: Document, prefix: KeyPath, settings: BaseModel, found: list[Found]
) -> list[Found]:
    already = {path for path, _ in found}
    faults = []
    for key in secret_fields(settings):
        path = (*prefix, key)
        value = document.value(path)
        if isinstance(value, str) and not is_reference(value) and path not in already:
            faults.append((path, literal_secret(document, path)))
    return faults


def _purchase_faults(
    document: Document, connections: Mapping[str, BaseModel], plugins: Plugins
) -> list[Found]:
    """Two sources mirror each other's orders; only an order number tells one purchase from two."""
    sources = document.value(("purchases", "from"))
    if not isinstance(sources, list) or len(sources) < 2:
        return []
    found: list[Found] = []
    for name in sources:
        if not isinstance(name, str) or name not in connections:
            continue  # a fault of its own
        prefix: KeyPath = ("connections", name)
        connector = plugins.connector(str(document.value((*prefix, "connector"))))
        try:
            unnumbered = list(connector.unnumbered_purchases(connections[name]))
        except Exception as error:  # noqa: BLE001 - the connector may be somebody else's
            found.append((prefix, raised_by_settings(document, plugins, name, error)))
            continue
        for lacking in unnumbered:
            path = (*prefix, *lacking)
            fault = Fault(
                f'purchases come from {len(sources)} sources, and "{name}" does not say which field holds'
                " the order number",
                where=document.where(path),
                hint='add  order_number = "FIELD"  to each, or name one source in [purchases] from',
                code="CS214",
            )
            found.append((path, fault))
    return found


def _clock_faults(document: Document, plugins: Plugins) -> list[Found]:
    """A fixed clock would make consent look fresh for ever; it is for CRMs that are pretended themselves."""
    if "clock" not in document.content:
        return []
    tables = document.content.get("connections")
    named = (
        [table for table in tables.values() if isinstance(table, dict)] if isinstance(tables, dict) else []
    )
    if named and not any(_is_real(table, plugins) for table in named):
        return []
    fault = Fault(
        "a fixed clock is for pretend CRMs only, and a connection here is real",
        where=document.where(("clock",)),
        hint="take [clock] out, or give every connection to a CRM a `sandbox`",
        code="CS209",
    )
    return [(("clock",), fault)]


def _is_real(table: dict[str, Any], plugins: Plugins) -> bool:
    if "sandbox" in table:
        return False
    try:
        return plugins.connector(str(table.get("connector"))).is_remote
    except ConfigError:
        return False  # a fault of its own


def _in_order(document: Document, found: list[Found]) -> list[Fault]:
    ordered = sorted(found, key=lambda pair: document.order(pair[0]))
    return [fault for _, fault in ordered]


def _config_error(faults: list[Fault], document: Document) -> ConfigError:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    files = ", ".join(document.files)
    return ConfigError(
        f"the configuration has {count} ({files})",
        faults=faults,
        happened="nothing was read or written.",
        hint="mend them, then  consentric config check",
    )


def _hash(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
