"""Looks at one plugin from a child process: what it breaks or does not come back from harms nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .plugin_source import findings_in_source

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .installed_plugins import Entry

SECRET_WORDS = ("token", "secret", "password", "key")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: Literal["ok", "advice", "failed"]
    name: str
    finding: str


def check_plugin(name: str, *, seconds: float) -> list[Finding]:
    """Imports a plugin in a child process and looks at what it registers; runs its code, allowed or not.

    Args:
        name: As its entry point names it.
        seconds: After so long the child is ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "findings.json"
        command = [sys.executable, "-m", "consentric.app.plugin_check", name, str(answer)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return [Finding("failed", "import", f"it did not come back within {seconds:g} seconds")]
        if not answer.exists():
            code = done.returncode
            return [Finding("failed", "import", f"it ended the process that imported it (exit {code})")]
        return [Finding(**one) for one in json.loads(answer.read_text(encoding="utf-8"))]


def findings_of(name: str) -> Iterator[Finding]:
    """What there is to say of a plugin, imported into this process."""
    from .plugin_loading import load_entry
    from .plugin_manager import Plugins

    plugins = Plugins([name])
    entry = plugins.entry(name)
    load_entry(entry)
    if entry.plugin.state != "loaded":
        yield Finding("failed", "import", entry.plugin.reason)
        return
    yield Finding("ok", "import", f"module {entry.plugin.module}")
    plugins.load_all()
    if entry.plugin.state != "loaded":
        yield Finding("failed", "names", entry.plugin.reason)
        return
    names = sorted({*entry.connectors, *entry.writers})
    if names:
        yield Finding("ok", "contract", f"registers {', '.join(names)}")
    else:
        yield Finding("advice", "contract", "it registers no connector and no writer")
    models = [part.settings_model for part in entry.connectors.values()]
    models += [part.settings_model for part in entry.writers.values()]
    for model in dict.fromkeys(models):
        yield from _of_settings(model)
    for label, writer in entry.writers.items():
        yield from _of_writer(label, writer, plugins)
    yield from _of_metadata(entry)
    for finding in findings_in_source(entry.entry_point.module):
        yield Finding("failed" if finding.is_breach else "advice", "source", finding.text)


def _of_settings(model: type[BaseModel]) -> Iterator[Finding]:
    from .config_faults import secret_fields
    from .settings import ConnectionSettings

    taken = sorted(set(model.model_fields) & set(ConnectionSettings.model_fields))
    if taken:
        yield Finding("failed", "settings", f'"{taken[0]}" is a setting of every connection')
    kept = set(secret_fields(model.model_construct()))
    bare = [
        name
        for name in model.model_fields
        if name not in kept and any(word in name.split("_") for word in SECRET_WORDS)
    ]
    for name in bare:
        yield Finding("failed", "settings", f'"{name}" looks like a secret and is no SecretStr')
    if not taken and not bare:
        yield Finding("ok", "settings", ", ".join(model.model_fields) or "none")


def _of_writer(label: str, writer: Any, plugins: Any) -> Iterator[Finding]:
    from consentric.sdk.contracts import Writer
    from consentric.sdk.errors import ConfigError

    contract = {*dir(Writer), *Writer.__annotations__}
    beyond = sorted(name for name in dir(writer) if not name.startswith("_") and name not in contract)
    if beyond:
        said = f'writer "{label}" offers {", ".join(beyond)}, which the contract does not know'
        yield Finding("failed", "writer", said)
    try:
        plugins.connector(label)
    except ConfigError:
        said = f'no connector is named "{label}": a connection reads and writes under one name'
        yield Finding("failed", "writer", said)


def _of_metadata(entry: Entry) -> Iterator[Finding]:
    dist = entry.entry_point.dist
    requires = (dist.requires or []) if dist is not None else []
    if not entry.plugin.is_built_in and not any(one.lower().startswith("consentric") for one in requires):
        yield Finding("advice", "metadata", 'dependencies do not name "consentric"')
    files = [str(one) for one in (dist.files or [])] if dist is not None else []
    if files and not any(one.endswith("py.typed") for one in files) and not entry.plugin.is_built_in:
        yield Finding("advice", "metadata", "it has no py.typed: type checkers do not look into it")


def main(arguments: list[str]) -> None:
    """The child: writes its findings into a file, for a plugin may print."""
    name, answer = arguments
    found = [asdict(one) for one in findings_of(name)]
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
