"""Which fields of a contact or lead are asked for: what the contract needs and the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from consentric.sdk.contracts import Context

from .schema import STAMP, Described, Schema
from .settings import SalesforceSettings

PEOPLE = ("Contact", "Lead")
OPT_OUTS = {"HasOptedOutOfEmail": "email", "DoNotCall": "phone"}
"""Flags of a person to the channel they close; false is their default and says nothing."""
BOUNCED = "EmailBouncedDate"
OBJECTIONS: Mapping[str, tuple[Literal["21.1", "21.2"], ...]] = {
    "HasOptedOutProcessing": ("21.1",),
    "HasOptedOutProfiling": ("21.1",),
    "HasOptedOutSolicit": ("21.2",),
    # Who asked to be forgotten objects to both until an operator has carried the erasure out.
    "ShouldForget": ("21.1", "21.2"),
}
"""Flags of an Individual to the objections of art. 21 GDPR they stand for."""
_COUNTRIES = {
    "Contact": ("MailingCountryCode", "MailingCountry"),
    "Lead": ("CountryCode", "Country"),
}
_CONVERSION = ("IsConverted", "ConvertedContactId", "ConvertedDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFields:
    """The fields of one object, by what they are for; all of them can be read."""

    entity: str
    asked: tuple[str, ...]
    """Everything to name in a query."""
    opt_outs: tuple[str, ...]
    objections: tuple[str, ...]
    """Flags of the Individual; none where the org keeps no individuals."""
    phone: str | None
    country: str | None
    fields: Mapping[str, str]
    """Configured field to its type."""
    external_ids: Mapping[str, str]
    missing: tuple[str, ...]
    """Configured names that this object does not have, or hides."""

    @property
    def knows_optout(self) -> bool:
        """Whether the opt-out of all e-mail can be read at all."""
        return "HasOptedOutOfEmail" in self.opt_outs

    @property
    def has_individuals(self) -> bool:
        """Whether a record may name an Individual."""
        return bool(self.objections)


def person_fields(
    schema: Schema, entity: str, settings: SalesforceSettings, context: Context, *, with_fields: bool
) -> PersonFields:
    """Chooses what is asked of a contact or lead.

    Args:
        with_fields: False for a read of denials: consent and what identifies, nothing else.

    Raises:
        RemoteError: FATAL when the object or a field everything rests on is missing or hidden.
    """
    found = schema.need(entity, ("Email", STAMP))
    configured = context.fields.get(entity, ()) if with_fields else ()
    phone = (settings.phone,) if settings.phone else ()
    opt_outs, country = found.present(OPT_OUTS), found.present(_COUNTRIES[entity])[:1]
    named = (*configured, *phone, *context.external_ids)
    asked = (*found.present(("Email", "CreatedDate", BOUNCED, *_CONVERSION)), *opt_outs, *country)
    objections = _objections(schema, found)
    own_id = {"Id": settings.record_id_as} if settings.record_id_as else {}
    individual = tuple(f"Individual.{flag}" for flag in objections)
    return PersonFields(
        entity=entity,
        asked=tuple(dict.fromkeys((*asked, *individual, *found.present(named)))),
        opt_outs=opt_outs,
        objections=objections,
        phone=next(iter(found.present(phone)), None),
        country=country[0] if country else None,
        fields={one: found.fields[one].type for one in found.present(configured)},
        external_ids={
            **own_id,
            **{one: key for one, key in context.external_ids.items() if one in found.fields},
        },
        missing=tuple(one for one in dict.fromkeys((*configured, *phone)) if one not in found.fields),
    )


def _objections(schema: Schema, person: Described) -> tuple[str, ...]:
    if "IndividualId" not in person.fields:
        return ()
    individual = schema.find("Individual")
    return () if individual is None else individual.present(OBJECTIONS)
