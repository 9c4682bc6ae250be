"""Tags of a member: told page by page, added and taken away; a name nobody used makes a new tag."""

from __future__ import annotations

from .account import MailchimpAccount
from .api import Answer, Request, fields, invalid, links, page
from .records import Audience, Member


def list_tags(account: MailchimpAccount, request: Request) -> Answer:
    """The tags of one member, a page of them."""
    audience = account.audience(request)
    member = account.member(request, audience)
    shown, total = page(request, list(member.tags.items()))
    return 200, {
        "tags": [{"id": id, "name": audience.segments[id].name, "date_added": at} for id, at in shown],
        "total_items": total,
        "_links": links(request, f"/lists/{audience.id}/members/{member.id}/tags"),
    }


def change_tags(account: MailchimpAccount, request: Request) -> Answer:
    """Adds and takes away tags; 204 also when nothing was new.

    The log holds one entry per tag, with `is_syncing`: without it tag automations would fire.
    """
    audience = account.audience(request)
    member = account.member(request, audience)
    body = fields(request.body, {"tags": list, "is_syncing": bool}, "tags")
    wanted = []
    for at, one in enumerate(body["tags"]):
        tag = fields(one, {"name": str, "status": str}, "name", "status", where=f"tags.{at}.")
        if tag["status"] not in ("active", "inactive"):
            raise invalid(f"tags.{at}.status", "Value must be one of: inactive, active")
        if not tag["name"].strip():
            raise invalid(f"tags.{at}.name", "This value should not be blank.")
        wanted.append((tag["name"].strip(), tag["status"]))
    is_changed = [_changed(account, request, audience, member, *one) for one in wanted]
    if any(is_changed):
        account.changed(audience, member, request)
    values = [
        {"tag": name, "status": status, "is_syncing": str(body.get("is_syncing", False)).lower()}
        for name, status in wanted
    ]
    account.accept("label", request, [f"{audience.id}/{member.id}"] * len(values), values)
    return 204, None


def search_tags(account: MailchimpAccount, request: Request) -> Answer:
    """Tags whose name begins with the text asked for, all without one."""
    audience = account.audience(request)
    start = request.one("name").lower()
    found = [one for one in audience.segments.values() if one.name.lower().startswith(start)]
    return 200, {"tags": [{"id": one.id, "name": one.name} for one in found], "total_items": len(found)}


def _changed(
    account: MailchimpAccount, request: Request, audience: Audience, member: Member, name: str, status: str
) -> bool:
    segment = audience.segment_named(name)
    if status == "inactive":
        return segment is not None and audience.untag(member, segment, at=request.at)
    if segment is None:
        segment = account.state.tag_named(audience, name, at=request.at)
        account.accept("provision", request, [f"{audience.id}/{segment.id}"], [{"tag": name}])
    return audience.tag(member, segment, at=request.at)
