"""Which properties are asked for: what the contract needs and the configuration names, if they exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consentric.sdk.contracts import Context
from consentric.sdk.errors import RemoteError, RemoteKind

from .client import HubSpotClient
from .settings import HubSpotSettings

_OPTOUT_OF_ONE = re.compile(r"^hs_email_optout_([0-9]+)$")
_ACTS_OF_THE_PERSON = (
    "hs_email_last_click_date",
    "hs_email_last_reply_date",
    "hs_sales_email_last_replied",
    "recent_conversion_date",
    "recent_deal_close_date",
)
"""Opens are not among them: an open says nothing about the person, and is a purpose of its own."""
_NEEDED = ("email", "lastmodifieddate", "createdate", "hs_merged_object_ids")
_CONSENT = (
    "hs_email_optout",
    "hs_email_hard_bounce_reason_enum",
    "hs_email_quarantined",
    "hs_emailconfirmationstatus",
)
_COUNTRY = ("hs_country_region_code", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactProperties:
    """The properties of a contact, by what they are for; all of them exist in the account."""

    asked: tuple[str, ...]
    """Everything to name in a request."""
    optouts: Mapping[str, str]
    """Property to the number of the subscription type it opts out of."""
    acts: tuple[str, ...]
    country: str | None
    fields: Mapping[str, str]
    """Configured field to its HubSpot type."""
    external_ids: Mapping[str, str]
    missing: tuple[str, ...]
    """Configured names that the account does not have, or hides from the token."""
    knows_optout: bool
    """Whether the opt-out of all e-mail can be read at all."""


def live_types(client: HubSpotClient, object_type: str) -> dict[str, str]:
    """Names of the account's properties with their types; costs one call."""
    answer = client.request("GET", "properties", parts={"type": object_type})
    rows = answer.get("results")
    return {
        str(row["name"]): str(row.get("type", ""))
        for row in rows or ()
        if isinstance(row, dict) and row.get("name") and not row.get("archived")
    }


def contact_properties(
    live: Mapping[str, str], settings: HubSpotSettings, context: Context, *, with_fields: bool
) -> ContactProperties:
    """Chooses what is asked of a contact.

    Args:
        live: Names and types from `live_types`.
        settings: Names the phone property.
        context: Names configured fields and external ids.
        with_fields: False for a read of denials: consent and what identifies, nothing else.
    """
    configured = dict.fromkeys(context.fields.get("contact", ())) if with_fields else {}
    phone = [settings.phone] if settings.phone else []
    named = dict.fromkeys([*configured, *context.external_ids, *phone])
    optouts = {name: match[1] for name in live if (match := _OPTOUT_OF_ONE.match(name))}
    acts = _present(_ACTS_OF_THE_PERSON, live) if with_fields else ()
    country = _present(_COUNTRY, live)[:1]
    asked = (*_NEEDED, *_present(_CONSENT, live), *optouts, *acts, *country, *_present(named, live))
    return ContactProperties(
        asked=tuple(dict.fromkeys(asked)),
        optouts=optouts,
        acts=acts,
        country=country[0] if country else None,
        fields={n: live[n] for n in configured if n in live and n not in context.external_ids},
        external_ids={name: key for name, key in context.external_ids.items() if name in live},
        missing=tuple(name for name in named if name not in live),
        knows_optout="hs_email_optout" in live,
    )


def require(client: HubSpotClient, object_type: str, live: Mapping[str, str], names: Iterable[str]) -> None:
    """Refuses to read an object without the properties everything rests on.

    Raises:
        RemoteError: With kind FATAL, naming the first one that is gone or hidden.
    """
    for name in names:
        if name not in live:
            account = client.context.connection
            raise RemoteError(
                f'connection "{account}": HubSpot has no property "{name}" of {object_type}, or hides it',
                kind=RemoteKind.FATAL,
                account=account,
                operation=f"{object_type}.properties",
                vendor_code="property_missing",
                hint=f"let the token see it, then  consentric doctor --only {account}",
                code="CS106",
            )


def lost_field(object_type: str, name: str) -> str:
    """The reason an enumeration is incomplete when a configured property is gone."""
    return f'the property "{name}" of {object_type} is gone from HubSpot or hidden from the token'


def _present(names: Iterable[str], live: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in live)
