"""Taking batches in: each is staged, compared with what is there, and only what changed is replaced.

A batch is an Arrow table with the columns of one of the schemas below; other columns are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

RECORDS = pa.schema(
    [
        ("rref", pa.binary()),
        ("pid", pa.string()),
        ("account", pa.string()),
        ("object", pa.string()),
        ("partition", pa.string()),
        ("live", pa.bool_()),
    ]
)
ATTRIBUTES = pa.schema([("rref", pa.binary()), ("name", pa.string()), ("value", pa.string())])
ACTIVITIES = pa.schema(
    [
        ("rref", pa.binary()),
        ("kind", pa.string()),
        ("day", pa.date32()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("campaign", pa.string()),
        ("category", pa.string()),
        ("machine", pa.bool_()),
        ("source_key", pa.binary()),
        ("order_number", pa.string()),
    ]
)
MOVES = pa.schema([("rref", pa.binary()), ("pid", pa.string())])

_ACTIVITY_COLUMNS = (
    "record, kind, day, amount_minor, currency, campaign, category, machine, source_key, order_number"
)
_COMPUTED = ("permission", "population", "measure", "score", "membership", "subject")


def put_records(connection: duckdb.DuckDBPyConnection, records: pa.Table) -> None:
    """Upserts records by rref; a subject is created for each pid not seen before."""
    with staged(connection, records, RECORDS, key="rref"):
        _create_subjects(connection)
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE arriving AS
               SELECT coalesce(known.record,
                               (SELECT coalesce(max(record), 0) FROM record)
                               + row_number() OVER (PARTITION BY known.record IS NULL ORDER BY staged.rref)
                      ) AS record,
                      staged.rref, subject.subject, staged.account, staged.object, staged.partition,
                      staged.live
               FROM staged JOIN subject USING (pid) LEFT JOIN record AS known USING (rref)
               WHERE known.record IS NULL
                  OR known.subject <> subject.subject OR known.account <> staged.account
                  OR known.object <> staged.object OR known.partition <> staged.partition
                  OR known.live <> staged.live"""
        )
        connection.execute("DELETE FROM record WHERE record IN (SELECT record FROM arriving)")
        connection.execute("INSERT INTO record FROM arriving")
        connection.execute("DROP TABLE arriving")


def put_attributes(connection: duckdb.DuckDBPyConnection, attributes: pa.Table) -> None:
    """Upserts attributes by rref and name; an empty value removes the attribute."""
    with staged(connection, attributes, ATTRIBUTES, key="rref, name"):
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE arriving AS
               SELECT record.record, staged.name, staged.value
               FROM staged JOIN record USING (rref) LEFT JOIN attribute AS known USING (record, name)
               WHERE known.value IS DISTINCT FROM staged.value"""
        )
        connection.execute(
            """DELETE FROM attribute USING arriving
               WHERE attribute.record = arriving.record AND attribute.name = arriving.name"""
        )
        connection.execute("INSERT INTO attribute FROM arriving WHERE value IS NOT NULL")
        connection.execute("DROP TABLE arriving")


def put_activities(connection: duckdb.DuckDBPyConnection, activities: pa.Table) -> int:
    """Upserts activities by source key; gives the number of rows whose rref is not a record."""
    with staged(connection, activities, ACTIVITIES, key="source_key"):
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE arriving AS
               SELECT record.record, kind, day, amount_minor, currency, campaign, category,
                      coalesce(machine, false) AS machine, hex(source_key)::UUID AS source_key, order_number
               FROM staged JOIN record USING (rref)"""
        )
        left_out = _count(
            connection, "SELECT (SELECT count(*) FROM staged) - (SELECT count(*) FROM arriving)"
        )
        connection.execute(
            "DELETE FROM activity WHERE source_key IN (SELECT hex(source_key)::UUID FROM staged)"
        )
        connection.execute(f"INSERT INTO activity SELECT {_ACTIVITY_COLUMNS} FROM arriving")  # noqa: S608 - constant
        connection.execute("DROP TABLE arriving")
    return left_out


def remove_activities(connection: duckdb.DuckDBPyConnection, source_keys: Sequence[bytes]) -> None:
    """Deletes activities by source key."""
    connection.execute(
        "DELETE FROM activity WHERE source_key IN (SELECT hex(unnest(?::BLOB[]))::UUID)", [list(source_keys)]
    )


def merge_records(connection: duckdb.DuckDBPyConnection, rrefs: Sequence[bytes]) -> None:
    """Marks records as not live; attributes and activities stay."""
    connection.execute(
        "UPDATE record SET live = false WHERE live AND rref IN (SELECT unnest(?::BLOB[]))", [list(rrefs)]
    )


def retire_records(connection: duckdb.DuckDBPyConnection, rrefs: Sequence[bytes]) -> None:
    """Deletes records, their attributes and their activities."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE leaving AS
           SELECT record FROM record WHERE rref IN (SELECT unnest(?::BLOB[]))""",
        [list(rrefs)],
    )
    for table in ("activity", "attribute", "record"):
        connection.execute(f"DELETE FROM {table} WHERE record IN (FROM leaving)")  # noqa: S608 - constant names
    connection.execute("DROP TABLE leaving")


def regroup(connection: duckdb.DuckDBPyConnection, moves: pa.Table) -> None:
    """Changes the subject of records; activities, attributes and labels are not touched.

    A subject that begins here was a part of another: until segments are computed again it is where that was.
    """
    with staged(connection, moves, MOVES, key="rref"):
        known = _count(connection, "SELECT coalesce(max(subject), 0) FROM subject")
        _create_subjects(connection)
        connection.execute(
            """INSERT INTO membership
               SELECT m."set", part.subject, m.segment, m.from_run, m.to_run
               FROM (SELECT s.subject, min(r.subject) AS whole
                     FROM staged JOIN subject AS s USING (pid) JOIN record AS r USING (rref)
                     WHERE s.subject > ? GROUP BY s.subject) AS part
               JOIN membership AS m ON m.subject = part.whole""",
            [known],
        )
        connection.execute(
            """UPDATE record SET subject = subject.subject FROM staged JOIN subject USING (pid)
               WHERE record.rref = staged.rref AND record.subject <> subject.subject"""
        )


def prune_subjects(connection: duckdb.DuckDBPyConnection) -> int:
    """Deletes subjects without records from every table that names a subject."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE leaving AS
           SELECT subject FROM subject WHERE subject NOT IN (SELECT subject FROM record)"""
    )
    gone = _count(connection, "SELECT count(*) FROM leaving")
    if gone:
        for table in _COMPUTED:
            connection.execute(f"DELETE FROM {table} WHERE subject IN (FROM leaving)")  # noqa: S608 - constant names
    connection.execute("DROP TABLE leaving")
    return gone


@contextmanager
def staged(
    connection: duckdb.DuckDBPyConnection, batch: pa.Table, shape: pa.Schema, *, key: str
) -> Iterator[None]:
    """Puts a batch into the temporary table `staged`, of equal keys only the last row."""
    connection.register("batch", batch.select(shape.names).cast(shape))
    try:
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE staged AS SELECT * EXCLUDE (position)
                FROM (SELECT *, row_number() OVER () AS position FROM batch)
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY position DESC) = 1"""  # noqa: S608 - constant keys
        )
    finally:
        connection.unregister("batch")
    yield
    connection.execute("DROP TABLE staged")


def _create_subjects(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """INSERT INTO subject
           SELECT (SELECT coalesce(max(subject), 0) FROM subject) + row_number() OVER (ORDER BY pid), pid
           FROM (SELECT DISTINCT pid FROM staged ANTI JOIN subject USING (pid))"""
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
