"""Segment sets that between them use every method, scoring, map, preset and kind of rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consentric.segments.assembly import assemble
from consentric.segments.sets import SegmentSet
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts

from . import town

_RFM: dict[str, dict[str, Any]] = {
    "rank_rf": {},
    "rank_r_fm": {"map": "r_fm"},
    "fixed": {
        "scoring": "fixed",
        "frequency_limits": (2, 3, 5, 9),
        "monetary_limits": (50, 150, 400, 1000),
    },
    "thirds": {"scoring": "thirds"},
}
_ENGAGEMENT: dict[str, dict[str, Any]] = {
    "engaged": {},
    "engaged_linear": {"decay": "linear"},
    "engaged_hubspot": {"preset": "hubspot_linear"},
    "engaged_mailchimp": {"preset": "mailchimp"},
}
_RULES = {
    "late": "days_since_last_order > 3 * own_cadence and spent >= 100",
    "regular": "orders >= 3 and aov > 50",
    "fresh": 'first_order within 90 days and not unsubscribed and department in ("75", "13")',
    "quiet": "days_since_last_act > 365 and sends >= 1",
    "shop": f'bought_from = "{town.ACCOUNT}" and intent >= 0 and last_order > 2025-01-01',
}


def engine_sets() -> tuple[SegmentSet, ...]:
    """The sets, for the purpose of the made-up town."""
    segments = [
        SegmentSettings(set="own_rules", key=key, name=Texts(fr=key, en=key), when=rule)
        for key, rule in _RULES.items()
    ]
    rest = SegmentSettings(set="own_rules", key="rest", name=Texts(fr="reste", en="rest"), otherwise=True)
    return assemble(list(_sets()), [*segments, rest])


def _sets() -> Iterator[SegmentSetSettings]:
    for name, settings in _RFM.items():
        yield _set(name, method="rfm", rfm=settings)
    for name, settings in _ENGAGEMENT.items():
        yield _set(name, method="engagement", engagement=settings)
    for method in ("pareto", "lifecycle", "clv", "propensity", "clusters"):
        yield _set(f"by_{method}", method=method)
    yield _set("part", method="lifecycle", within=("rank_rf.champions", "rank_rf.loyal"))
    yield _set("own_rules")


def _set(name: str, **settings: Any) -> SegmentSetSettings:
    return SegmentSetSettings.model_validate({"name": name, "purpose": town.PURPOSE, **settings})
