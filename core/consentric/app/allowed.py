"""Reads `[plugins] allow` alone, before the configuration as a whole is checked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A plugin that may load; with a pin only in exactly this version and with exactly these files."""

    name: str
    version: str | None = None
    sha256: str | None = None


def allowed_plugins(config: Path) -> tuple[Allowed, ...]:
    """Plugins that a configuration lets load; none when it cannot be read.

    The command line needs them to know the commands of plugins; whoever runs a command on a broken
    configuration is told all its faults by `load_config`.
    """
    try:
        document = tomllib.loads(config.read_text(encoding="utf-8"))
        return allowed_in(document["plugins"]["allow"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def allowed_in(allow: object) -> tuple[Allowed, ...]:
    """The entries of `[plugins] allow` that can be understood; a pin with a fault lets nothing load."""
    found = [_entry(one) for one in allow] if isinstance(allow, list) else []
    return tuple(one for one in found if one is not None)


def _entry(one: object) -> Allowed | None:
    if isinstance(one, str):
        return Allowed(one)
    if not isinstance(one, dict) or set(one) != {"name", "version", "sha256"}:
        return None
    if not all(isinstance(value, str) for value in one.values()) or not _SHA256.fullmatch(one["sha256"]):
        return None
    return Allowed(one["name"], one["version"], one["sha256"])
