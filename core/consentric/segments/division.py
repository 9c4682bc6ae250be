"""Division of whole numbers, half up, that is the same on every engine and in Python."""

from __future__ import annotations

from ibis.expr.types import IntegerColumn, NumericValue


def quotient(numerator: NumericValue, denominator: NumericValue) -> IntegerColumn:
    """`numerator / denominator` to the nearest whole number, half up; none of the two below zero.

    `//` compiles to a floor of a float division; after the remainder is taken off, the division is exact.
    """
    twice = (numerator * 2 + denominator).cast("decimal(38, 0)")
    whole = (denominator * 2).cast("decimal(38, 0)")
    return ((twice - twice % whole) / whole).round().cast("int64")


def rounded(numerator: int, denominator: int) -> int:
    """The same of two numbers.

    >>> rounded(5, 2), rounded(7, 3), rounded(0, 9)
    (3, 2, 0)
    """
    return (2 * numerator + denominator) // (2 * denominator)
