"""The settings of a `[connections.NAME]` whose connector is `hubspot`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from .routes import ApiVersion

PropertyName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^(env|file|keyring|exec):.+$")]
ActivitySource = Literal["calls", "emails", "meetings", "communications", "marketing_emails"]


class HubSpotSettings(BaseModel):
    """How to reach one HubSpot account and what its consent and purchases are called.

    Notes and tasks are no activity source: they are staff's own work, not something that happened
    between a person and the company.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr | None = None
    """Service key or private app token; scopes: see `check`."""
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: Reference | None = None
    """OAuth refresh token. With `file:` a token that HubSpot rotates is written back to that file."""
    api_version: ApiVersion = "2026-09"
    consents: dict[str, str] = Field(default_factory=dict)
    """Name or number of a subscription type to the purpose it speaks for; unmapped ones grant nothing."""
    purchases: Literal["deals", "orders"] | None = None
    order_number: PropertyName | None = None
    """Property of a deal or order that holds the shop's order number."""
    activities: list[ActivitySource] = Field(default_factory=list)
    phone: PropertyName | None = None
    """Contact property with the phone number; not asked for unless named."""
    overlap_minutes: int = Field(default=15, ge=1, le=1440)
    """How far before its bookmark an increment starts: the search index lags behind writes."""
    searches_per_second: float = Field(default=2.5, gt=0, le=5)
    """HubSpot allows 5 searches a second per account; half is left to the customer's other apps."""

    @model_validator(mode="after")
    def _has_one_way_to_sign_in(self) -> HubSpotSettings:
        oauth = (self.client_id, self.client_secret, self.refresh_token)
        if self.token is None and not all(oauth):
            raise ValueError("give token, or all of client_id, client_secret and refresh_token")
        if self.token is not None and any(oauth):
            raise ValueError("give token or the three OAuth settings, not both")
        return self
