"""What is computed on both engines leaves nothing out."""

from __future__ import annotations

from typing import get_args

from benchmarks.engine_sets import engine_sets

from consentric.segments.checks import validate_sets
from consentric.segments.methods.registry import METHODS
from consentric.segments.score_maps import MapName
from consentric.segments.settings import EngagementSettings, RfmSettings


def choices(model: type, name: str) -> set[str]:
    return set(get_args(model.model_fields[name].annotation))  # type: ignore[attr-defined]


def test_every_method_scoring_map_preset_and_decay_is_computed_on_both_engines() -> None:
    sets = [one.settings for one in engine_sets()]
    rfm = [one.rfm for one in sets if one.method == "rfm"]
    engagement = [one.engagement for one in sets if one.method == "engagement"]

    assert {one.method for one in sets} == {*METHODS, None}
    assert {one.scoring for one in rfm} == choices(RfmSettings, "scoring")
    assert {one.map for one in rfm} == set(get_args(MapName))
    assert {one.preset for one in engagement} == choices(EngagementSettings, "preset")
    assert {one.decay for one in engagement} == choices(EngagementSettings, "decay")
    assert [one.name for one in sets if one.within] == ["part"]
    assert validate_sets(engine_sets(), attributes=["department"], reporting_currency="EUR") == []
