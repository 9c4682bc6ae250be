"""Which questions the configuration asks of the decision: purpose, channel and action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

NO_CHANNEL = "none"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Question:
    """One thing to be decided about every person."""

    purpose: str
    channel: str
    action: Literal["process", "write_back", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one destination does with labels: which sets it takes, for which purpose and channel."""

    sets: tuple[str, ...]
    purpose: str
    channel: str

    def questions(self, purposes: Mapping[str, str]) -> tuple[Question, ...]:
        """What must be allowed before a label of these sets is written there.

        Args:
            purposes: Name of each set to the purpose it is computed for.
        """
        asked = {
            Question(purpose=purposes[name], channel=NO_CHANNEL, action="write_back") for name in self.sets
        }
        asked.add(Question(purpose=self.purpose, channel=self.channel, action="write_back"))
        return tuple(sorted(asked))


def all_questions(
    purposes: Mapping[str, str], uses: Iterable[Use], *, has_exports: bool = False
) -> tuple[Question, ...]:
    """Computing asks for each set's purpose; writing asks for it again, and for the destination's.

    Segments that leave as a file ask for each set's purpose too, as something that leaves the house.
    """
    asked = {Question(purpose=purpose, channel=NO_CHANNEL, action="process") for purpose in purposes.values()}
    if has_exports:
        asked |= {Question(purpose=one, channel=NO_CHANNEL, action="export") for one in purposes.values()}
    for use in uses:
        asked |= set(use.questions(purposes))
    return tuple(sorted(asked))
