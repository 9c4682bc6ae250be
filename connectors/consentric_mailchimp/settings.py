"""The settings of a `[connections.NAME]` whose connector is `mailchimp`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

VendorId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,40}$")]
MergeTag = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,9}$")]
DATA_CENTRE = r"^[a-z]{2}[0-9]{1,3}$"
"""Nothing else may become part of the host: the SDK would put any text there and send the key to it."""
SMS_NUMBER = "sms_phone_number"


class MailchimpSettings(BaseModel):
    """How to reach one Mailchimp account, which audiences are read, and what each stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: SecretStr | None = None
    """Key with its data centre, as `0123abcd-us6`."""
    access_token: SecretStr | None = None
    """OAuth token; it does not run out. Needs `server`."""
    server: Annotated[str, StringConstraints(pattern=DATA_CENTRE)] | None = None
    """Data centre of an OAuth token, as `us6`; a key names its own."""
    audiences: list[VendorId] = Field(min_length=1)
    """Numbers of the audiences that are read and written; see Audience > Settings > Audience ID."""
    consents: dict[VendorId, str] = Field(default_factory=dict)
    """Audience to the purpose it speaks for; of an unmapped one only a no counts, for every purpose."""
    permissions: dict[VendorId, str] = Field(default_factory=dict)
    """Number of a marketing permission (GDPR fields of the form) to the purpose it speaks for."""
    purchases: Literal["orders"] | None = None
    order_number: Literal["id"] | None = None
    """`id`: what Mailchimp calls the id of an order is the shop's order number; it knows no other."""
    activities: list[Literal["campaigns"]] = Field(default_factory=list)
    phone: MergeTag | Literal["sms_phone_number"] | None = None
    """Merge tag with the phone number, or `sms_phone_number`; not asked for unless named."""
    overlap_minutes: int = Field(default=10, ge=1, le=1440)
    """How far before its bookmark an increment starts."""
    history_days: int = Field(default=730, ge=1)
    """How far back a first read of campaigns goes."""
    report_days: int = Field(default=30, ge=1, le=365)
    """How long the report of a campaign is read again: clicks and unsubscribes come in late."""

    @model_validator(mode="after")
    def _is_consistent(self) -> MailchimpSettings:
        if (self.api_key is None) == (self.access_token is None):
            raise ValueError("give api_key, or access_token with server")
        if (self.access_token is None) != (self.server is None):
            raise ValueError("server goes with access_token; a key names its own data centre")
        for audience in self.consents:
            if audience not in self.audiences:
                raise ValueError(f'consents names "{audience}", which is not among audiences')
        return self
