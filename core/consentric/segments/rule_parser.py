"""Rules of segments, read by recursive descent into a typed tree; nothing is ever evaluated as code.

rule        = all_of { "or" all_of }
all_of      = negation { "and" negation }
negation    = "not" negation | "(" rule ")" | clause
clause      = operand [ sign operand | ["not"] "in" "(" constant { "," constant } ")" | "within" N "days" ]
operand     = constant | name | N "*" name | name "*" N
sign        = "=" | "!=" | "<" | "<=" | ">" | ">="
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from .rule_names import BOUGHT, MEASURES, Kind
from .rule_tokens import RuleError, Token, rule_error, tokens
from .rule_tree import (
    And,
    Attribute,
    Clause,
    Comparison,
    Constant,
    Flag,
    Measure,
    Member,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Within,
)

_KEYWORDS = frozenset({"and", "or", "not", "in", "within", "days", "day"})
_SIGNS: dict[str, Operator] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_MIRRORED: dict[Operator, Operator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DEEPEST = 50
_LONGEST = 4000
_LARGEST = 10**15
_POINT_DECIMALS = 6


def parse_rule(rule: str, *, attributes: Collection[str] = (), money_exponent: int = 2) -> Node:
    """The tree of a rule.

    Args:
        attributes: Names of attributes that the warehouse keeps; a measure of the same name wins.
        money_exponent: Decimals of the reporting currency; amounts in rules are in its major unit.

    Raises:
        RuleError: With line and column, and a hint where there is one.

    >>> parse_rule("orders >= 3").text
    'orders >= 3'
    """
    if len(rule) > _LONGEST:
        raise RuleError(f"a rule has at most {_LONGEST} characters", line=1, column=1)
    return _Parser(rule, attributes, money_exponent).whole()


class _Parser:
    def __init__(self, rule: str, attributes: Collection[str], money_exponent: int) -> None:
        self._rule = rule
        self._attributes = attributes
        self._exponent = money_exponent
        self._tokens = tokens(rule)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._peek().kind == "end":
            raise self._error("the rule is empty")
        node = self._any_of()
        token = self._peek()
        if token.kind != "end":
            raise self._error(f'"{token.text}" is not expected here', hint=self._what_next(token))
        return node

    def _any_of(self) -> Node:
        parts = [self._all_of()]
        while self._take_word("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Node:
        parts = [self._negation()]
        while self._take_word("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"a rule nests at most {_DEEPEST} deep")
        try:
            if self._take_word("not"):
                return Not(self._negation())
            if self._take_sign("("):
                node = self._any_of()
                self._expect_sign(")")
                return node
            return self._clause()
        finally:
            self._depth -= 1

    def _clause(self) -> Clause:
        first = self._peek()
        left = self._operand()
        token = self._peek()
        if token.kind == "sign" and token.text in _SIGNS:
            self._advance()
            return self._comparison(first, left, _SIGNS[token.text], token)
        if self._take_word("within"):
            return self._within(first, left)
        negated = token.text.lower() == "not"
        if negated:
            self._advance()
        if self._take_word("in"):
            return self._member(first, left, negated=negated)
        if isinstance(left, Measure) and left.kind == "flag" and not negated:
            return Flag(left, self._text(first))
        raise self._error(
            f"{'the rule ends' if token.kind == 'end' else repr(token.text) + ' stands'} where a comparison"
            " is expected",
            hint=self._what_next(token) or "write for example:  orders >= 3",
        )

    def _comparison(self, first: Token, left: Operand, operator: Operator, sign: Token) -> Comparison:
        right_token = self._peek()
        right = self._operand()
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right, operator, right_token = right, left, _MIRRORED[operator], first
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise self._error("two constants are compared; one side must be a name", at=first)
        if isinstance(right, Attribute):
            raise self._error("an attribute is compared with a text in quotation marks", at=right_token)
        kind = left.kind
        if isinstance(right, Constant):
            right = self._fitted(right, kind, right_token)
        if kind != right.kind:
            raise self._error(f"a {kind} cannot be compared with a {right.kind}", at=right_token)
        if kind in ("text", "flag") and operator not in ("=", "!="):
            raise self._error(f'a {kind} has no order; use "=" or "!="', at=sign)
        if kind == "flag":
            raise self._error("write the flag alone, or  not  before it", at=sign)
        return Comparison(left, operator, right, self._text(first))

    def _within(self, first: Token, operand: Operand) -> Within:
        if not isinstance(operand, Measure) or operand.kind != "date":
            raise self._error("only a day can be within some days", at=first, hint=_WITHIN)
        token = self._peek()
        if token.kind != "number" or "." in token.text:
            raise self._error("a whole number of days is missing", hint=_WITHIN)
        self._advance()
        if not (self._take_word("days") or self._take_word("day")):
            raise self._error('the word "days" is missing', hint=_WITHIN)
        return Within(operand, self._whole(token), self._text(first))

    def _member(self, first: Token, operand: Operand, *, negated: bool) -> Member:
        if isinstance(operand, Constant) or operand.kind == "flag":
            raise self._error('a measure or an attribute stands before "in"', at=first)
        self._expect_sign("(")
        values = [self._listed(operand)]
        while self._take_sign(","):
            values.append(self._listed(operand))
        self._expect_sign(")")
        return Member(operand, tuple(values), negated, self._text(first))

    def _listed(self, operand: Measure | Attribute) -> Constant:
        token = self._peek()
        value = self._operand()
        if not isinstance(value, Constant):
            raise self._error("a list holds constants only", at=token)
        return self._fitted(value, operand.kind, token)

    def _operand(self) -> Operand:
        token = self._peek()
        if token.kind == "number":
            self._advance()
            if self._take_sign("*"):
                return self._multiplied(self._name(), token)
            return Constant("number", token.text)
        if self._take_sign("-"):
            token = self._peek()
            if token.kind != "number":
                raise self._error("a number is missing after the minus sign")
            self._advance()
            return Constant("number", "-" + token.text)
        if token.kind == "date":
            self._advance()
            return Constant("date", self._day(token))
        if token.kind == "text":
            self._advance()
            return Constant("text", token.text[1:-1])
        name = self._name()
        if self._take_sign("*"):
            factor = self._peek()
            if factor.kind != "number":
                raise self._error("a whole number is missing after the asterisk")
            self._advance()
            return self._multiplied(name, factor)
        return name

    def _multiplied(self, operand: Operand, factor: Token) -> Measure:
        if not isinstance(operand, Measure) or operand.kind not in ("number", "money", "points"):
            raise self._error("only a number can be multiplied", at=factor)
        return Measure(operand.name, operand.kind, self._whole(factor))

    def _name(self) -> Measure | Attribute:
        token = self._peek()
        if token.kind != "name" or token.text.lower() in _KEYWORDS:
            what = "the rule ends" if token.kind == "end" else f'"{token.text}" stands'
            raise self._error(f"{what} where a measure, an attribute or a value is expected")
        known = MEASURES.get(token.text)
        if known is not None:
            self._advance()
            return Measure(token.text, known.kind)
        if token.text in BOUGHT or token.text in self._attributes:
            self._advance()
            return Attribute(token.text)
        raise self._error(
            f'there is no measure or attribute "{token.text}"', hint=self._did_you_mean(token.text)
        )

    def _fitted(self, constant: Constant, kind: Kind, token: Token) -> Constant:
        """The constant as a value of this kind; numbers become whole numbers, money minor units."""
        if constant.kind != "number":
            if constant.kind != kind:
                raise self._error(f"a {kind} cannot be compared with a {constant.kind}", at=token)
            return constant
        number = Decimal(str(constant.value))
        if kind == "money":
            number = number.scaleb(self._exponent)
        elif kind == "points":
            number = number.scaleb(_POINT_DECIMALS)
        elif kind != "number":
            raise self._error(
                f"a {kind} cannot be compared with a number", at=token, hint=_EXAMPLES.get(kind, "")
            )
        if number != number.to_integral_value():
            decimals = {"money": self._exponent, "points": _POINT_DECIMALS}.get(kind)
            what = "a whole number is expected" if decimals is None else f"it has at most {decimals} decimals"
            raise self._error(what, at=token)
        if abs(number) > _LARGEST:
            raise self._error("the number is too large", at=token)
        return Constant(kind, int(number))

    def _whole(self, token: Token) -> int:
        if "." in token.text:
            raise self._error("a whole number is expected", at=token)
        number = int(token.text)
        if number > 100_000:
            raise self._error("the number is too large", at=token)
        return number

    def _day(self, token: Token) -> date:
        try:
            return date.fromisoformat(token.text)
        except ValueError:
            raise self._error("there is no such day in the calendar", at=token) from None

    def _did_you_mean(self, name: str) -> str:
        known = sorted({*MEASURES, *BOUGHT, *self._attributes})
        close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        return f'did you mean "{close[0]}"?' if close else f"known names: {', '.join(known)}"

    def _what_next(self, token: Token) -> str:
        if token.kind != "name":
            return ""
        close = get_close_matches(token.text.lower(), sorted(_KEYWORDS), n=1, cutoff=0.5)
        return f'did you mean "{close[0]}"?' if close else ""

    def _text(self, first: Token) -> str:
        return " ".join(self._rule[first.start : self._tokens[self._next - 1].end].split())

    def _error(self, message: str, *, at: Token | None = None, hint: str = "") -> RuleError:
        return rule_error(self._rule, (at or self._peek()).start, message, hint=hint)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> None:
        self._next += 1

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        if token.kind == "name" and token.text.lower() == word:
            self._advance()
            return True
        return False

    def _take_sign(self, sign: str) -> bool:
        token = self._peek()
        if token.kind == "sign" and token.text == sign:
            self._advance()
            return True
        return False

    def _expect_sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise self._error(f'"{sign}" is missing here')


_WITHIN = "as in:  last_order within 90 days"
_EXAMPLES = {"date": "a day is written 2026-01-31", "text": "a text stands in quotation marks"}
