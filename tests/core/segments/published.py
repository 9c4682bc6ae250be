"""Scores and maps of other programs, written from their documentation: what ours is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import floor

Scores = tuple[int, int, int]

# First match wins; (R, F, M) from and to. R `rfm` 0.3.0, vignette "RFM - Customer Level Data".
A: Mapping[str, str] = {
    "Champions": "5-5 5-5 5-5",
    "Potential Loyalist": "3-5 3-5 2-5",
    "Loyal Customers": "2-4 2-4 2-4",
    "Promising": "3-4 1-3 3-5",
    "New Customers": "4-5 1-3 1-5",
    "Can't Lose Them": "1-2 3-4 4-5",
    "At Risk": "1-2 2-5 4-5",
    "Need Attention": "1-3 3-5 3-5",
    "About To Sleep": "2-3 1-3 1-4",
    "Lost": "1-1 1-5 1-5",
}
# R `rfm` 0.2.x after Putler, which has frequency and amount on one axis.
B: Mapping[str, str] = {
    "Champions": "4-5 4-5",
    "Loyal Customers": "2-5 3-5",
    "Potential Loyalist": "3-5 1-3",
    "New Customers": "4-5 1-1",
    "Promising": "3-4 1-1",
    "Need Attention": "2-3 2-3",
    "About To Sleep": "2-3 1-2",
    "At Risk": "1-2 2-5",
    "Can't Lose Them": "1-1 4-5",
    "Lost": "1-2 1-2",
}
# Of SQL tutorials: codes of R, F and M.
E: Mapping[str, str] = {
    "Champions": "555 554 544 545 454 455 445",
    "Loyal": "543 444 435 355 354 345 344 335",
    "Potential Loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351"
    " 342 341 333 323",
    "Recent": "512 511 422 421 412 411 311",
    "Promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "Needing Attention": "535 534 443 434 343 334 325 324",
    "About To Sleep": "331 321 312 221 213",
    "At Risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    "Can't Lose": "155 154 144 214 215 115 114 113",
    "Hibernating": "332 322 231 241 251 233 232 223 222 132 123 122 212 211",
    "Lost": "111 112 121 131 141 151",
}
# pymc-marketing, quartiles.
F: Mapping[str, str] = {
    "Premium": "334 443 444 344 434 433 343 333",
    "Repeat": "244 234 232 332 143 233 243",
    "Top Spender": "424 414 144 314 324 124 224 423 413 133 323 313 134",
    "At Risk": "422 223 212 122 222 132 322 312 412 123 214",
    "Inactive": "411 111 113 114 112 211 311",
}


def codes(classes: int, axes: int) -> list[str]:
    """Every code of so many scores of so many classes."""
    return ["".join(map(str, code)) for code in product(range(1, classes + 1), repeat=axes)]


def first_match(ranges: Mapping[str, str], scores: Sequence[int]) -> str:
    """The first segment whose ranges hold all scores, else Others; a range for two axes holds F and M."""
    for name, text in ranges.items():
        limits = [tuple(map(int, one.split("-"))) for one in text.split()]
        limits = [*limits, limits[-1]][: len(scores)]
        if all(low <= score <= high for score, (low, high) in zip(scores, limits, strict=True)):
            return name
    return "Others"


def quantile(values: Sequence[int], share: Fraction) -> Fraction:
    """Type 7 of Hyndman and Fan (1996), exactly."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def thresholds_of_r(values: Sequence[int]) -> list[Fraction]:
    """Quantiles at 20, 40, 60 and 80 %, each plus one: from which value the next class starts."""
    return [quantile(values, Fraction(fifth, 5)) + 1 for fifth in range(1, 5)]


def score_of_r(value: int, thresholds: Sequence[Fraction], *, is_age: bool = False) -> int:
    """The class of R `rfm`; fewer days are better."""
    reached = sum(value >= limit for limit in thresholds)
    return 5 - reached if is_age else 1 + reached


def ntile(values: Sequence[int], classes: int) -> list[int]:
    """`NTILE(classes) OVER (ORDER BY value, position)`: equal counts, so ties are split by position."""
    places = sorted(range(len(values)), key=lambda place: (values[place], place))
    size, rest = divmod(len(values), classes)
    scores = [0] * len(values)
    for rank, place in enumerate(places):
        in_larger = rank < rest * (size + 1)
        scores[place] = 1 + (rank // (size + 1) if in_larger else rest + (rank - rest * (size + 1)) // size)
    return scores
