"""Campaigns: all of them by status and time, or one; and the addresses of their links."""

from __future__ import annotations

import hashlib
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, links, page
from .records import Campaign

FILTERS = (
    "type",
    "status",
    "before_send_time",
    "since_send_time",
    "before_create_time",
    "since_create_time",
    "list_id",
    "sort_field",
    "sort_dir",
)
_STATUSES = ("save", "paused", "schedule", "sending", "sent")


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """A page of campaigns, as they were made unless sorted otherwise."""
    status, list_id = request.choice("status", _STATUSES), request.one("list_id")
    kind = request.choice("type", ("regular", "plaintext", "absplit", "rss", "variate"))
    found = [
        one
        for one in account.state.campaigns.values()
        if status in ("", status_of(one)) and list_id in ("", one.list_id) and kind in ("", "regular")
    ]
    for name, attribute in (("send_time", "send_time"), ("create_time", "created_at")):
        since, before = request.moment(f"since_{name}"), request.moment(f"before_{name}")
        found = [one for one in found if not since or getattr(one, attribute) > since]
        found = [one for one in found if not before or "" < getattr(one, attribute) < before]
    sort = request.choice("sort_field", ("create_time", "send_time"))
    if sort:
        attribute = "send_time" if sort == "send_time" else "created_at"
        is_descending = request.choice("sort_dir", ("ASC", "DESC")) == "DESC"
        found.sort(key=lambda one: getattr(one, attribute), reverse=is_descending)
    shown, total = page(request, found)
    return 200, {
        "campaigns": [_printed(account, one, request) for one in shown],
        "total_items": total,
        "_links": links(request, "/campaigns"),
    }


def get(account: MailchimpAccount, request: Request) -> Answer:
    """One campaign."""
    return 200, _printed(account, account.campaign(request), request)


def status_of(campaign: Campaign) -> str:
    """Sent, or a draft."""
    return "sent" if campaign.send_time else "save"


def link_id(campaign: Campaign, position: int) -> str:
    """The number of a link in reports."""
    return hashlib.sha256(f"{campaign.id}\n{position}".encode()).hexdigest()[:10]


def _printed(account: MailchimpAccount, campaign: Campaign, request: Request) -> dict[str, Any]:
    audience = account.state.audiences[campaign.list_id]
    return {
        "id": campaign.id,
        "web_id": campaign.web_id,
        "type": "regular",
        "create_time": campaign.created_at,
        "archive_url": "",
        "long_archive_url": "",
        "status": status_of(campaign),
        "emails_sent": len(campaign.sends),
        "send_time": campaign.send_time,
        "content_type": "html",
        "needs_block_refresh": False,
        "resendable": False,
        "recipients": {
            "list_id": campaign.list_id,
            "list_is_active": True,
            "list_name": audience.name,
            "segment_text": "",
            "recipient_count": len(campaign.sends),
        },
        "settings": {
            "subject_line": campaign.title,
            "title": campaign.title,
            "from_name": audience.name,
            "reply_to": "owner@example.com",
        },
        "_links": links(request, f"/campaigns/{campaign.id}"),
    }
