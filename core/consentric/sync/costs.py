"""What a plan will cost in calls, seconds and share of the day, from the limits that a writer names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import ceil

from consentric.sdk.contracts import Limits

from .planner import is_list
from .record_plan import PlannedOp
from .report import Cost

VERIFY_ALL_UP_TO = 10_000
"""Changed records that are all read back; of more, a sample."""
SAMPLE_SHARE = 0.01
SAMPLE_AT_LEAST = 20


class CostCount:
    """Counts ops as they go by; a batch holds one verb and one target."""

    def __init__(self) -> None:
        self._groups: Counter[tuple[str, str]] = Counter()
        self._records = 0

    def add(self, ops: Iterable[PlannedOp]) -> None:
        """Counts the ops of one record."""
        changed = False
        for op in ops:
            self._groups[op.verb, op.target] += 1
            changed = True
        self._records += changed

    @property
    def ops(self) -> int:
        """Changes counted, provisions left out."""
        return sum(self._groups.values())

    def cost(self, limits: Limits, *, provisions: int) -> Cost:
        """Calls that write, one per provision, and those that read back."""
        writing = provisions + sum(
            ceil(count / (limits.list_batch_size if is_list(target) else limits.batch_size))
            for (_, target), count in self._groups.items()
        )
        reading = ceil(records_to_verify(self._records) / limits.batch_size)
        calls = writing + reading
        return Cost(
            calls=calls,
            read_back_calls=reading,
            seconds=round(calls / limits.calls_per_second, 1),
            share_of_day=calls / limits.calls_per_day,
        )


def records_to_verify(changed: int) -> int:
    """How many of the changed records are read back after writing."""
    if changed <= VERIFY_ALL_UP_TO:
        return changed
    return max(SAMPLE_AT_LEAST, ceil(changed * SAMPLE_SHARE))
