"""Who we are to HubSpot: a fixed token, or an OAuth access token that is renewed before it runs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from consentric.sdk.contracts import Clock
from consentric_privacy.files import write_atomic
from consentric_privacy.secrets import SCHEMES, resolve

from .settings import HubSpotSettings

_MARGIN = timedelta(seconds=60)
"""An access token lives 1 800 s; renewed on its age, not on a 401 in the middle of a page."""

Exchange = Callable[[Mapping[str, str]], Mapping[str, Any]]
"""Posts a form to the token endpoint and gives its answer."""


class Credentials:
    """The bearer token of one account; holds secrets, prints none."""

    def __init__(self, settings: HubSpotSettings, *, workspace: Path, clock: Clock) -> None:
        self._settings = settings
        self._workspace = workspace
        self._clock = clock
        self._access: SecretStr | None = None
        self._ends_at: datetime | None = None
        self._refresh: SecretStr | None = None

    @property
    def is_renewable(self) -> bool:
        """Whether a refused token can be exchanged for another one."""
        return self._settings.token is None

    @property
    def is_due(self) -> bool:
        """Whether the token must be renewed before the next call."""
        if not self.is_renewable:
            return False
        return self._access is None or (self._ends_at is not None and self._clock() >= self._ends_at)

    def token(self) -> str:
        """The bearer token; unwrap it nowhere but in the call that sends it."""
        if self._settings.token is not None and self._access is None:
            self._access = self._reveal(self._settings.token.get_secret_value())
        return self._access.get_secret_value() if self._access else ""

    def renew(self, exchange: Exchange) -> None:
        """Gets a new access token and keeps a rotated refresh token where it came from.

        Raises:
            RemoteError: With kind AUTH when HubSpot refuses the refresh token.
        """
        reference, secret = self._settings.refresh_token or "", self._settings.client_secret
        if self._refresh is None:
            self._refresh = self._reveal(reference)
        answer = exchange(
            {
                "grant_type": "refresh_token",
                "client_id": self._settings.client_id or "",
                "client_secret": self._reveal(secret.get_secret_value() if secret else "").get_secret_value(),
                "refresh_token": self._refresh.get_secret_value(),
            }
        )
        self._access = SecretStr(str(answer.get("access_token") or ""))
        lifetime = timedelta(seconds=float(answer.get("expires_in") or 1800))
        self._ends_at = self._clock() + lifetime - min(_MARGIN, lifetime / 2)
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != self._refresh.get_secret_value():
            self._refresh = SecretStr(rotated)
            if reference.startswith("file:"):
                file = self._workspace / Path(reference.removeprefix("file:")).expanduser()
                write_atomic(file, rotated.encode() + b"\n")

    def _reveal(self, text: str) -> SecretStr:
        if text.partition(":")[0] not in SCHEMES:
            return SecretStr(text)
        return SecretStr(resolve(text, base=self._workspace).reveal())
