"""Maximum likelihood by L-BFGS-B with an analytic gradient; the only place that asks for scipy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from consentric.sdk.errors import ConfigError, GuardError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Objective = Callable[[Floats], tuple[float, Floats]]
"""What is made small, and its gradient."""

_MILLION = 1_000_000


def minimum(objective: Objective, start: Sequence[float], bounds: Sequence[tuple[float, float]]) -> Floats:
    """Where an objective is smallest; the same numbers give the same place.

    Raises:
        ConfigError: scipy is not installed.
        GuardError: No place was found.
    """
    optimize = _scipy("optimize")
    found = optimize.minimize(
        objective,
        np.array(start, dtype=np.float64),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    if not np.isfinite(found.fun) or found.nit >= 500:
        raise GuardError("no estimate was found: the search did not come to an end", code="CS517")
    return np.asarray(found.x, dtype=np.float64)


def special() -> Any:
    """`scipy.special`.

    Raises:
        ConfigError: scipy is not installed.
    """
    return _scipy("special")


def to_millionths(value: float) -> float:
    """The nearest millionth: parameters are kept and shown as whole millionths, and used as they are kept."""
    return round(value * _MILLION) / _MILLION


def _scipy(part: str) -> Any:
    try:
        from scipy import optimize, special
    except ImportError:
        raise ConfigError(
            'the methods "clv" and "propensity" need scipy, which is not installed',
            hint="pip install 'consentric[predictive]'; the other methods do without",
            happened="nothing was computed.",
            code="CS245",
        ) from None
    return {"optimize": optimize, "special": special}[part]
