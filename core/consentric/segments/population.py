"""Who takes part in a set: people whom its purpose allows, at this run's instant."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from .tables import Tables


def population(tables: Tables, purpose: str) -> Table:
    """One row per subject with a live record and a valid ALLOW to process: purpose, subject."""
    as_of = tables.run_context.as_of.as_scalar()
    permission = tables.permission
    allowed = permission.filter(
        permission.purpose == purpose,
        permission.channel == "none",
        permission.action == "process",
        permission.verdict == "ALLOW",
        permission.valid_until.isnull() | (permission.valid_until > as_of),
    )
    live = tables.record.filter(tables.record.live)
    return allowed.semi_join(live, "subject").select(purpose=ibis.literal(purpose), subject="subject")
