"""Estimates that are kept: made once, used by every run until they are too old or the settings changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256

from consentric.control.fits import Fit
from consentric.sdk.errors import ConfigError

from .method import Preparation

Values = Mapping[str, tuple[float, ...]]


def kept_or_new(
    given: Preparation,
    *,
    settings: Mapping[str, object],
    refit_every_days: int,
    estimate: Callable[[], Values],
) -> Fit:
    """The fit of the set: the kept one while it is young and made under the same settings, else a new one.

    A run for an earlier day than that of the kept fit uses the kept one: looking back changes nothing.

    Args:
        settings: Those that the estimate depends on; method, population and currency are added.
    """
    one = given.segment_set
    described = {
        "method": one.settings.method,
        "population": one.population,
        "currency": given.reporting_currency,
        **settings,
    }
    rules = sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    kept = given.fits.get(one.name)
    until = timedelta(days=refit_every_days)
    if kept is not None and kept.rules == rules and given.as_of_day < kept.fitted_on + until:
        return kept
    made = Fit(rules=rules, fitted_on=given.as_of_day, values=estimate())
    given.fits[one.name] = made
    return made


def too_little(given: Preparation, *, missing: str, works: str) -> ConfigError:
    """The refusal of a method that would have to guess."""
    one = given.segment_set
    return ConfigError(
        f'segment set "{one.name}": method "{one.settings.method}" needs {missing}',
        hint=works,
        happened="nothing was computed.",
        code="CS244",
    )
