"""Segments that somebody promised to look at again, and did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from consentric.segments.sets import SegmentSet

from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueReview:
    """One segment whose `review_by` has passed."""

    segment: str
    """As `SET.KEY`."""
    review_by: date
    owner: str

    @property
    def sentence(self) -> str:
        """What a person reads."""
        whose = f", owner: {self.owner}" if self.owner else ""
        return f'segment "{self.segment}" was to be reviewed by {self.review_by}{whose}'

    def as_json(self) -> dict[str, str]:
        """Plain values for `--json`."""
        return {"segment": self.segment, "review_by": self.review_by.isoformat(), "owner": self.owner}


def overdue_reviews(sets: Sequence[SegmentSet], today: date) -> list[OverdueReview]:
    """Those that are overdue, in the order of the configuration."""
    return [
        OverdueReview(
            segment=f"{one.name}.{segment.key}", review_by=segment.review_by, owner=segment.owner or ""
        )
        for one in sets
        for segment in one.segments
        if segment.review_by is not None and segment.review_by < today
    ]


def today_of(settings: Settings) -> date:
    """The day in the business zone; that of `[clock]` for pretend CRMs."""
    now = settings.clock.at if settings.clock is not None else datetime.now(UTC)
    return now.astimezone(settings.time.info).date()
