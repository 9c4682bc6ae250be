"""When jobs are due, by the clock of the business zone, and which due times passed without a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .settings import Settings

JobName = Literal["sync", "consents"]
JOBS: tuple[JobName, ...] = ("sync", "consents")

GRACE = {"sync": timedelta(hours=2), "consents": timedelta(hours=1)}
"""A run may begin so much later than it is due: timers spread their load, machines wake up."""
MISSED_AT_MOST = 1000
"""Nobody counts further."""

UTC_ZONE = ZoneInfo("UTC")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The jobs that a timer should call, and when."""

    zone: ZoneInfo = UTC_ZONE
    sync: str | None = None
    """Time of day as `02:00`, by the clocks of the zone."""
    has_consents: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Timetable:
        """What `[jobs]` and `[time]` say."""
        jobs = settings.jobs
        return cls(zone=settings.time.info, sync=jobs.sync, has_consents=jobs.consents is not None)

    @property
    def jobs(self) -> tuple[JobName, ...]:
        """Those that are expected, the nightly one first."""
        expected = {"sync": self.sync is not None, "consents": self.has_consents}
        return tuple(job for job in JOBS if expected[job])

    @property
    def minute(self) -> int:
        """Minute of the hourly run: half an hour from the nightly one's, so that neither meets the other."""
        return (int(self.sync[3:]) + 30) % 60 if self.sync is not None else 0

    def next_due(self, job: JobName, after: datetime) -> datetime:
        """The first instant later than `after` at which a job is due, in UTC.

        A time of day that the clocks skip is due at the next minute they show; one that they show twice is
        due the first time only.
        """
        return next(self._due_times(job, after))

    def missed(self, job: JobName, *, since: datetime, now: datetime) -> int:
        """How many due times passed without a run since the last one ended."""
        count = 0
        for due in self._due_times(job, since):
            if due > now - GRACE[job] or count == MISSED_AT_MOST:
                break
            count += 1
        return count

    def _due_times(self, job: JobName, after: datetime) -> Iterator[datetime]:
        if job == "consents":
            yield from self._hours(after)
        else:
            yield from self._nights(after)

    def _hours(self, after: datetime) -> Iterator[datetime]:
        """Every hour there is, those that the clocks show twice or skip included: 24 a day, always."""
        due = after.astimezone(UTC).replace(minute=self.minute, second=0, microsecond=0)
        while True:
            if due > after:
                yield due
            due += timedelta(hours=1)

    def _nights(self, after: datetime) -> Iterator[datetime]:
        assert self.sync is not None
        hour, minute = int(self.sync[:2]), int(self.sync[3:])
        day = after.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
            due = _shown(wanted)
            if due > after:
                yield due
            day += timedelta(days=1)


NOTHING_DUE = Timetable()


def _shown(wanted: datetime) -> datetime:
    """The first instant at which the clocks of its zone show a time, or the next one that they do show."""
    moment = wanted
    while moment.astimezone(UTC).astimezone(wanted.tzinfo).replace(tzinfo=None) != moment.replace(
        tzinfo=None
    ):
        moment += _MINUTE  # naive within its zone: minute by minute over the gap
    return moment.astimezone(UTC)
