"""Sentences of a segment report about what deserves a look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import duckdb

from consentric.warehouse import results

from .methods.registry import METHODS
from .sets import SegmentSet

_CURRENCY = re.compile(r"[A-Z]{3}")


def notes_of(
    connection: duckdb.DuckDBPyConnection,
    segment_set: SegmentSet,
    *,
    population: int,
) -> tuple[str, ...]:
    """Notes on a set that was just computed; empty when there is nothing to say."""
    scored = sum(results.sizes(connection, segment_set.name).values())
    notes = [*_population_notes(segment_set, population, scored)]
    if population == 0 and _lacks_assessment(connection, segment_set.purpose):
        notes.append(
            "its assessment was not signed when consent was last decided; once it is:  consentric pull"
        )
    if segment_set.settings.method is not None:
        notes += METHODS[segment_set.settings.method].notes(connection, segment_set)
    unpriced = results.unpriced_orders(connection, segment_set.population)
    if unpriced:
        notes.append(_unpriced(unpriced, results.unpriced_currencies(connection, segment_set.population)))
    return tuple(notes)


def _unpriced(count: int, currencies: Sequence[str]) -> str:
    what = "1 order or refund is" if count == 1 else f"{count} orders or refunds are"
    # What a CRM sends as a currency is shown only when it looks like one.
    named = ", ".join(one for one in currencies if _CURRENCY.fullmatch(one)) or "their currency"
    return f"{what} left out of the amounts: no rate for {named} on the day; set one in [money] rates"


def _lacks_assessment(connection: duckdb.DuckDBPyConnection, purpose: str) -> bool:
    query = "SELECT 1 FROM permission WHERE purpose = ? AND reason = 'LIA_MISSING' LIMIT 1"
    return connection.execute(query, (purpose,)).fetchone() is not None


def _population_notes(segment_set: SegmentSet, population: int, scored: int) -> Iterator[str]:
    if population == 0:
        within = " or ".join(segment_set.settings.within)
        yield f"nobody is in {within}" if within else f'purpose "{segment_set.purpose}" allows nobody'
    if scored < population:
        yield f"{population - scored} people without an order have no score"
