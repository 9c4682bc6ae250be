"""Whatever bytes a file holds: it is read, or one DataError without content; nothing else leaves."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from consentric import Bookmark, Complete, Context, DataError
from consentric.sdk.transport import Transport
from consentric_files.connector import FilesConnector
from consentric_files.settings import FilesSettings

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SETTINGS = {
    "contacts": {
        "columns": {"id": "a", "email": "b", "created_at": "c", "birth_date": "d", "bounced": "e"},
        "consents": [{"purpose": "email_marketing", "columns": {"state": "f", "grade": "g"}}],
    }
}
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1", "2026-01-01", "yes", "granted", "B", "", "=x", '"', "\r", "\0", "٣", "\ud800"]),
)


def read(content: bytes, name: str) -> list | DataError:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        transport = Transport("shop", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
        context = Context(
            connection="shop",
            clock=lambda: NOON,
            transport=transport,
            workspace=Path(folder),
            fields={"contact": ["h"]},
        )
        chosen = {"contacts": {**SETTINGS["contacts"], "path": name}}
        connector = FilesConnector(FilesSettings.model_validate(chosen), context)
        found = []
        try:
            found.extend(connector.read(connector.streams()[0], None))
        except DataError as error:
            assert found == []
            return error
        return found


def is_whole(found: list | DataError) -> bool:
    if isinstance(found, DataError):
        return True
    *contacts, bookmark, complete = found
    return isinstance(bookmark, Bookmark) and complete == Complete(count=len(contacts))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=8, max_size=9), max_size=4), st.binary(max_size=20))
def test_any_csv_is_read_whole_or_refused(rows, tail):
    lines = ["a,b,c,d,e,f,g,h", *(",".join(row) for row in rows)]

    assert is_whole(read("\n".join(lines).encode("utf-8", "surrogatepass") + tail, "people.csv"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                pa.array([None, 1, -(2**63)]),
                pa.array([True, None, False]),
                pa.array([0.1, float("nan"), float("inf")]),
                pa.array(["x", "", "=y"]),
                pa.array([b"\xff", b"", None]),
                pa.array([[1], [], None]),
                pa.array([0, 2**62, None], pa.timestamp("ns")),
                pa.array([0, 2**60, -(2**60)], pa.timestamp("us", tz="UTC")),
                pa.array([0, 2**30, None], pa.date32()),
                pa.array([{"z": 1}, None, None]),
            ]
        ),
        min_size=8,
        max_size=8,
    )
)
def test_any_parquet_is_read_whole_or_refused(columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(zip("abcdefgh", columns, strict=True))), sink)

    assert is_whole(read(sink.getvalue().to_pybytes(), "people.parquet"))
