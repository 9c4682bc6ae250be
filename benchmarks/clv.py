"""The fit of BG/NBD against that of `lifetimes`, on the same made-up customers, in pairs."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from consentric.segments.statistics import bg_nbd

from .customers import Customers, simulated

FASTER = 4
"""How many times faster than lifetimes it must be."""
CDNOW = -9582.43
"""Log-likelihood that Fader, Hardie and Lee publish for the CDNOW sample."""
WITHIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians of all pairs."""

    customers: int
    histories: int
    """Distinct ones: those that are fitted."""
    pairs: int
    cpu: float
    wall: float
    lifetimes_cpu: float
    lifetimes_wall: float
    faster: float
    """Median of the ratios of CPU time of each pair."""
    difference: float
    """Our log-likelihood of all customers less theirs; above 0 ours is the likelier fit."""
    cdnow: float

    def missed(self) -> Iterator[str]:
        """A sentence for each goal that was not reached."""
        if self.faster < FASTER:
            yield f"the fit is {self.faster:.1f} times as fast as that of lifetimes, the goal is {FASTER}"
        if abs(self.cdnow - CDNOW) > WITHIN:
            yield f"the log-likelihood of CDNOW is {self.cdnow:.3f}, the goal is {CDNOW} within {WITHIN}"


def run(*, customers: int, pairs: int, seed: int, is_json: bool) -> int:
    """Fits the same customers by turns; gives 1 when a goal was missed."""
    found = measured(simulated(customers, seed), pairs=pairs, is_quiet=is_json)
    missed = list(found.missed())
    if not is_json:
        print("", *table(found), "", *(f"MISSED {one}" for one in missed), sep="\n")
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    print(json.dumps({"benchmark": "clv", "machine": machine, **_plain(found), "missed": missed}))
    return 1 if missed else 0


def measured(customers: Customers, *, pairs: int, is_quiet: bool) -> Figures:
    """Both fits so many times, each pair one after the other; from raw rows, grouping counts."""
    from lifetimes import BetaGeoFitter

    _warm()
    ours, theirs = [], []
    for number in range(pairs):
        model, *cost = _timed(lambda: bg_nbd.fitted(bg_nbd.grouped(*customers)))
        ours.append(cost)
        other, *cost = _timed(lambda: BetaGeoFitter().fit(*customers))
        theirs.append(cost)
        if not is_quiet:
            print(f"pair {number + 1}: {ours[-1][0]:6.2f} CPU s, lifetimes {theirs[-1][0]:6.2f}", flush=True)
    histories = bg_nbd.grouped(*customers)
    same = bg_nbd.BgNbd(**{name: float(value) for name, value in dict(other.params_).items()})
    return Figures(
        customers=len(customers[0]),
        histories=len(histories.x),
        pairs=pairs,
        cpu=statistics.median(cpu for cpu, _ in ours),
        wall=statistics.median(wall for _, wall in ours),
        lifetimes_cpu=statistics.median(cpu for cpu, _ in theirs),
        lifetimes_wall=statistics.median(wall for _, wall in theirs),
        faster=statistics.median(other[0] / own[0] for own, other in zip(ours, theirs, strict=True)),
        difference=bg_nbd.log_likelihood(model, histories) - bg_nbd.log_likelihood(same, histories),
        cdnow=_cdnow(),
    )


def table(found: Figures) -> Iterator[str]:
    """Lines for people."""
    yield f"{found.customers:,} customers, {found.histories:,} distinct histories, {found.pairs} pairs"
    yield ""
    yield "fit of        CPU s   wall s"
    yield f"ours       {found.cpu:8.2f} {found.wall:8.2f}"
    yield f"lifetimes  {found.lifetimes_cpu:8.2f} {found.lifetimes_wall:8.2f}"
    yield ""
    yield f"{found.faster:.1f} times as fast; log-likelihood {found.difference:+.4f} against theirs"
    yield f"CDNOW: log-likelihood {found.cdnow:.3f}, published {CDNOW}"


def _warm() -> None:
    """Imports and first calls are no part of a fit."""
    from lifetimes import BetaGeoFitter

    few = simulated(200, seed=1)
    bg_nbd.fitted(bg_nbd.grouped(*few))
    BetaGeoFitter().fit(*few)


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    cpu, wall = time.process_time(), time.monotonic()
    found = work()
    return found, time.process_time() - cpu, time.monotonic() - wall


def _cdnow() -> float:
    from lifetimes.datasets import load_cdnow_summary

    sample = load_cdnow_summary()
    histories = bg_nbd.grouped(sample["frequency"], sample["recency"], sample["T"])
    return bg_nbd.log_likelihood(bg_nbd.fitted(histories), histories)


def _plain(found: Figures) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(found).items()
    }
