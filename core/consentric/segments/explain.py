"""Explains one person's segments from the rows the engine left, without computing anybody again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import duckdb

from consentric.sdk.errors import GuardError, NotIdentifiedError
from consentric.warehouse import lookups
from consentric.warehouse.lookups import Value
from consentric.warehouse.money import exponent_of
from consentric.warehouse.store import Warehouse

from .checks import parsed_rules
from .explanation import Details, SetExplanation
from .methods.lifecycle import cadence_used
from .methods.method import Case
from .methods.registry import METHODS
from .rule_explanation import explain_rules
from .sets import SegmentSet


def explain(
    warehouse: Warehouse,
    sets: Sequence[SegmentSet],
    pid: str,
    *,
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
) -> list[SetExplanation]:
    """One explanation per set, from the last run.

    Args:
        sets: As they were computed; another configuration explains another result.

    Raises:
        NotIdentifiedError: When nobody has this pid.
        GuardError: When segments were never computed.
    """
    connection = warehouse.connection
    subject = lookups.subject_of(connection, pid)
    if subject is None:
        raise NotIdentifiedError("nobody in the warehouse has this pseudonym")
    run = lookups.last_run(connection)
    if run is None:
        raise GuardError("no segment was computed yet", hint="consentric segment", code="CS514")
    exponent = exponent_of(reporting_currency)
    return [explain_set(connection, one, subject, run, attributes, exponent) for one in sets]


def explain_set(
    connection: duckdb.DuckDBPyConnection,
    segment_set: SegmentSet,
    subject: int,
    run: tuple[str, date],
    attributes: Collection[str],
    money_exponent: int,
) -> SetExplanation:
    """Why one person is where they are in one set.

    Args:
        connection: Of the warehouse, or of what was published of it.
        run: Id and day of the last run.
    """
    permission = lookups.permission_of(connection, subject, segment_set.purpose)
    membership = lookups.membership_of(connection, segment_set.name, subject)
    score = lookups.score_of(connection, segment_set.name, subject)
    details = Details()
    if score is not None:
        case = Case(
            connection=connection,
            segment_set=segment_set,
            subject=subject,
            as_of_day=run[1],
            measures=_measures_as_used(connection, segment_set, subject),
            score=score,
            money_factor=10**money_exponent,
        )
        details = _details(case, attributes, money_exponent)
    return SetExplanation(
        set=segment_set.name,
        purpose=segment_set.purpose,
        method=segment_set.settings.method,
        run=run[0],
        as_of_day=run[1],
        is_allowed=permission is not None and permission.verdict == "ALLOW",
        reason="" if permission is None else permission.reason,
        segment=None if membership is None else membership.segment,
        previous=None if membership is None else membership.previous,
        since=None if membership is None else membership.since,
        within=segment_set.settings.within,
        cell=None if score is None else score.cell,
        inputs=details.inputs,
        scores=details.scores,
        limits=details.limits,
        rules=details.rules,
        nearest=details.nearest,
    )


def _measures_as_used(
    connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet, subject: int
) -> dict[str, Value]:
    measures = lookups.measures_of(connection, subject)
    usual = lookups.usual_cadence_of(connection, segment_set.purpose)
    own = measures["own_cadence"]
    assert own is None or isinstance(own, int)
    return {**measures, "own_cadence": cadence_used(own, usual, segment_set.settings.lifecycle)}


def _details(case: Case, attributes: Collection[str], money_exponent: int) -> Details:
    method = case.segment_set.settings.method
    if method is not None:
        return METHODS[method].explain(case)
    rules = parsed_rules(case.segment_set, attributes=attributes, money_exponent=money_exponent)
    return explain_rules(case, rules)
