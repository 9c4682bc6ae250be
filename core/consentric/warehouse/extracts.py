"""Who is in which segment, for a file that leaves: only people whom the gate lets leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb

from .permissions import as_utc


def exports_were_decided(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the gate was asked about exports at all."""
    return bool(connection.execute("SELECT 1 FROM permission WHERE action = 'export' LIMIT 1").fetchall())


def exportable(
    connection: duckdb.DuckDBPyConnection, purposes: Mapping[str, str], *, now: datetime
) -> list[tuple[str, str, str]]:
    """Pid, set and segment of everybody whom the purpose of the set lets leave at this moment.

    Args:
        purposes: Name of each set to its purpose.
        now: Decides which permissions are valid.
    """
    return connection.execute(
        """SELECT pid, asked.name, segment
           FROM (SELECT unnest($sets::VARCHAR[]) AS name, unnest($purposes::VARCHAR[]) AS purpose) AS asked
           JOIN membership ON membership."set" = asked.name AND to_run IS NULL
           JOIN permission ON permission.subject = membership.subject
             AND permission.purpose = asked.purpose AND channel = 'none' AND action = 'export'
           JOIN subject ON subject.subject = membership.subject
           WHERE verdict = 'ALLOW' AND (valid_until IS NULL OR valid_until > $now)""",
        {"sets": list(purposes), "purposes": list(purposes.values()), "now": as_utc(now)},
    ).fetchall()
