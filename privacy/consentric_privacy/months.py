"""Month arithmetic as deadlines and expiries need it: clipped to the last day of the month."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from functools import lru_cache


@lru_cache(maxsize=1 << 16)
def add_months(moment: datetime, months: int) -> datetime:
    """The same time of day `months` later, on the last day of the month where that day does not exist.

    Cached, because the gate adds the same number of months to the same few thousand days.

    >>> from datetime import UTC
    >>> add_months(datetime(2026, 1, 31, tzinfo=UTC), 1).date().isoformat()
    '2026-02-28'
    """
    count = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(count, 12)
    month += 1
    if moment.day <= 28:
        return moment.replace(year=year, month=month)
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
