"""Merge fields: what an audience knows of its members beside the address."""

from __future__ import annotations

from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, links, not_found, page
from .records import MERGE_TYPES, Audience, MergeField

FILTERS = ("type", "required")


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """The merge fields of an audience; the address itself is none of them."""
    audience = account.audience(request)
    kind, is_required = request.choice("type", MERGE_TYPES), request.one("required").lower() == "true"
    found = [one for one in audience.merge_fields.values() if kind in ("", one.type) and not is_required]
    shown, total = page(request, found)
    return 200, {
        "merge_fields": [_printed(audience, one, request) for one in shown],
        "list_id": audience.id,
        "total_items": total,
        "_links": links(request, f"/lists/{audience.id}/merge-fields"),
    }


def get(account: MailchimpAccount, request: Request) -> Answer:
    """One merge field, by its number."""
    audience = account.audience(request)
    wanted = request.params["merge"]
    found = next((one for one in audience.merge_fields.values() if str(one.id) == wanted), None)
    if found is None:
        raise not_found()
    return 200, _printed(audience, found, request)


def _printed(audience: Audience, field: MergeField, request: Request) -> dict[str, Any]:
    return {
        "merge_id": field.id,
        "tag": field.tag,
        "name": field.name,
        "type": field.type,
        "required": False,
        "default_value": "",
        "public": False,
        "display_order": field.id + 1,
        "options": {},
        "help_text": "",
        "list_id": audience.id,
        "_links": links(request, f"/lists/{audience.id}/merge-fields/{field.id}"),
    }
