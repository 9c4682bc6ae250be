"""What BG/NBD and Gamma-Gamma say of a history of purchases, in whole millionths and minor units."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from consentric.segments.decay import MILLION
from consentric.segments.division import rounded
from consentric.segments.statistics import bg_nbd, gamma_gamma
from consentric.segments.statistics.bg_nbd import BgNbd
from consentric.segments.statistics.likelihood import Floats, Integers
from consentric.warehouse.histories import Columns

from .clv import WEEK
from .fitting import Values


def estimated(histories: Columns, amounts: Columns) -> Values:
    """Parameters of both models, in weeks and minor units, and how far amounts go with numbers of orders."""
    found = bg_nbd.Histories(
        x=histories["repeat_days"],
        t_x=histories["repeat_span"] / WEEK,
        t=histories["span"] / WEEK,
        people=histories["people"],
    )
    count = amounts["repeat_days"]
    mean = amounts["repeat_minor"] / count
    parameters = asdict(bg_nbd.fitted(found)) | asdict(gamma_gamma.fitted(count, mean))
    return {name: (value,) for name, value in parameters.items()} | {"correlation": (_together(count, mean),)}


def model_of(values: Values) -> BgNbd:
    """The model of kept parameters."""
    r, alpha, a, b = (values[name][0] for name in ("r", "alpha", "a", "b"))
    return BgNbd(r=r, alpha=alpha, a=a, b=b)


def outlook(model: BgNbd, histories: Columns, *, horizon_days: int) -> Columns:
    """The histories with p_alive and expected_orders, in millionths."""
    x = histories["repeat_days"]
    t_x, t = histories["repeat_span"] / WEEK, histories["span"] / WEEK
    alive = model.p_alive(x, t_x, t)
    expected = model.expected_purchases(horizon_days / WEEK, x, t_x, t)
    return {
        **{name: histories[name] for name in ("repeat_days", "repeat_span", "span")},
        "p_alive": np.rint(alive * MILLION).astype(np.int64),
        "expected_orders": np.rint(expected * MILLION).astype(np.int64),
    }


def order_minor(p: int, q: int, v: int, *, repeat_days: int, repeat_minor: int) -> int:
    """What an order of this person is expected to bring; parameters in millionths.

    The mean of Gamma-Gamma: p (v + spent) / (p x + q - 1), between everybody's mean and the person's own.
    """
    spent = v + MILLION * max(repeat_minor, 0)
    return rounded(p * spent, MILLION * (p * repeat_days + q - MILLION))


def value_minor(order: int, expected_orders: int) -> int:
    """Revenue expected: so many orders (millionths) of so much each."""
    return rounded(order * expected_orders, MILLION)


def _together(count: Integers, mean: Floats) -> float:
    if count.min() == count.max() or mean.min() == mean.max():
        return 0.0
    return round(float(np.corrcoef(count, mean)[0, 1]) * MILLION) / MILLION
