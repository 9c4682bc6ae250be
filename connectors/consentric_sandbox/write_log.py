"""The pretend CRM's own log of accepted writes, where tests count duplicates, losses and forbidden verbs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Kind = Literal[
    "label", "provision", "could_create", "could_subscribe", "unsubscribe", "merge", "erase", "other"
]


class WriteLog:
    """Appends one JSON line per accepted write: seq, at, operation, kind, ids, values.

    The file may hold made-up personal data of the pretend CRM; it is created with mode 0600.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seq = _last_seq(path)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(
        self,
        kind: Kind,
        operation: str,
        *,
        at: str,
        ids: Sequence[str],
        values: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Records one accepted request; `values` follows `ids` where properties were written."""
        self.seq += 1
        line = {
            "seq": self.seq,
            "at": at,
            "operation": operation,
            "kind": kind,
            "ids": list(ids),
            "values": [dict(one) for one in values],
        }
        os.write(self._file, json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def _last_seq(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        lines = [line for line in file if line.endswith(b"\n")]
    return int(json.loads(lines[-1])["seq"]) if lines else 0
