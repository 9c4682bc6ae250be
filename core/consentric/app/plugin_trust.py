"""Writes the pin of an installed plugin into `[plugins] allow`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from consentric.sdk.errors import ConfigError
from consentric.sdk.hooks import PROJECT
from consentric_privacy.files import write_atomic

from .pins import pin_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One plugin in one version with exactly these files."""

    name: str
    version: str
    sha256: str

    def as_toml(self) -> str:
        """The entry as it stands in a configuration."""
        return f'{{ name = "{self.name}", version = "{self.version}", sha256 = "{self.sha256}" }}'


def pin_of_plugin(point: EntryPoint) -> Pin:
    """The pin of what is installed now; reads its files and imports none.

    Raises:
        ConfigError: It cannot be pinned: it is built in, or editable, or has no list of files.
    """
    if point.dist is None or point.dist.name == PROJECT:
        raise ConfigError(
            f'plugin "{point.name}" is built in and needs no pin',
            happened="nothing was trusted.",
            code="CS255",
        )
    return Pin(name=point.name, version=point.dist.version, sha256=pin_of(point.dist))


def write_pin(config: Path, pin: Pin) -> str:
    """Puts a pin in place of the plugin's entry, or behind the others; comments and order are kept.

    Returns:
        The version that was trusted before; empty when none was.

    Raises:
        ConfigError: The file is not there, or is no TOML.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TOMLKitError):
        raise ConfigError(
            f"{config.name} cannot be read",
            hint=f"put it there yourself:  [plugins] allow = [{pin.as_toml()}]",
            happened="nothing was trusted.",
            code="CS253",
        ) from None
    section = document.setdefault("plugins", tomlkit.table())
    allow = section.setdefault("allow", tomlkit.array())
    entry = tomlkit.parse(f"entry = {pin.as_toml()}")["entry"]
    before = ""
    for index, one in enumerate(list(allow)):
        is_table = isinstance(one, dict)
        if (one.get("name") if is_table else one) == pin.name:
            before = str(one.get("version", "")) if is_table else ""
            allow[index] = entry
            break
    else:
        allow.append(entry)
    write_atomic(config, tomlkit.dumps(document).encode())
    return before
