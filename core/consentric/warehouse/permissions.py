"""What the gate decided, as rows: how the engine obeys consent without holding a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from consentric.sdk.errors import GuardError

from .intake import staged

PERMISSIONS = pa.schema(
    [
        ("pid", pa.string()),
        ("purpose", pa.string()),
        ("channel", pa.string()),
        ("action", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("effect", pa.string()),
        ("valid_until", pa.timestamp("us")),
    ]
)


def put_permissions(connection: duckdb.DuckDBPyConnection, decisions: pa.Table) -> None:
    """Upserts decisions by (pid, purpose, channel, action); times with a zone become UTC."""
    with staged(connection, decisions, PERMISSIONS, key="pid, purpose, channel, action"):
        connection.execute(
            """DELETE FROM permission USING staged JOIN subject USING (pid)
               WHERE permission.subject = subject.subject AND permission.purpose = staged.purpose
                 AND permission.channel = staged.channel AND permission.action = staged.action"""
        )
        connection.execute(
            """INSERT INTO permission
               SELECT subject.subject, purpose, channel, action, verdict, reason, effect, valid_until
               FROM staged JOIN subject USING (pid)"""
        )


def set_permission_run(connection: duckdb.DuckDBPyConnection, decided_at: datetime, policy_hash: str) -> None:
    """Replaces the one row of `permission_run`."""
    connection.execute("DELETE FROM permission_run")
    connection.execute("INSERT INTO permission_run VALUES (?, ?)", [as_utc(decided_at), policy_hash])


def policy(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The policy hash of the last permission run."""
    row = connection.execute("SELECT policy_hash FROM permission_run").fetchone()
    return None if row is None else str(row[0])


def check_fresh(connection: duckdb.DuckDBPyConnection, *, now: datetime, max_staleness: timedelta) -> None:
    """Raises GuardError when the permission table is older than `max_staleness` or was never written."""
    row = connection.execute("SELECT decided_at FROM permission_run").fetchone()
    hint = "read consent and decide:  consentric pull"
    if row is None:
        raise GuardError("consent was never read, so nothing is allowed yet", hint=hint, code="CS513")
    age = as_utc(now) - row[0]
    if age > max_staleness:
        hours, limit = int(age.total_seconds() // 3600), int(max_staleness.total_seconds() // 3600)
        raise GuardError(
            f"permissions were decided {hours} hours ago, the limit is {limit}", hint=hint, code="CS513"
        )


def as_utc(moment: datetime) -> datetime:
    """The same instant as DuckDB keeps it: UTC without a zone.

    Raises:
        ValueError: When the moment carries no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None)
