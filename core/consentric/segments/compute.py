"""The segments stage: from permissions and activities to memberships, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from consentric.control.fits import Fits
from consentric.sdk.errors import ConfigError
from consentric.warehouse import results
from consentric.warehouse.store import Warehouse

from .cache import Compiled, cache_key, compiled
from .decay import INTENT, intent_rows
from .engines import Dialect, Engine, InWarehouse
from .gates import findings_of
from .methods.method import Preparation
from .methods.registry import METHODS
from .notes import notes_of
from .quality_settings import QualitySettings
from .rates import Rate, rate_rows
from .report import SegmentReport, SetReport
from .sets import SegmentSet, in_order
from .settings import IntentSettings

MAX_STALENESS = timedelta(hours=24)
"""Permissions older than this are not computed from."""


def compute(
    warehouse: Warehouse,
    sets: Sequence[SegmentSet],
    *,
    now: datetime,
    as_of_day: date,
    run: str,
    cache_folder: Path,
    attributes: Collection[str] = (),
    purchase_sources: Sequence[str] = (),
    reporting_currency: str = "EUR",
    rates: Sequence[Rate] = (),
    intent: IntentSettings | None = None,
    fits: Fits | None = None,
    max_staleness: timedelta = MAX_STALENESS,
    quality: QualitySettings | None = None,
    accept: Callable[[SegmentReport], None] | None = None,
    engine: Engine | None = None,
) -> SegmentReport:
    """Computes every set and records who entered, moved and left; the same data twice moves nobody.

    Args:
        now: Decides which permissions are valid, and whether they are fresh.
        as_of_day: Last day whose activities count.
        run: Id of the run; ids of later runs sort after it.
        attributes: Names of attributes that rules may use.
        intent: What the measure of that name counts; the usual when None.
        fits: What methods estimated in earlier runs; new estimates are put there. Forgotten when None.
        quality: Limits of sets that say nothing else.
        accept: Given the result before it is kept; what it raises takes everything back.
        engine: Computes the compiled selects; the warehouse itself when None.
        purchase_sources: Accounts whose orders count, first one wins; may be empty while one has any.

    Raises:
        GuardError: When permissions are older than `max_staleness`; nothing is changed.
        ConfigError: When several accounts hold orders and none is named.
    """
    warehouse.check_permissions_are_fresh(now=now, max_staleness=max_staleness)
    engine, limits = engine or InWarehouse(), quality or QualitySettings()
    statements = _statements(
        sets, cache_folder, attributes, reporting_currency, len(purchase_sources) > 1, engine.dialect
    )
    with engine.at_work(warehouse), warehouse.transaction() as connection:
        results.set_run_context(connection, now=now, as_of_day=as_of_day)
        results.set_purchase_sources(connection, _sources(connection, purchase_sources))
        results.set_rates(connection, rate_rows(rates, reporting_currency))
        results.forget_inputs(connection, INTENT)
        results.set_decay(connection, INTENT, intent_rows(intent or IntentSettings()))
        _materialise(connection, statements, engine)
        results.note_run(connection, run=run, now=now, as_of_day=as_of_day)
        results.forget_other_sets(connection, [one.name for one in sets], run)
        results.note_computed(connection, [one.name for one in sets])
        reports = {}
        for one in in_order(sets):
            if one.settings.within:
                engine.fill(connection, "population", statements.parts[one.name])
            given = Preparation(
                connection=connection,
                segment_set=one,
                as_of_day=as_of_day,
                reporting_currency=reporting_currency,
                measures=statements.past_measures,
                fits={} if fits is None else fits,
            )
            _prepare(given)
            engine.changed("decay", "fit", "outlook")
            reports[one.name] = _compute_set(connection, one, statements, run, limits, engine)
        ordered = tuple(reports[one.name] for one in sets)
        report = SegmentReport(as_of_day=as_of_day, run=run, sets=ordered)
        if accept is not None:
            accept(report)
    return report


def _statements(
    sets: Sequence[SegmentSet],
    cache_folder: Path,
    attributes: Collection[str],
    reporting_currency: str,
    several_sources: bool,
    dialect: Dialect,
) -> Compiled:
    def compile_now() -> Compiled:
        # Here and not above: a run that finds its SQL in the cache must not import Ibis (2 s).
        from .compiler import compile_sets

        return compile_sets(
            sets,
            attributes=attributes,
            reporting_currency=reporting_currency,
            several_sources=several_sources,
            dialect=dialect,
        )

    key = cache_key(
        sets,
        attributes=attributes,
        reporting_currency=reporting_currency,
        several_sources=several_sources,
        dialect=dialect,
    )
    return compiled(cache_folder, key=key, compile_now=compile_now)


def _sources(connection: duckdb.DuckDBPyConnection, configured: Sequence[str]) -> Sequence[str]:
    if configured:
        return configured
    found = results.accounts_with_orders(connection)
    if len(found) > 1:
        raise ConfigError(
            f"{len(found)} connections hold orders and [purchases] names none: a purchase would count twice",
            hint=f'name the source of truth first:  [purchases] from = ["{found[0]}"]',
            code="CS226",
        )
    return found


def _materialise(connection: duckdb.DuckDBPyConnection, statements: Compiled, engine: Engine) -> None:
    for table in ("population", "measure", "usual_cadence"):
        results.empty(connection, table)
    for select in statements.population.values():
        engine.fill(connection, "population", select)
    engine.fill(connection, "measure", statements.measures)
    for select in statements.usual_cadence.values():
        engine.fill(connection, "usual_cadence", select)


def _prepare(given: Preparation) -> None:
    one = given.segment_set
    results.forget_inputs(given.connection, one.name)
    if one.settings.method is not None:
        METHODS[one.settings.method].prepare(given)


def _compute_set(
    connection: duckdb.DuckDBPyConnection,
    segment_set: SegmentSet,
    statements: Compiled,
    run: str,
    quality: QualitySettings,
    engine: Engine,
) -> SetReport:
    name = segment_set.name
    engine.score(connection, name, statements.scores[name])
    movement = results.record_memberships(connection, name, run)
    found = results.sizes(connection, name)
    population = results.population_size(connection, segment_set.population)
    sizes = {segment.key: found.get(segment.key, 0) for segment in segment_set.segments}
    return SetReport(
        name=name,
        purpose=segment_set.purpose,
        population=population,
        sizes=sizes,
        entered=movement.entered,
        moved=movement.moved,
        left=movement.left,
        notes=notes_of(connection, segment_set, population=population),
        findings=findings_of(connection, segment_set, quality),
    )
