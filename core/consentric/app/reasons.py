"""Reasons that the audit log keeps for years: what names a person is no reason."""

from __future__ import annotations

from consentric.sdk.errors import ConfigError
from consentric_privacy.audit import identifies
from consentric_privacy.redaction import redact

from .subjects import RECORD


def require_anonymous(reason: str, *, happened: str) -> None:
    """Refuses a reason with an address, a telephone number or the number of a record or person in it.

    A bare name cannot be told from a word; the documentation asks to leave it out.

    Raises:
        ConfigError: CS239; the reason is not repeated.
    """
    if identifies(reason) or redact(reason) != reason or RECORD in reason:
        raise ConfigError(
            "the reason looks as if it named a person, and the audit log keeps it for years",
            hint="say it without addresses or numbers of people",
            happened=happened,
            code="CS239",
        )
