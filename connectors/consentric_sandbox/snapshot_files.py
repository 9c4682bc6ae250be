"""The files in which a pretend CRM lies: its state, the first one for `reset`, its key, its log."""

from __future__ import annotations

import gc
import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@contextmanager
def without_collecting() -> Iterator[None]:
    """For loading a state: half of the time would go to looking for cycles that are not there."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """Names of one vendor's files; several vendors may share a folder."""

    vendor: str

    @property
    def state(self) -> str:
        """The state: JSON, lightly compressed."""
        return f"{self.vendor}.json.gz"

    @property
    def first(self) -> str:
        """The state as it was made, kept once something was written."""
        return f"{self.vendor}.first.json.gz"

    @property
    def token(self) -> str:
        """The credential that a connection uses."""
        return f"{self.vendor}.token"

    @property
    def log(self) -> str:
        """The log of accepted writes."""
        return f"{self.vendor}.writes.jsonl"

    @property
    def url(self) -> str:
        """Where the server listens, locked while it does."""
        return f"{self.vendor}.url"

    def keep_first(self, folder: Path) -> None:
        """Puts the state as it was made aside; called before a changed one is saved."""
        first = folder / self.first
        if not first.exists():
            (folder / self.state).rename(first)

    def reset(self, folder: Path) -> bool:
        """Takes the state back to how it was made, and forgets its log; False when it never changed."""
        (folder / self.log).unlink(missing_ok=True)
        first = folder / self.first
        if not first.exists():
            return False
        first.replace(folder / self.state)
        return True

    def write_state(self, folder: Path, document: Any) -> Path:
        """Writes the state in one atomic step, readable by its owner only; makes the folder."""
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, check_circular=False)
        return _write(folder / self.state, gzip.compress(text.encode(), compresslevel=1, mtime=0))

    def read_state(self, folder: Path, *, format: int) -> dict[str, Any]:
        """Reads the state back; the file's own format number must fit.

        Raises:
            FileNotFoundError: When the folder holds none.
            ValueError: When another version wrote it.
        """
        document: dict[str, Any] = json.loads(gzip.decompress((folder / self.state).read_bytes()))
        if document["format"] != format:
            raise ValueError(
                f"{folder / self.state} has format {document['format']}, this version reads {format}"
            )
        return document

    def write_token(self, folder: Path, token: str) -> None:
        """Writes the credential, unless it stands there already."""
        self.write_secret(folder, self.token, token)

    def write_secret(self, folder: Path, name: str, secret: str) -> None:
        """Writes one more thing that a connection names by its file, unless it stands there already."""
        file, content = folder / name, secret.encode() + b"\n"
        if not file.exists() or file.read_bytes() != content:
            _write(file, content)


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return path
