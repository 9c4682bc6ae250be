"""What a denial does to labels already written: the table of reasons, and how two denials combine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Verdict = Literal["ALLOW", "DENY"]
Effect = Literal["remove", "refuse", "expire", "hold"]

STRENGTH: tuple[Effect, ...] = ("remove", "refuse", "expire", "hold")
"""Where two purposes deny with different effects, the first of these counts."""

EFFECTS: dict[str, Effect] = {
    # The person said no, or may not be profiled.
    "CONSENT_WITHDRAWN": "remove",
    "OBJECTED": "remove",
    "OBJECTED_MARKETING": "remove",
    "RESTRICTED": "remove",
    "SUBJECT_ERASED": "remove",
    "SUPPRESSED": "remove",
    "SPECIAL_CATEGORY": "remove",
    "MINOR_PROFILING": "remove",
    "MINOR_NO_PARENTAL_CONSENT": "remove",
    # Time ran out, or nothing was ever given.
    "CONSENT_EXPIRED": "expire",
    "RETENTION_EXPIRED": "expire",
    "CONSENT_NOTICE_OUTDATED": "expire",
    "CONSENT_NOTICE_UNKNOWN": "expire",
    "CONSENT_MISSING": "expire",
    "CONSENT_UNCONFIRMED": "expire",
    "EVIDENCE_INSUFFICIENT": "expire",
    "CONSENT_NOT_YET_VALID": "expire",
    "CONTRACT_ENDED": "expire",
    "SOFT_OPT_IN_NOT_CUSTOMER": "expire",
    "SOFT_OPT_IN_NO_OPTOUT_OFFERED": "expire",
    "AGE_UNKNOWN": "expire",
    # We do not know.
    "SOURCE_STALE": "hold",
    "AUTOMATED_DECISION": "hold",
    # Our configuration.
    "PURPOSE_UNKNOWN": "refuse",
    "LIA_MISSING": "refuse",
    "TRANSFER_NOT_COVERED": "refuse",
    "CHANNEL_NOT_COVERED": "refuse",
}
"""Effect of each reason to deny; a CONSENT_WITHDRAWN that is only inferred expires instead (`effect_of`)."""


def effect_of(reason: str, *, is_said: bool) -> Effect:
    """The effect of a denial.

    Args:
        reason: A reason of `EFFECTS`.
        is_said: Whether a denial or withdrawal of the person covers the purpose. Without one,
            CONSENT_WITHDRAWN is inferred from an ending in the source, and counts for the brake.
    """
    if reason == "CONSENT_WITHDRAWN" and not is_said:
        return "expire"
    return EFFECTS[reason]


def combine(effects: Iterable[Effect]) -> Effect | None:
    """The effect that counts where several denials meet; None when there is none.

    >>> combine(["hold", "expire", "refuse"])
    'refuse'
    """
    return min(effects, key=STRENGTH.index, default=None)
