"""Reads `[plugins] allow` alone, before the configuration as a whole is checked."""

from __future__ import annotations

import tomllib
from pathlib import Path


def allowed_plugins(config: Path) -> tuple[str, ...]:
    """Names of plugins that a configuration lets load; none when it cannot be read.

    The command line needs them to know the commands of plugins; whoever runs a command on a broken
    configuration is told all its faults by `load_config`.
    """
    try:
        document = tomllib.loads(config.read_text(encoding="utf-8"))
        allow = document["plugins"]["allow"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(name for name in allow if isinstance(name, str)) if isinstance(allow, list) else ()
