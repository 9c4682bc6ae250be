"""Static segments, which tags are: made, filled by address, renamed, emptied, read."""

from __future__ import annotations

from typing import Any

from .account import MailchimpAccount
from .api import Answer, Problem, Request, fields, invalid, links, not_found, page, rows
from .members import brief
from .records import Audience, Member, Segment, member_id

MOST_ADDRESSES = 500
_TOO_MANY = "please provide at most 500 items in members_to_add field or members_to_remove field"
_INCLUDES = ("include_cleaned", "include_transactional", "include_unsubscribed")
LIST_FILTERS = (
    "type",
    "since_created_at",
    "before_created_at",
    "since_updated_at",
    "before_updated_at",
    *_INCLUDES,
)
ONE_FILTERS = _INCLUDES


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """The segments of an audience; all of the pretend ones are static."""
    audience = account.audience(request)
    kind = request.choice("type", ("saved", "static", "fuzzy"))
    found = [] if kind in ("saved", "fuzzy") else list(audience.segments.values())
    for name in ("created_at", "updated_at"):
        since, before = request.moment(f"since_{name}"), request.moment(f"before_{name}")
        found = [one for one in found if not since or getattr(one, name) > since]
        found = [one for one in found if not before or getattr(one, name) < before]
    shown, total = page(request, found)
    return 200, {
        "segments": [_printed(audience, one, request) for one in shown],
        "list_id": audience.id,
        "total_items": total,
        "_links": links(request, f"/lists/{audience.id}/segments"),
    }


def get(account: MailchimpAccount, request: Request) -> Answer:
    """One segment."""
    audience = account.audience(request)
    return 200, _printed(audience, account.segment(request, audience), request)


def create(account: MailchimpAccount, request: Request) -> Answer:
    """Makes a segment with the members of these addresses; unknown addresses are passed over."""
    audience = account.audience(request)
    body = fields(request.body, {"name": str, "static_segment": list}, "name", "static_segment")
    _check_name(audience, body["name"])
    segment = account.state.tag_named(audience, body["name"], at=request.at)
    account.accept("provision", request, [f"{audience.id}/{segment.id}"], [{"tag": segment.name}])
    found, _ = _members(audience, body["static_segment"], "static_segment")
    _apply(account, request, audience, segment, add=found, remove=[])
    return 200, _printed(audience, segment, request)


def update(account: MailchimpAccount, request: Request) -> Answer:
    """Renames a segment; `static_segment` takes the place of all its members, empty it empties it."""
    audience = account.audience(request)
    segment = account.segment(request, audience)
    body = fields(request.body, {"name": str, "static_segment": list}, "name")
    if body["name"] != segment.name:
        _check_name(audience, body["name"])
        segment.name = body["name"]
        account.accept("provision", request, [f"{audience.id}/{segment.id}"], [{"tag": segment.name}])
    if "static_segment" in body:
        found, _ = _members(audience, body["static_segment"], "static_segment")
        kept = {member.contact_id for member in found}
        gone = [audience.by_contact[one] for one in segment.members if one not in kept]
        _apply(account, request, audience, segment, add=found, remove=gone)
    return 200, _printed(audience, segment, request)


