"""The mass-change brake: a plan too large to be plausible waits for an approval by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .report import BrakeReason, Tally
from .settings import BrakeSettings

MEDIAN_OF = 14
"""Finished plans that the number of moves is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the finished plans of a destination say, newest first."""

    moves: Sequence[int] = ()
    population: int | None = None
    """Labels that stood after the last one; None before the first apply."""
    in_parts: int = 0
    """Records that went in parts before the first whole plan, as a canary."""

    @property
    def is_first(self) -> bool:
        """Whether nothing was ever applied to the destination."""
        return self.population is None


def brake_reasons(
    tally: Tally, history: History, limits: BrakeSettings, *, has_changes: bool
) -> tuple[BrakeReason, ...]:
    """Every limit of the settings that the plan exceeds; the person's own no counts for none of them.

    A plan without changes needs no brake.
    """
    if not has_changes:
        return ()
    reasons: list[BrakeReason] = []
    if tally.refused:
        codes = ", ".join(sorted(tally.refused))
        reasons.append(_reason("refused", f"our own configuration forbids this destination: {codes}"))
    if history.is_first:
        reasons.append(_reason("first_apply", _first(history.in_parts)))
    reasons += _removals(tally, limits)
    reasons += _moves(tally, history, limits)
    reasons += _emptied(tally)
    reasons += _population(tally, history, limits)
    return tuple(reasons)


def _first(in_parts: int) -> str:
    if not in_parts:
        return "first apply to this destination"
    return f"first whole plan; {in_parts} {'record' if in_parts == 1 else 'records'} went as a part"


def _removals(tally: Tally, limits: BrakeSettings) -> list[BrakeReason]:
    owned = sum(tally.owned.values())
    limit = max(limits.removals_at_least, owned * limits.removals_percent / 100)
    if tally.removals <= limit:
        return []
    return [
        _reason("removals", f"{tally.removals} labels would go of {owned}, the limit is {int(limit)}"),
    ]


def _moves(tally: Tally, history: History, limits: BrakeSettings) -> list[BrakeReason]:
    moves, population = sum(tally.moves.values()), max(sum(tally.owned.values()), sum(tally.after.values()))
    reasons = []
    if moves > population * limits.moves_percent / 100:
        reasons.append(
            _reason("moves", f"{moves} of {population} labels would move, over {limits.moves_percent:g} %")
        )
    usual = median(history.moves[:MEDIAN_OF]) if history.moves else None
    if usual is not None and moves > limits.moves_at_least and moves > limits.moves_times_median * usual:
        times = limits.moves_times_median
        reasons.append(_reason("moves_unusual", f"{moves} moves, over {times:g} times the usual {usual:g}"))
    if tally.rule_moves > population * limits.rule_moves_percent / 100:
        percent = limits.rule_moves_percent
        reasons.append(
            _reason(
                "rule_moves",
                f"{tally.rule_moves} of {population} labels would move by a changed rule, over {percent:g} %",
            )
        )
    return reasons


def _emptied(tally: Tally) -> list[BrakeReason]:
    return [
        _reason("emptied", f"segment {name} would be emptied of its {tally.owned[name]} labels")
        for name in sorted(tally.emptying)
        if tally.owned[name] and not tally.after[name]
    ]


def _population(tally: Tally, history: History, limits: BrakeSettings) -> list[BrakeReason]:
    if not history.population:
        return []
    # A person's own no is not part of any count, so it is no fall of the population either.
    now = sum(tally.after.values()) + tally.denials
    least = history.population * (1 - limits.population_fall_percent / 100)
    if now >= least:
        return []
    return [
        _reason(
            "population",
            f"labels would fall from {history.population} to {now},"
            f" over {limits.population_fall_percent:g} %",
        )
    ]


def _reason(code: str, sentence: str) -> BrakeReason:
    return BrakeReason(code=code, sentence=sentence)
