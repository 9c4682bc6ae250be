"""The benchmark of the fit measures what it says and names the goals it misses."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.clv import measured, table
from benchmarks.customers import simulated


def test_both_fits_are_timed_on_the_same_customers_and_agree() -> None:
    found = measured(simulated(2000, seed=3), pairs=1, is_quiet=True)

    assert (found.customers, found.pairs) == (2000, 1)
    assert 0 < found.histories < 2000
    assert found.faster == found.lifetimes_cpu / found.cpu
    assert abs(found.difference) < 0.01
    assert [line for line in table(found) if "2,000 customers" in line]

    slow = replace(found, faster=3.94, cdnow=-9582.5)
    assert list(slow.missed()) == [
        "the fit is 3.9 times as fast as that of lifetimes, the goal is 4",
        "the log-likelihood of CDNOW is -9582.500, the goal is -9582.43 within 0.01",
    ]
    assert list(replace(found, faster=4.0).missed()) == []
