"""The five states of the live records of an account, as aligned lines whose sum is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .table import number
from .words import counted

_LABEL_WIDTH = 20
_COUNT_WIDTH = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """How many records end in which state; written is enter, move and leave."""

    total: int
    enter: int
    move: int
    leave: int
    unchanged: int
    no_segment: int = 0
    """Part of `unchanged`, shown on a line of its own: no label stands there."""
    withheld: Mapping[str, int]
    rejected: Mapping[str, int]
    not_finished: int = 0

    @property
    def sum(self) -> int:
        """The five states together; always the total."""
        written = self.enter + self.move + self.leave
        kept = self.unchanged + sum(self.withheld.values())
        return written + kept + sum(self.rejected.values()) + self.not_finished


def ledger_lines(ledger: Ledger, *, enter: str = "", move: str = "", leave: str = "") -> list[str]:
    """One line for each state that is not empty, unchanged and withheld always, then their sum.

    Whoever may be labelled and is in no segment stands apart from those whose label stands.

    Args:
        ledger: The counts.
        enter: Said behind the line of that name; `move` and `leave` likewise.

    Raises:
        AssertionError: When the states do not add up to the records of the account.
    """
    assert ledger.sum == ledger.total, "the five states do not add up to the records of the account"
    lines = [
        line("+ enter", ledger.enter, enter),
        line("~ move", ledger.move, move),
        line("- leave", ledger.leave, leave),
        line("  unchanged", ledger.unchanged - ledger.no_segment),
        *([line("  no segment", ledger.no_segment, "may be labelled")] if ledger.no_segment else []),
        line("  withheld", sum(ledger.withheld.values()), counted(ledger.withheld)),
    ]
    if ledger.rejected:
        lines.append(line("  rejected", sum(ledger.rejected.values()), counted(ledger.rejected)))
    if ledger.not_finished:
        lines.append(line("  not finished", ledger.not_finished, "run the same command again"))
    lines.append(f"      = {number(ledger.total)} records")
    return lines


def line(label: str, count: int, note: str = "") -> str:
    """One line of counts.

    >>> line("+ enter", 412, "Champions 38")
    '    + enter                 412    Champions 38'
    """
    return f"    {label:<{_LABEL_WIDTH - 2}}{number(count):>{_COUNT_WIDTH}}    {note}".rstrip()


def note_line(label: str, note: str) -> str:
    """One line without a count."""
    return f"      {label:<{_LABEL_WIDTH}} {note}".rstrip()
