"""A rule cut into words, numbers, days, texts and signs, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["name", "number", "date", "text", "sign", "end"]

_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<date>\d{4}-\d{2}-\d{2}(?![\w-]))
      | (?P<number>\d+(?:\.\d+)?(?!\w))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<sign><=|>=|!=|<>|==|[=<>()*,-])
    """,
    re.VERBOSE,
)


class RuleError(Exception):
    """A rule that cannot be read, with the line and column of its text where that shows.

    Caught where the rule's place in the file is known, and turned into a fault there.
    """

    def __init__(self, message: str, *, line: int, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign of a rule."""

    kind: TokenKind
    text: str
    start: int
    end: int


def tokens(rule: str) -> list[Token]:
    """The tokens of a rule, closed by one of kind `end`.

    Raises:
        RuleError: At the first character that begins none.
    """
    found: list[Token] = []
    position = 0
    while position < len(rule):
        match = _PATTERN.match(rule, position)
        if match is None:
            raise rule_error(
                rule,
                position,
                f"a rule cannot hold {_shown(rule, position)} here",
                hint=_hint(rule, position),
            )
        kind = match.lastgroup
        if kind != "space":
            assert kind is not None
            found.append(Token(kind, match.group(), position, match.end()))  # type: ignore[arg-type] # group names
        position = match.end()
    found.append(Token("end", "", len(rule), len(rule)))
    return found


def rule_error(rule: str, position: int, message: str, *, hint: str = "") -> RuleError:
    """An error at a position of the rule's text; lines and columns count from 1."""
    before = rule[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    return RuleError(message, line=line, column=column, hint=hint)


def _shown(rule: str, position: int) -> str:
    character = rule[position]
    return repr(character) if character.isprintable() else "a control character"


def _hint(rule: str, position: int) -> str:
    if rule[position] in "\"'":
        return "a text needs its closing quotation mark on the same line"
    if rule[position].isdigit():
        return "a number is written 12 or 12.50, a day 2026-01-31"
    return ""
