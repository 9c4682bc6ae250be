"""Figures on the pages are those of the program."""

from __future__ import annotations

import re
import tomllib

from consentric.app.interruption import GRACE_SECONDS
from consentric.app.timetable import GRACE
from consentric.gate.gate import MAX_STALENESS
from consentric.sdk.transport import ATTEMPTS
from consentric.segments.score_maps import MAPS
from consentric.segments.settings import EngagementSettings, LifecycleSettings
from consentric.sync.brake import MEDIAN_OF
from consentric.sync.sending import REJECTED_CHECKED_FROM
from consentric.sync.settings import BrakeSettings
from consentric_hubspot.connector import HubSpotConnector
from consentric_hubspot.settings import HubSpotSettings
from consentric_sandbox.people import persons, retailer

from .pages import blocks, read


def shown(value: float) -> str:
    """A number as pages write it."""
    return f"{value:,g}".replace(",", " ") if isinstance(value, float) else f"{value:,}".replace(",", " ")


def test_rates_and_versions_of_hubspot() -> None:
    page, fields = read("docs/hubspot.md"), HubSpotSettings.model_fields
    rate, day = HubSpotConnector.calls_per_second, HubSpotConnector.calls_per_day
    assert f"{shown(rate)} calls a second and {shown(day)} a day" in page
    assert f"{shown(fields['searches_per_second'].default)} searches a second" in page
    assert f'api_version = "{fields["api_version"].default}"' in page
    assert f"{fields['overlap_minutes'].default} minutes earlier" in page
    assert ATTEMPTS == 8
    assert "at most eight times" in page


def test_limits_of_the_brake() -> None:
    page, brake = read("docs/operations.md"), BrakeSettings()
    for sentence in (
        f"more than {brake.removals_at_least}, or {brake.removals_percent:g} % of the labels",
        f"more than {brake.moves_percent:g} % of the people with a label; or over",
        f"{brake.moves_times_median:g} times the median of the last {MEDIAN_OF} plans",
        f"from {brake.moves_at_least + 1} moves on",
        f"more than {brake.rule_moves_percent:g} % of the people with a label",
        f"more than {brake.population_fall_percent:g} % since the last plan",
        f"more than {brake.rejected_percent:g} %, from the {REJECTED_CHECKED_FROM}th answer on",
    ):
        assert sentence in page, sentence


def test_hours_and_seconds() -> None:
    assert {job: allowed.total_seconds() / 3600 for job, allowed in GRACE.items()} == {
        "sync": 2,
        "consents": 1,
    }
    assert "after two hours of grace for the night, one for the hour" in read("docs/operations.md")
    assert f"({GRACE_SECONDS} seconds at most)" in read("docs/operations.md")
    assert f"read within {MAX_STALENESS.total_seconds() / 3600:g} hours" in read("docs/consent.md")


def test_the_methods_are_shown_with_their_defaults() -> None:
    [lifecycle] = [b for b in blocks("docs/segments.md") if "[segment_set.lifecycle]" in b.text]
    [engagement] = [
        b for b in blocks("docs/segments.md") if "[segment_set.engagement.channels.email]" in b.text
    ]
    [told] = tomllib.loads(lifecycle.text)["segment_set"]
    assert LifecycleSettings.model_validate(told["lifecycle"]) == LifecycleSettings()
    [told] = tomllib.loads(engagement.text)["segment_set"]
    defaults = EngagementSettings()
    assert tuple(told["engagement"]["limits_percent"]) == defaults.limits_percent
    for name, channel in told["engagement"]["channels"].items():
        assert channel["weights"].items() <= defaults.channels[name].weights.items()
    page = read("docs/segments.md")
    assert f"`1 + ({MAPS['rf'].classes} · w) // n`" in page
    usual = LifecycleSettings()
    assert f"(if {usual.people_for_cadence} people have one), else {usual.usual_cadence_days} days" in page


def test_kinds_of_consent_and_dirt_of_the_demo() -> None:
    page = read("docs/demo.md")
    consent, _, dirt = page.partition("## Kinds of consent")[2].partition("## Kinds of dirt")
    shares = sorted(int(row) for row in re.findall(r"^\| (\d+) \|", consent, re.MULTILINE))
    assert shares == sorted(persons._CONSENT_SHARES.values())
    counts = sorted(int(row) for row in re.findall(r"^\| (\d+) \|", dirt, re.MULTILINE))
    assert counts == sorted(persons._DIRT_COUNTS.values())
    assert f"{retailer.SHIFT.days // 7} whole weeks" in page
