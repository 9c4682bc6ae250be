"""Audiences (`/lists`): all of them, or one, with their counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, links, page
from .records import Audience

FILTERS = (
    "before_date_created",
    "since_date_created",
    "email",
    "sort_field",
    "sort_dir",
    "include_total_contacts",
)


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """A page of audiences, as they were made."""
    since, before = request.moment("since_date_created"), request.moment("before_date_created")
    email = request.one("email")
    found = [
        one
        for one in account.state.audiences.values()
        if (not since or one.created_at > since)
        and (not before or one.created_at < before)
        and (not email or account.find(one, email) is not None)
    ]
    if request.choice("sort_field", ("date_created",)):
        is_descending = request.choice("sort_dir", ("ASC", "DESC")) == "DESC"
        found.sort(key=lambda one: one.created_at, reverse=is_descending)
    shown, total = page(request, found)
    return 200, {
        "lists": [_printed(account, one, request) for one in shown],
        "total_items": total,
        "constraints": {"may_create": True, "max_instances": 1000, "current_total_instances": total},
        "_links": links(request, "/lists"),
    }


def get(account: MailchimpAccount, request: Request) -> Answer:
    """One audience."""
    return 200, _printed(account, account.audience(request), request)


def _printed(account: MailchimpAccount, audience: Audience, request: Request) -> dict[str, Any]:
    count = Counter(member.status for member in audience.members.values())
    sent = [one for one in account.state.campaigns.values() if one.list_id == audience.id and one.send_time]
    stats: dict[str, Any] = {
        "member_count": count["subscribed"],
        "unsubscribe_count": count["unsubscribed"],
        "cleaned_count": count["cleaned"],
        "campaign_count": len(sent),
        "campaign_last_sent": max((one.send_time for one in sent), default=""),
        "merge_field_count": len(audience.merge_fields),
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "last_sub_date": "",
        "last_unsub_date": "",
    }
    if request.one("include_total_contacts").lower() == "true":
        # All of them, but for those who left it: archived ones do not count (reference of lists).
        stats["total_contacts"] = sum(count.values()) - count["archived"]
    return {
        "id": audience.id,
        "web_id": audience.web_id,
        "name": audience.name,
        "permission_reminder": "You bought from us.",
        "use_archive_bar": True,
        "date_created": audience.created_at,
        "list_rating": 3,
        "email_type_option": False,
        "visibility": "prv",
        "double_optin": audience.has_double_optin,
        "has_welcome": False,
        "marketing_permissions": bool(audience.permissions),
        "modules": [],
        "stats": stats,
        "_links": links(request, f"/lists/{audience.id}"),
    }
