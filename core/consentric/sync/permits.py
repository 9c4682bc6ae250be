"""What the gate says of a record at the moment of writing, and how the apply asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from consentric.sdk.permit import Permit

MAX_AGE = timedelta(minutes=5)
"""A consent read longer ago is read again before the next batch (privacy 5.5)."""

UNREAD = "CONSENT_NOT_READ"
UNDECIDED = "PERMISSION_MISSING"


Permits = Callable[[Sequence[bytes]], Mapping[bytes, Permit]]
"""Decides now, from the ledger; a record it leaves out is held."""

RefreshConsents = Callable[[], bool]
"""Reads the consent changes of all authorities; False when one could not be read."""


class ConsentDesk:
    """Asks the gate for each batch, and has consent read again when the last reading is too old."""

    def __init__(
        self, permits: Permits, refresh_consents: RefreshConsents, *, clock: Callable[[], datetime]
    ) -> None:
        self._permits = permits
        self._refresh = refresh_consents
        self._clock = clock
        self._read_at: datetime | None = None
        self._is_read = False

    def ask(self, rrefs: Sequence[bytes]) -> dict[bytes, Permit]:
        """One answer per record; where consent could not be read, everything but a no is a hold."""
        self._keep_fresh()
        return self._answers(rrefs)

    def ask_anew(self, rrefs: Sequence[bytes]) -> dict[bytes, Permit]:
        """The same, after reading consent whatever the age of the last reading."""
        self._read_at = None
        return self.ask(rrefs)

    def _keep_fresh(self) -> None:
        now = self._clock()
        if self._read_at is None or now - self._read_at >= MAX_AGE:
            self._is_read = self._refresh()
            self._read_at = self._clock()

    def _answers(self, rrefs: Sequence[bytes]) -> dict[bytes, Permit]:
        decided = self._permits(rrefs)
        answers = {}
        for rref in rrefs:
            permit = decided.get(rref, Permit(allowed=False, reason=UNDECIDED, effect="hold"))
            if not self._is_read and permit.effect != "remove":
                permit = Permit(allowed=False, reason=UNREAD, effect="hold")
            answers[rref] = permit
        return answers
