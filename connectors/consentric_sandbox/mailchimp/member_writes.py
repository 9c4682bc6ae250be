"""Writes of members: every way to create, subscribe, change, archive or forget somebody."""

from __future__ import annotations

from typing import Any

from consentric_sandbox.write_log import Kind

from .account import MailchimpAccount
from .api import Answer, Problem, Request, fields, invalid, rows
from .members import brief, printed
from .records import STATUSES, Audience, Member, member_id

MOST_MEMBERS = 500
_WRITABLE = tuple(status for status in STATUSES if status != "archived")
_CHANGEABLE = ("subscribed", "unsubscribed", "cleaned", "pending")
"""What PATCH may make of a member (Marketing API 3.0.90); POST and PUT know transactional too."""
_WANTS_MAIL = ("subscribed", "pending")
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "email_address": str,
    "email_type": str,
    "status": str,
    "merge_fields": dict,
    "interests": dict,
    "language": str,
    "vip": bool,
    "location": dict,
    "marketing_permissions": list,
    "ip_signup": str,
    "timestamp_signup": str,
    "ip_opt": str,
    "timestamp_opt": str,
}
_PLAIN = {
    "email_type": "email_type",
    "language": "language",
    "vip": "is_vip",
    "ip_signup": "ip_signup",
    "timestamp_signup": "timestamp_signup",
    "ip_opt": "ip_opt",
    "timestamp_opt": "timestamp_opt",
}


def create(account: MailchimpAccount, request: Request) -> Answer:
    """Adds a member; 400 Member Exists for one who is there and not archived."""
    audience = account.audience(request)
    body = fields(request.body, _FIELDS | {"tags": list}, "email_address", "status")
    known = account.find(audience, body["email_address"])
    if known is not None and known.status != "archived":
        raise Problem(
            400,
            "Member Exists",
            f"{body['email_address']} is already a list member. Use PUT to insert or update list members.",
        )
    member = _stored(account, request, audience, known, body)
    for name in body.get("tags", []):
        segment = account.state.tag_named(audience, name, at=request.at)
        audience.tag(member, segment, at=request.at)
    account.accept(_kind(body), request, [f"{audience.id}/{member.id}"], [_values(body)])
    return 200, printed(account, audience, member, request)


def put(account: MailchimpAccount, request: Request) -> Answer:
    """Adds a member or changes the one there; `status` overrules, `status_if_new` does not."""
    audience = account.audience(request)
    required = ("email_address", "status_if_new")
    body = fields(request.body, _FIELDS | {"status_if_new": str}, *required)
    known = account.find(audience, request.params["member"])
    wanted = dict(body)
    if_new = _status(wanted.pop("status_if_new"))
    if known is None:
        wanted.setdefault("status", if_new)
    member = _stored(account, request, audience, known, wanted)
    account.accept(_kind(body, if_new), request, [f"{audience.id}/{member.id}"], [_values(body)])
    return 200, printed(account, audience, member, request)


def update(account: MailchimpAccount, request: Request) -> Answer:
    """Changes a member who is there."""
    audience = account.audience(request)
    body = fields(request.body, _FIELDS)
    if "status" in body and body["status"] not in _CHANGEABLE:
        raise invalid("status", f"Value must be one of: {', '.join(_CHANGEABLE)}")
    member = _stored(account, request, audience, account.member(request, audience), body)
    status = body.get("status")
    permits = any(one["enabled"] for one in body.get("marketing_permissions", []))
    kind: Kind = "unsubscribe" if status else "other"
    if status in _WANTS_MAIL or permits:
        kind = "could_subscribe"
    account.accept(kind, request, [f"{audience.id}/{member.id}"], [_values(body)])
    return 200, printed(account, audience, member, request)


def archive(account: MailchimpAccount, request: Request) -> Answer:
    """Takes a member out of the audience's sight; nothing is erased."""
    audience = account.audience(request)
    member = account.member(request, audience)
    if member.status == "archived":
        raise Problem(405, "Method Not Allowed", "This list member cannot be removed.")
    member.status_before, member.status = member.status, "archived"
    account.changed(audience, member, request)
    account.accept("other", request, [f"{audience.id}/{member.id}"])
    return 204, None


def forget(account: MailchimpAccount, request: Request) -> Answer:
    """Erases a member with all reports about them; the address can never be imported again."""
    audience = account.audience(request)
    member = account.member(request, audience)
    audience.forgotten.add(member.id)
    audience.drop(member)
    email = member.email.lower()
    for campaign in account.state.campaigns.values():
        if campaign.list_id == audience.id:
            campaign.sends.pop(email, None)
            campaign.bounces.pop(email, None)
            campaign.unsubscribes.pop(email, None)
            campaign.clicks = [one for one in campaign.clicks if one[0] != email]
            campaign.opens = [one for one in campaign.opens if one[0] != email]
    account.accept("erase", request, [f"{audience.id}/{member.id}"])
    return 204, None


