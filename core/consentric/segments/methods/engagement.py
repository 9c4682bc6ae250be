"""Engagement: faded points for acts against what is expected of somebody written to so often, in bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from consentric.segments.decay import EXPECTED, decay_rows
from consentric.segments.explanation import Details, Input, Limit, NearestChange
from consentric.segments.nearest import MOST, nearest_of
from consentric.segments.score_maps import Usual
from consentric.segments.settings import EngagementSettings, SegmentSetSettings
from consentric.warehouse import lookups, results

from .method import Case, Method, Preparation

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

BANDS = ("band_0", "band_1", "band_2", "band_3", "band_4")
_USUAL: tuple[Usual, ...] = (
    ("band_0", "Aucun engagement", "Not engaged", ("band_0",)),
    ("band_1", "Engagement faible", "Slightly engaged", ("band_1",)),
    ("band_2", "Engagement moyen", "Engaged", ("band_2",)),
    ("band_3", "Engagement fort", "Well engaged", ("band_3",)),
    ("band_4", "Engagement très fort", "Highly engaged", ("band_4",)),
)
STARS = ("star_1", "star_2", "star_3", "star_4", "star_5")
_USUAL_STARS: tuple[Usual, ...] = (
    ("star_1", "1 étoile : négatif", "1 star: negative", ("star_1",)),
    ("star_2", "2 étoiles : nouveau ou sans activité", "2 stars: new or no activity", ("star_2",)),
    ("star_3", "3 étoiles : peu actif", "3 stars: low activity", ("star_3",)),
    ("star_4", "4 étoiles : souvent actif", "4 stars: often active", ("star_4",)),
    ("star_5", "5 étoiles : toujours actif", "5 stars: consistently active", ("star_5",)),
)


class Engagement(Method):
    """Every person of the population is in one band."""

    name = "engagement"

    def cells(self, settings: SegmentSetSettings) -> tuple[str, ...]:
        """The five bands, or stars."""
        return bands(settings.engagement)

    def usual_segments(self, settings: SegmentSetSettings) -> tuple[Usual, ...]:
        """One for each band."""
        return _USUAL_STARS if settings.engagement.preset == "mailchimp" else _USUAL

    def prepare(self, given: Preparation) -> None:
        """Writes out what an act of each age is worth."""
        one = given.segment_set
        results.set_decay(given.connection, one.name, decay_rows(one.settings.engagement))

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person: subject, points and expected (millionths), band, cell."""
        from .engagement_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """Points by channel, what was expected, and the points that each band asks for."""
        settings = case.segment_set.settings.engagement
        points, expected = case.score.points, case.score.expected
        assert points is not None
        assert expected is not None
        channels = lookups.channel_points(case.connection, case.segment_set.name, case.subject)
        earned = [
            Input(name=f"points in {channel}", value=value)
            for channel, _, _, value in channels
            if channel != EXPECTED
        ]
        totals = [Input(name="points", value=points), Input(name="expected", value=expected)]
        limits = list(zip(bands(settings)[1:], limits_of(expected, settings), strict=True))
        if settings.lowest_band == "bounce":
            totals += [Input(name=name, value=case.measures[name]) for name in ("bounces", "unsubscribed")]
            limits = limits[1:]
        return Details(
            inputs=(*earned, *totals),
            limits=tuple(Limit(name=band, input="points", value=value) for band, value in limits),
            nearest=_nearest(case, points, expected),
        )


def bands(settings: EngagementSettings) -> tuple[str, ...]:
    """The names of the five bands, the lowest first."""
    return STARS if settings.preset == "mailchimp" else BANDS


def band_of(points: int, expected: int, settings: EngagementSettings, *, has_said_no: bool = False) -> int:
    """The band of so many points against so many expected; messages that came back are a no too."""
    band = sum(points * 100 >= expected * limit for limit in settings.limits_percent)
    if settings.lowest_band == "bounce" and band <= 1:
        return 0 if has_said_no else 1
    return band


def limits_of(expected: int, settings: EngagementSettings) -> Sequence[int]:
    """The fewest points for bands 1 to 4."""
    return [-(-expected * limit // 100) for limit in settings.limits_percent]


def _nearest(case: Case, points: int, expected: int) -> tuple[NearestChange, ...]:
    """The nearest number of points in another segment, above and below."""
    settings = case.segment_set.settings.engagement
    has_said_no = bool(case.measures["bounces"]) or bool(case.measures["unsubscribed"])

    def segment_with(value: int) -> str | None:
        band = band_of(value, expected, settings, has_said_no=has_said_no)
        return case.segment_of(bands(settings)[band])

    here = segment_with(points)
    changes = []
    for limit in limits_of(expected, settings):
        for value in (limit, limit - 1):
            segment = segment_with(value)
            if segment != here:
                changes.append(NearestChange(input="points", now=points, then=value, segment=segment))
    return nearest_of(changes)[:MOST]
