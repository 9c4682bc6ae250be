"""The settings of a `[connections.NAME]` whose connector is `salesforce`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from .soql import NAME

FieldName = Annotated[str, StringConstraints(pattern=NAME)]
Reference = Annotated[str, StringConstraints(pattern=r"^(env|file|keyring|exec):.+$")]
Domain = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}(\.[a-z0-9][a-z0-9-]{0,39}){0,3}$")
]
ActivitySource = Literal["tasks", "events", "emails", "campaign_members"]
SignIn = Literal["jwt", "client_credentials", "refresh_token"]
_SHARED_DOMAINS = frozenset({"login", "test"})


class SalesforceSettings(BaseModel):
    """How to reach one Salesforce org and what its consent and purchases are called.

    User name with password is no way to sign in: Salesforce blocks it in new orgs and retires the SOAP
    login in Summer '27.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Domain = "login"
    """What precedes `.salesforce.com` where one signs in: `login`, `test`, or a My Domain as `acme.my`."""
    consumer_key: SecretStr
    """Of the connected app or external client app."""
    username: str | None = None
    """JWT bearer: the user the app is authorised for."""
    private_key: SecretStr | None = None
    """JWT bearer: the PEM whose certificate the app holds."""
    consumer_secret: SecretStr | None = None
    """Client credentials, which need a My Domain; or beside a refresh token, where the app asks for it."""
    refresh_token: Reference | None = None
    """With `file:` a token that Salesforce rotates is written back to that file."""
    api_version: Annotated[str, StringConstraints(pattern=r"^[4-9][0-9]\.0$")] = "64.0"
    consents: dict[str, str] = Field(default_factory=dict)
    """Name or id of a data use purpose to the purpose it speaks for; unmapped ones grant nothing."""
    purchases: Literal["opportunities", "orders"] | None = None
    order_number: FieldName | None = None
    """Field of an opportunity or order that holds the shop's order number."""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    """Of an org with a single currency; one with several says it with each amount."""
    activities: list[ActivitySource] = Field(default_factory=list)
    record_id_as: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    """Name under which the Id of contacts and leads joins records of other connections that carry it."""
    phone: FieldName | None = None
    """Field with the phone number, as `Phone` or `MobilePhone`; not asked for unless named."""
    overlap_minutes: int = Field(default=10, ge=1, le=1440)
    """How far before its bookmark an increment starts: a long transaction commits with an earlier time."""
    bulk_from_rows: int = Field(default=10_000, ge=1)
    """A query that finds more goes on as a job of Bulk API 2.0, which costs fewer calls."""

    @property
    def sign_in(self) -> SignIn:
        """The one way to sign in that is configured."""
        if self.refresh_token is not None:
            return "refresh_token"
        return "jwt" if self.private_key is not None else "client_credentials"

    @model_validator(mode="after")
    def _has_one_way_to_sign_in(self) -> SalesforceSettings:
        is_jwt = self.username is not None and self.private_key is not None
        if (self.username is None) != (self.private_key is None):
            raise ValueError("username and private_key belong together")
        if is_jwt and (self.refresh_token or self.consumer_secret):
            raise ValueError("give private_key, consumer_secret or refresh_token, not two of them")
        if is_jwt or self.refresh_token is not None:
            return self
        if self.consumer_secret is None:
            raise ValueError("give username and private_key, or consumer_secret, or refresh_token")
        if self.domain in _SHARED_DOMAINS:
            raise ValueError('client credentials need the My Domain of the org, as domain = "acme.my"')
        return self