def batch(account: MailchimpAccount, request: Request) -> Answer:
    """Adds up to 500 members, or changes those there with `update_existing`; each row has its outcome."""
    audience = account.audience(request)
    allowed = {"members": list, "sync_tags": bool, "update_existing": bool}
    body = fields(request.body, allowed, "members")
    new: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for at, one in enumerate(rows(body["members"], most=MOST_MEMBERS, name="members")):
        row = fields(one, _FIELDS | {"tags": list}, "email_address", where=f"members.{at}.")
        known = account.find(audience, row["email_address"])
        is_new = known is None or known.status == "archived"
        try:
            if not is_new and not body.get("update_existing", False):
                raise Problem(400, "Member Exists", f"{row['email_address']} is already a list member")
            if is_new and "status" not in row:
                raise invalid("status", "Required fields were not provided")
            member = _stored(account, request, audience, known, {n: v for n, v in row.items() if n != "tags"})
        except Problem as problem:
            errors.append(_row_error(row["email_address"], problem))
            continue
        (new if is_new else updated).append(brief(account, audience, member, request))
        account.accept(_kind(row), request, [f"{audience.id}/{member.id}"], [_values(row)])
    return 200, {
        "new_members": new,
        "updated_members": updated,
        "errors": errors,
        "total_created": len(new),
        "total_updated": len(updated),
        "error_count": len(errors),
        "_links": [],
    }


def _stored(
    account: MailchimpAccount,
    request: Request,
    audience: Audience,
    member: Member | None,
    body: dict[str, Any],
) -> Member:
    """Checks everything first, then creates or changes the member."""
    status = _status(body["status"]) if "status" in body else ""
    email = body.get("email_address", member.email if member else "")
    if "@" not in email:
        raise invalid("email_address", "This value should be a valid email address.")
    if member_id(email) in audience.forgotten:
        raise Problem(
            400,
            "Forgotten Email Not Subscribed",
            f"{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get"
            " back on the list.",
        )
    if member is not None and member.is_locked and status == "subscribed":
        raise Problem(
            400,
            "Member In Compliance State",
            f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be"
            " subscribed.",
        )
    _check_fields(audience, body)
    if member is None:
        member = account.state.new_member(audience, email, at=request.at)
        member.timestamp_signup, member.source = request.at, "API - Generic"
    elif member_id(email) != member.id:
        if member_id(email) in audience.members:
            raise Problem(400, "Member Exists", f"{email} is already a list member.")
        del audience.members[member.id]
        member.email = email  # the number changes, unique_email_id and contact_id stay
        audience.put(member)
    _fill(member, body, status, at=request.at)
    account.changed(audience, member, request)
    return member


def _check_fields(audience: Audience, body: dict[str, Any]) -> None:
    for name in body.get("merge_fields", {}):
        if name not in audience.merge_fields:
            raise invalid(f"merge_fields.{name}", "This field was not expected")
    for at, one in enumerate(body.get("marketing_permissions", [])):
        allowed: dict[str, type | tuple[type, ...]] = {"marketing_permission_id": str, "enabled": bool}
        row = fields(one, allowed, *allowed, where=f"marketing_permissions.{at}.")
        if row["marketing_permission_id"] not in audience.permissions:
            raise invalid(f"marketing_permissions.{at}.marketing_permission_id", "Unknown permission")


def _fill(member: Member, body: dict[str, Any], status: str, *, at: str) -> None:
    for name, attribute in _PLAIN.items():
        if name in body:
            setattr(member, attribute, body[name])
    member.merge_fields.update(body.get("merge_fields", {}))
    for one in body.get("marketing_permissions", []):
        member.permissions[one["marketing_permission_id"]] = one["enabled"]
    if not status:
        return
    if status == "subscribed" and member.status != "subscribed" and "timestamp_opt" not in body:
        member.timestamp_opt = at
    if status == "unsubscribed" and member.status != "unsubscribed":
        member.unsubscribed_at = at
        member.unsubscribe_reason = "N/A (Unsubscribed by an admin)"
    member.status = status


def _status(value: str) -> str:
    if value not in _WRITABLE:
        raise invalid("status", f"Value must be one of: {', '.join(_WRITABLE)}")
    return value


def _kind(body: dict[str, Any], if_new: str = "") -> Kind:
    """What the write could have done to somebody, whatever it did to this one."""
    wanted = {body.get("status", ""), if_new}
    return "could_subscribe" if wanted & set(_WANTS_MAIL) else "could_create"


def _values(body: dict[str, Any]) -> dict[str, str]:
    return {name: str(body[name]) for name in ("status", "status_if_new") if name in body}


def _row_error(email: str, problem: Problem) -> dict[str, str]:
    is_known = problem.document["title"] == "Member Exists"
    return {
        "email_address": email,
        "error": problem.document["detail"],
        "error_code": "ERROR_CONTACT_EXISTS" if is_known else "ERROR_GENERIC",
        "field": "",
        "field_message": "",
    }
