"""The full list of a plan by record reference: `plans/ID/rows.parquet`, for reading, unchanged left out."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from consentric_privacy.files import make_private_folder

from .record_plan import RecordPlan

SCHEMA = pa.schema(
    [
        ("rref", pa.binary(16)),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("set", pa.string()),
        ("set_state", pa.string()),
        ("set_reason", pa.string()),
        ("change", pa.string()),
        ("segment_before", pa.string()),
        ("segment_after", pa.string()),
        ("cause", pa.string()),
    ]
)
LISTING_FILE = "rows.parquet"
CHUNK_ROWS = 50_000


class Listing:
    """Writes the file while the records go by; it is there under its name only when it is whole."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LISTING_FILE
        self._part = folder / f"{LISTING_FILE}.part"
        self._rows: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Listing:
        make_private_folder(self._part.parent)
        descriptor = os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.close(descriptor)
        self._writer = pq.ParquetWriter(self._part, SCHEMA, compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        assert self._writer is not None
        self._writer.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink()

    def add(self, record: RecordPlan) -> None:
        """One row per set of a record that is not unchanged."""
        if record.state == "unchanged":
            return
        for one in record.sets:
            self._rows.append(
                {
                    "rref": record.rref,
                    "state": record.state,
                    "reason": record.reason,
                    "set": one.set,
                    "set_state": one.state,
                    "set_reason": one.reason,
                    "change": one.kind,
                    "segment_before": one.before,
                    "segment_after": one.after,
                    "cause": one.cause,
                }
            )
        if len(self._rows) >= CHUNK_ROWS:
            self._flush()

    def _flush(self) -> None:
        assert self._writer is not None
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
            self._rows = []