def change(account: MailchimpAccount, request: Request) -> Answer:
    """Adds and removes up to 500 addresses each; 200 also when some of them are nobody."""
    audience = account.audience(request)
    segment = account.segment(request, audience)
    body = fields(request.body, {"members_to_add": list, "members_to_remove": list})
    to_add, unknown = _members(audience, body.get("members_to_add", []), "members_to_add")
    to_remove, absent = _members(audience, body.get("members_to_remove", []), "members_to_remove")
    added, removed = _apply(account, request, audience, segment, add=to_add, remove=to_remove)
    missing = [*unknown, *absent]
    errors = [
        {"email_addresses": missing, "error": "Email addresses are not members of this list"}
    ] if missing else []  # fmt: skip
    return 200, {
        "members_added": [brief(account, audience, one, request) for one in added],
        "members_removed": [brief(account, audience, one, request) for one in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(missing),
        "_links": links(request, f"/lists/{audience.id}/segments/{segment.id}"),
    }


def delete(account: MailchimpAccount, request: Request) -> Answer:
    """Removes a segment, and with it the tag of all its members."""
    audience = account.audience(request)
    segment = account.segment(request, audience)
    for contact in list(segment.members):
        audience.untag(audience.by_contact[contact], segment, at=request.at)
    del audience.segments[segment.id]
    audience.revision += 1
    account.accept("provision", request, [f"{audience.id}/{segment.id}"], [{"tag": segment.name}])
    return 204, None


def members(account: MailchimpAccount, request: Request) -> Answer:
    """Who is in a segment: subscribers, and others where the query includes them; never contact ids."""
    audience = account.audience(request)
    segment = account.segment(request, audience)
    wanted = {"subscribed"} | {
        name.removeprefix("include_") for name in _INCLUDES if request.one(name).lower() == "true"
    }
    inside = [audience.by_contact[contact] for contact in segment.members]
    shown, total = page(request, [one for one in inside if one.status in wanted])
    printed = [brief(account, audience, one, request) for one in shown]
    for document in printed:
        for name in ("contact_id", "tags", "tags_count"):
            del document[name]
    return 200, {
        "members": printed,
        "total_items": total,
        "_links": links(request, f"/lists/{audience.id}/segments/{segment.id}/members"),
    }


def remove_member(account: MailchimpAccount, request: Request) -> Answer:
    """Takes one member out of a segment; 404 for one who is not in it."""
    audience = account.audience(request)
    segment = account.segment(request, audience)
    member = account.member(request, audience)
    if segment.id not in member.tags:
        raise not_found()
    _apply(account, request, audience, segment, add=[], remove=[member])
    return 204, None


def _members(audience: Audience, addresses: Any, name: str) -> tuple[list[Member], list[str]]:
    found, missing = [], []
    for address in rows(addresses, most=MOST_ADDRESSES, name=name, message=_TOO_MANY):
        member = audience.members.get(member_id(str(address)))
        if member is None or member.status == "archived":
            missing.append(str(address))
        else:
            found.append(member)
    return found, missing


def _apply(
    account: MailchimpAccount,
    request: Request,
    audience: Audience,
    segment: Segment,
    *,
    add: list[Member],
    remove: list[Member],
) -> tuple[list[Member], list[Member]]:
    added = [one for one in add if audience.tag(one, segment, at=request.at)]
    removed = [one for one in remove if audience.untag(one, segment, at=request.at)]
    for member in (*added, *removed):
        account.changed(audience, member, request)
    ids = [f"{audience.id}/{member.id}" for member in (*add, *remove)]
    values = [{"tag": segment.name, "status": "active"}] * len(add)
    values += [{"tag": segment.name, "status": "inactive"}] * len(remove)
    if ids:
        account.accept("label", request, ids, values)
    return added, removed


def _check_name(audience: Audience, name: str) -> None:
    if not name.strip():
        raise invalid("name", "This value should not be blank.")
    if audience.segment_named(name) is not None:
        raise Problem(400, "Bad Request", "Sorry, that tag already exists.")


def _printed(audience: Audience, segment: Segment, request: Request) -> dict[str, Any]:
    wanted = {"subscribed"} | {
        name.removeprefix("include_") for name in _INCLUDES if request.one(name).lower() == "true"
    }
    return {
        "id": segment.id,
        "name": segment.name,
        "member_count": sum(audience.by_contact[one].status in wanted for one in segment.members),
        "type": "static",
        "created_at": segment.created_at,
        "updated_at": segment.updated_at,
        "options": {"match": "any", "conditions": []},
        "list_id": audience.id,
        "_links": links(request, f"/lists/{audience.id}/segments/{segment.id}"),
    }
