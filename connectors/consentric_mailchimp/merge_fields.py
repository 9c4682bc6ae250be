"""Which fields of a member are asked for: those the configuration names, if the audience has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consentric.sdk.records import FieldValue

from .client import MailchimpClient, fields_of
from .settings import SMS_NUMBER
from .values import Row, typed

_OWN = frozenset({"language", "vip", "member_rating", "email_type"})
"""Fields of every member; rates of opening are not among them, which are a purpose of their own."""
_PARTS_OF_ADDRESS = ("addr1", "addr2", "city", "state", "zip", "country")
_ADDRESS = {f"_{part}": part for part in _PARTS_OF_ADDRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFields:
    """The fields asked of a member, by what they are for; all of them exist in the audience."""

    asked: tuple[str, ...]
    """Paths below a member, to name in a request."""
    configured: Mapping[str, tuple[str, str]]
    """Field to its path and type."""
    external: Mapping[str, tuple[str, str]]
    """Field to its path and to the name of the number it carries."""
    phone_path: str | None
    missing: tuple[str, ...]
    """Configured merge fields that no audience of the connection has any more."""

    def values(self, member: Row) -> dict[str, FieldValue]:
        """The configured fields of a member, raw."""
        return {name: typed(_at(member, path), kind) for name, (path, kind) in self.configured.items()}

    def external_ids(self, member: Row) -> dict[str, str]:
        """Name of the number to its value."""
        found = {name: _at(member, path) for path, name in self.external.values()}
        return {name: str(value) for name, value in found.items() if value not in (None, "")}

    def phone(self, member: Row) -> str | None:
        """The phone number, where a field for it is configured."""
        value = _at(member, self.phone_path) if self.phone_path else None
        return str(value) if value not in (None, "") else None


def member_fields(client: MailchimpClient, list_id: str, *, with_fields: bool) -> MemberFields:
    """Chooses what is asked of the members of an audience; asks for its merge fields if any is configured.

    A field that only another audience has is simply not here; one that none has was lost.

    Args:
        client: Names configured fields and external ids.
        list_id: The audience.
        with_fields: False for a read of denials: consent and what identifies, nothing else.
    """
    context, phone = client.context, client.settings.phone
    configured = dict.fromkeys(context.fields.get("member", ())) if with_fields else {}
    named = dict.fromkeys([*configured, *context.external_ids])
    if phone is not None and phone != SMS_NUMBER:
        named[phone] = None
    tags = {name: merge_tag(name) for name in named if name not in _OWN}
    kinds = merge_kinds(client, list_id) if tags else {}
    missing = _lost(client, list_id, [name for name, tag in tags.items() if tag not in kinds], tags)
    here = {name: _path(name) for name in named if name in _OWN or tags[name] in kinds}
    phone_path = SMS_NUMBER if phone == SMS_NUMBER else here.get(phone or "")
    return MemberFields(
        asked=tuple(dict.fromkeys([*here.values(), *([phone_path] if phone_path else [])])),
        configured={
            name: (here[name], _kind(name, kinds))
            for name in configured
            if name in here and name not in context.external_ids
        },
        external={name: (here[name], key) for name, key in context.external_ids.items() if name in here},
        phone_path=phone_path,
        missing=tuple(missing),
    )


def merge_kinds(client: MailchimpClient, list_id: str) -> dict[str, str]:
    """Merge tags of an audience with their types; costs one call."""
    query = {"fields": fields_of("merge_fields", "tag", "type")}
    pages = client.pages(
        "/lists/{list}/merge-fields",
        "merge_fields.list",
        "merge_fields",
        parts={"list": list_id},
        query=query,
    )
    return {str(row.get("tag")): str(row.get("type")) for rows in pages for row in rows}


def merge_tag(name: str) -> str:
    """The merge tag of a configured field: `ADDRESS` of `ADDRESS_zip`, else the name itself.

    Merge tags are upper case throughout, so a part of an address cannot be taken for one.
    """
    return name.removesuffix(_suffix(name))


def _lost(client: MailchimpClient, list_id: str, absent: list[str], tags: Mapping[str, str]) -> list[str]:
    """Those of the absent fields that the other audiences do not have either."""
    for other in client.settings.audiences:
        if absent and other != list_id:
            elsewhere = merge_kinds(client, other)
            absent = [name for name in absent if tags[name] not in elsewhere]
    return absent


def _suffix(name: str) -> str:
    return next((suffix for suffix in _ADDRESS if name.endswith(suffix)), "")


def _path(name: str) -> str:
    if name in _OWN:
        return name
    suffix = _suffix(name)
    part = f".{_ADDRESS[suffix]}" if suffix else ""
    return f"merge_fields.{merge_tag(name)}{part}"


def _kind(name: str, kinds: Mapping[str, str]) -> str:
    return "text" if name in _OWN or _suffix(name) else kinds.get(name, "text")


def _at(member: Row, path: str) -> object:
    found: object = member
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
