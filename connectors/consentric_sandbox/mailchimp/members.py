"""Reads members: one, a page of an audience, and how a member is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, invalid, links, page
from .records import STATUSES, Audience, Member

MOST_TAGS_INLINE = 50
"""More of them are told by the tags end point only (crm-apis 3.D: page `/tags` for all)."""
_NOT_BRIEF = (
    "full_name",
    "web_id",
    "consents_to_one_to_one_messaging",
    "marketing_permissions",
    "source",
    "unsubscribe_reason",
    "sms_phone_number",
    "sms_subscription_status",
    "sms_subscription_last_updated",
)
_SORTS: dict[str, Callable[[Member], str]] = {
    "timestamp_opt": lambda member: member.timestamp_opt,
    "timestamp_signup": lambda member: member.timestamp_signup,
    "last_changed": lambda member: member.last_changed,
}
MEMBER_FILTERS = (
    "status",
    "email_type",
    "since_timestamp_opt",
    "before_timestamp_opt",
    "since_last_changed",
    "before_last_changed",
    "unique_email_id",
    "vip_only",
    "sort_field",
    "sort_dir",
    "unsubscribed_since",
)


def list_members(account: MailchimpAccount, request: Request) -> Answer:
    """A page of an audience, by the moment they joined it unless sorted otherwise."""
    audience = account.audience(request)
    if request.fault == "page-drift":
        _drift(account, audience, request)
    found = _listed(account, audience, request)
    shown, total = page(request, found)
    return 200, {
        "members": [printed(account, audience, member, request) for member in shown],
        "list_id": audience.id,
        "total_items": total,
        "_links": links(request, f"/lists/{audience.id}/members"),
    }


def get_member(account: MailchimpAccount, request: Request) -> Answer:
    """One member, archived ones too."""
    audience = account.audience(request)
    return 200, printed(account, audience, account.member(request, audience), request)


def printed(
    account: MailchimpAccount, audience: Audience, member: Member, request: Request
) -> dict[str, Any]:
    """A member as every answer shows it."""
    document: dict[str, Any] = {
        "id": member.id,
        "email_address": member.email,
        "unique_email_id": member.unique_email_id,
        "contact_id": member.contact_id,
        "full_name": _full_name(member),
        "web_id": member.web_id,
        "email_type": member.email_type,
        "status": member.status,
        "consents_to_one_to_one_messaging": member.takes_personal_messages,
        "merge_fields": {name: member.merge_fields.get(name, "") for name in audience.merge_fields},
        "interests": {},
        "stats": _stats(account, audience, member),
        "ip_signup": member.ip_signup,
        "timestamp_signup": member.timestamp_signup,
        "ip_opt": member.ip_opt,
        "timestamp_opt": member.timestamp_opt,
        "member_rating": member.rating,
        "last_changed": member.last_changed,
        "language": member.language,
        "vip": member.is_vip,
        "email_client": "",
        "location": _location(member),
        "source": member.source,
        "tags_count": len(member.tags),
        "tags": [
            {"id": id, "name": audience.segments[id].name} for id in list(member.tags)[:MOST_TAGS_INLINE]
        ],
        "list_id": audience.id,
        "_links": links(request, f"/lists/{audience.id}/members/{member.id}"),
    }
    if member.status == "unsubscribed":
        document["unsubscribe_reason"] = member.unsubscribe_reason
    if member.phone:
        document["sms_phone_number"] = member.phone
        document["sms_subscription_status"] = member.phone_status
        document["sms_subscription_last_updated"] = member.phone_changed
    if audience.permissions:  # present only when the audience has GDPR fields
        document["marketing_permissions"] = [
            {"marketing_permission_id": id, "text": text, "enabled": member.permissions.get(id, False)}
            for id, text in audience.permissions.items()
        ]
    return document


def brief(account: MailchimpAccount, audience: Audience, member: Member, request: Request) -> dict[str, Any]:
    """A member as the answers to bulk changes print it: without name, permissions and numbers of shops."""
    document = printed(account, audience, member, request)
    document["stats"].pop("ecommerce_data", None)
    document["location"].pop("region")
    return {name: value for name, value in document.items() if name not in _NOT_BRIEF}


def _listed(account: MailchimpAccount, audience: Audience, request: Request) -> list[Member]:
    """The members of a listing, kept between pages while the audience does not change."""
    asked = {name: request.one(name) for name in MEMBER_FILTERS}
    key = (audience.id, audience.revision, tuple(asked.values()))
    if account.last_listing is None or account.last_listing[0] != key:
        account.last_listing = (key, _found(audience, request))
    return account.last_listing[1]


def _found(audience: Audience, request: Request) -> list[Member]:
    status = request.choice("status", STATUSES)
    sort = request.choice("sort_field", _SORTS)
    is_descending = request.choice("sort_dir", ("ASC", "DESC")) == "DESC"
    if request.one("unsubscribed_since") and status != "unsubscribed":
        raise invalid("unsubscribed_since", "Only allowed with status unsubscribed")
    tests: list[Callable[[Member], bool]] = [
        (lambda member: member.status == status) if status else (lambda member: member.status != "archived")
    ]
    for name in ("timestamp_opt", "last_changed"):
        # "after" and "before" of the reference: the moment itself is not in, a second is the grain.
        since, before, told = request.moment(f"since_{name}"), request.moment(f"before_{name}"), _SORTS[name]
        if since:
            tests.append(lambda member, since=since, told=told: told(member) > since)  # type: ignore[misc]
        if before:
            tests.append(lambda member, before=before, told=told: "" < told(member) < before)  # type: ignore[misc]
    left_since = request.moment("unsubscribed_since")
    if left_since:
        tests.append(lambda member: member.unsubscribed_at > left_since)
    if email_type := request.one("email_type"):
        tests.append(lambda member: member.email_type == email_type)
    if unique := request.one("unique_email_id"):
        tests.append(lambda member: member.unique_email_id == unique)
    if request.one("vip_only").lower() in ("true", "1"):
        tests.append(lambda member: member.is_vip)
    found = [member for member in audience.members.values() if all(test(member) for test in tests)]
    if sort:
        found.sort(key=_SORTS[sort], reverse=is_descending)
    return found


def _drift(account: MailchimpAccount, audience: Audience, request: Request) -> None:
    """Somebody's change between two pages: the first row of the listing moves behind all others."""
    listed = _listed(account, audience, request)
    if listed:
        moved = listed[0]
        audience.members[moved.id] = audience.members.pop(moved.id)
        account.changed(audience, moved, request)


def _full_name(member: Member) -> str:
    return " ".join(
        str(member.merge_fields[tag]) for tag in ("FNAME", "LNAME") if member.merge_fields.get(tag)
    )


def _location(member: Member) -> dict[str, Any]:
    return {
        "latitude": 0,
        "longitude": 0,
        "gmtoff": 0,
        "dstoff": 0,
        "country_code": member.country,
        "timezone": "",
        "region": "",
    }


def _stats(account: MailchimpAccount, audience: Audience, member: Member) -> dict[str, Any]:
    stats: dict[str, Any] = {"avg_open_rate": 0, "avg_click_rate": 0}
    bought = account.spending.by_email(audience.id).get(member.email.lower())
    if bought is not None:
        total, number, currency = bought
        stats["ecommerce_data"] = {
            "total_revenue": float(total),
            "number_of_orders": number,
            "currency_code": currency,
        }
    return stats
