"""Picks people for one campaign from the memberships of the last run; stores nothing."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from consentric.warehouse.combinations import Candidate, candidates
from consentric.warehouse.money import exponent_of

from .campaign_settings import SelectionSettings
from .checks import parsed_rules
from .sets import SegmentSet, by_set
from .settings import SegmentSetSettings, SegmentSettings, Texts

_PICKED = "picked"


def candidates_of(
    connection: duckdb.DuckDBPyConnection,
    selection: SelectionSettings,
    *,
    set_purpose: str,
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
) -> list[Candidate]:
    """The records of whoever the segments and the rule pick; who spent most comes first.

    Whether they may be written to is not asked here.

    Args:
        set_purpose: The purpose that the segments were computed for.
        attributes: Names of attributes that the rule may use.
    """
    rule = None
    if selection.when is not None:
        rule = _compiled(selection.when, set_purpose, attributes, reporting_currency)
    return candidates(
        connection,
        include=by_set(selection.include),
        exclude=by_set(selection.exclude),
        rule=rule,
        account=selection.connection,
    )


def _compiled(rule: str, purpose: str, attributes: Collection[str], reporting_currency: str) -> str:
    """SQL that gives `subject` of whoever the rule takes."""
    import ibis  # 2 s; a selection without a rule goes without

    from .rule_expressions import rule_scores
    from .tables import Tables

    settings = SegmentSetSettings(name=_PICKED, purpose=purpose, allow_other=True)
    segment = SegmentSettings(set=_PICKED, key=_PICKED, name=Texts(fr=_PICKED, en=_PICKED), when=rule)
    asked = SegmentSet(settings=settings, segments=(segment,))
    rules = parsed_rules(asked, attributes=attributes, money_exponent=exponent_of(reporting_currency))
    scored = rule_scores(Tables(), asked, rules)
    return str(ibis.to_sql(scored.filter(scored.segment == _PICKED).select("subject"), dialect="duckdb"))
