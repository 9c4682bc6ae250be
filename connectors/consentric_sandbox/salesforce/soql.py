"""Reads the part of SOQL that this sandbox knows, and says what of it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .api import ApiError

MAX_OFFSET = 2000
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT:]))
  | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w:.]))
  | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
  | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_WORDS = frozenset({"select", "from", "where", "order", "by", "limit", "offset", "and", "or", "not"})


class Value(NamedTuple):
    """A value written in a query; texts keep their escapes undone."""

    kind: str
    """`string`, `datetime`, `date`, `number`, `boolean` or `null`."""
    text: str
    pattern: str = ""
    """For LIKE: the text as a regular expression, where an escaped `%` or `_` stands for itself."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; only IN, NOT IN, INCLUDES and EXCLUDES have several values."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or by OR; with `not` there is exactly one."""

    word: Literal["and", "or", "not"]
    parts: tuple[Condition, ...]


Condition = Comparison | Junction


@dataclass(frozen=True, slots=True)
class Ordering:
    """One field of ORDER BY."""

    field: str
    is_descending: bool
    has_nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read; names are as written, nothing is checked against the schema."""

    entity: str
    fields: tuple[str, ...]
    is_count: bool
    condition: Condition | None
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int


def malformed(message: str) -> ApiError:
    """A 400 MALFORMED_QUERY."""
    return ApiError(400, "MALFORMED_QUERY", message)


def read_query(text: str) -> Query:
    """Reads `SELECT ... FROM ... [WHERE ...] [ORDER BY ...] [LIMIT n] [OFFSET n]`.

    Raises:
        ApiError: 400 MALFORMED_QUERY.
    """
    return _Reader(text).query()


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def query(self) -> Query:
        self._expect("select")
        fields, is_count = self._selected()
        self._expect("from")
        # The one object whose name is a word of the language.
        entity = "Order" if self._take("order") else self._name()
        condition = self._condition() if self._take("where") else None
        order = self._orderings() if self._take("order") else ()
        limit = self._number() if self._take("limit") else None
        offset = self._number() if self._take("offset") else 0
        if offset > MAX_OFFSET:
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if self.at < len(self.tokens):
            raise _unexpected(self._peek())
        return Query(entity, fields, is_count, condition, order, limit, offset)

    def _selected(self) -> tuple[tuple[str, ...], bool]:
        if self._peek().lower() == "count" and self._peek(1) == "(":
            self.at += 2
            self._expect(")")
            return (), True
        fields = [self._name()]
        while self._take(","):
            fields.append(self._name())
        return tuple(fields), False

    def _condition(self) -> Condition:
        parts = [self._simple()]
        word: Literal["and", "or"] | None = None
        while self._peek().lower() in ("and", "or"):
            next_word: Literal["and", "or"] = "and" if self._peek().lower() == "and" else "or"
            if word is not None and next_word != word:
                raise _unexpected(self._peek())  # AND and OR side by side need parentheses
            word = next_word
            self.at += 1
            parts.append(self._simple())
        return parts[0] if word is None else Junction(word, tuple(parts))

    def _simple(self) -> Condition:
        if self._take("not"):
            return Junction("not", (self._simple(),))
        if self._take("("):
            inner = self._condition()
            self._expect(")")
            return inner
        field = self._name()
        operator = self._peek().lower()
        self.at += 1
        if operator == "not":
            self._expect("in")
            return Comparison(field, "not in", self._values())
        if operator in ("in", "includes", "excludes"):
            return Comparison(field, operator, self._values())
        if operator == "<>":
            operator = "!="
        if operator not in ("=", "!=", "<", "<=", ">", ">=", "like"):
            raise _unexpected(operator)
        return Comparison(field, operator, (self._value(),))

    def _values(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Value:
        if self.at >= len(self.tokens):
            raise _unexpected("")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return _string(text)
        if kind in ("datetime", "date", "number"):
            return Value(kind, text)
        word = text.lower()
        if kind == "name" and word in ("true", "false"):
            return Value("boolean", word)
        if kind == "name" and word == "null":
            return Value("null", "")
        raise _unexpected(text)

    def _orderings(self) -> tuple[Ordering, ...]:
        self._expect("by")
        found = [self._ordering()]
        while self._take(","):
            found.append(self._ordering())
        return tuple(found)

    def _ordering(self) -> Ordering:
        field = self._name()
        is_descending = self._take("desc")
        if not is_descending:
            self._take("asc")
        has_nulls_last = False
        if self._take("nulls"):
            has_nulls_last = self._take("last")
            if not has_nulls_last:
                self._expect("first")
        return Ordering(field, is_descending, has_nulls_last)

    def _number(self) -> int:
        text = self._peek()
        if not text.isdigit():
            raise _unexpected(text)
        self.at += 1
        return int(text)

    def _name(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "name" or text.lower() in _WORDS:
            raise _unexpected(text)
        self.at += 1
        return text

    def _peek(self, further: int = 0) -> str:
        place = self.at + further
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def _take(self, word: str) -> bool:
        if self._peek().lower() != word:
            return False
        self.at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise _unexpected(self._peek())


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise malformed(f"unexpected token: '{text[place:].strip()[:1]}'")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _string(text: str) -> Value:
    plain, pattern, escaped = [], [], False
    for character in text[1:-1]:
        if escaped:
            character = _ESCAPES.get(character, character)
            plain.append(character)
            pattern.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            plain.append(character)
            pattern.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    return Value("string", "".join(plain), "".join(pattern))


def _unexpected(token: str) -> ApiError:
    return malformed(f"unexpected token: '{token or '<EOF>'}'")
