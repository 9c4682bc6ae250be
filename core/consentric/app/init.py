"""Writes a configuration from answers; whatever it allows stands there because an answer said so."""

from __future__ import annotations

import secrets
from pathlib import Path

from consentric.sdk.errors import ConfigError
from consentric_privacy.files import write_atomic

from .init_files import FILES, texts_of
from .init_questions import Answers


def write_configuration(folder: Path, answers: Answers) -> list[Path]:
    """Writes the three files, and the root key if an answer asks for a file that is not there.

    Answered with its defaults the configuration names no CRM, allows nothing and writes nowhere.

    Args:
        folder: The new workspace; created if missing.
        answers: One for each part of each question.

    Raises:
        ConfigError: When one of the files exists; nothing is ever overwritten.
    """
    existing = [name for name in FILES if (folder / name).exists()]
    if existing:
        raise ConfigError(
            f"{', '.join(existing)} exists already in {folder}",
            hint="edit it, or name another folder with  --config FOLDER/config.toml",
            happened="nothing was written.",
            code="CS222",
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    key = _root_key_to_make(folder, str(answers["root_key"]))
    if key is not None:
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(key, secrets.token_hex(32).encode() + b"\n")
        written.append(key)
    for name, text in texts_of(answers).items():
        write_atomic(folder / name, text.encode())
        written.append(folder / name)
    return written


def _root_key_to_make(folder: Path, reference: str) -> Path | None:
    scheme, _, place = reference.partition(":")
    path = folder / Path(place).expanduser()
    return path if scheme == "file" and not path.exists() else None
