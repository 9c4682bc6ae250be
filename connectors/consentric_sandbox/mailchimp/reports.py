"""Reports of sent campaigns: who got it, clicked, left, bounced, opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, links, not_found, page
from .campaigns import link_id
from .records import Campaign, member_id


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """A page of the reports of sent campaigns."""
    since, before = request.moment("since_send_time"), request.moment("before_send_time")
    kind = request.choice("type", ("regular", "plaintext", "absplit", "rss", "variate"))
    found = [
        one
        for one in account.state.campaigns.values()
        if one.send_time > since and (not before or one.send_time < before) and kind in ("", "regular")
    ]
    shown, total = page(request, found)
    return 200, {
        "reports": [_printed(account, one, request) for one in shown],
        "total_items": total,
        "_links": links(request, "/reports"),
    }


def get(account: MailchimpAccount, request: Request) -> Answer:
    """The figures of one campaign."""
    return 200, _printed(account, _sent(account, request), request)


def sent_to(account: MailchimpAccount, request: Request) -> Answer:
    """Everybody it went to, bounced ones too."""
    campaign = _sent(account, request)
    opened: dict[str, list[str]] = {}
    for email, at, _ in campaign.opens:
        opened.setdefault(email, []).append(at)
    shown, total = page(request, list(campaign.sends.items()))
    rows = [
        _person(account, campaign, email)
        | {
            "merge_fields": {},
            "vip": False,
            "status": outcome,
            "open_count": len(opened.get(email, ())),
            "last_open": max(opened.get(email, ()), default=""),
        }
        for email, outcome in shown
    ]
    return _rows(request, campaign, "sent_to", rows, total, "sent-to")


def click_details(account: MailchimpAccount, request: Request) -> Answer:
    """The links of the campaign with how often they were followed."""
    campaign = _sent(account, request)
    shown, total = page(request, list(enumerate(campaign.links)))
    rows = []
    for position, url in shown:
        clicks = [one for one in campaign.clicks if one[1] == position]
        people = {email for email, _, _ in clicks}
        rows.append(
            {
                "id": link_id(campaign, position),
                "url": url,
                "total_clicks": len(clicks),
                "click_percentage": _share(len(clicks), len(campaign.clicks)),
                "unique_clicks": len(people),
                "unique_click_percentage": _share(len(people), len({one[0] for one in campaign.clicks})),
                "last_click": max((at for _, _, at in clicks), default=""),
                "campaign_id": campaign.id,
            }
        )
    return _rows(request, campaign, "urls_clicked", rows, total, "click-details")


def click_members(account: MailchimpAccount, request: Request) -> Answer:
    """Who followed one link, and how often; no times are told."""
    campaign = _sent(account, request)
    wanted = request.params["link"]
    position = next((at for at in range(len(campaign.links)) if link_id(campaign, at) == wanted), None)
    if position is None:
        raise not_found()
    counts = Counter(email for email, link, _ in campaign.clicks if link == position)
    shown, total = page(request, list(counts.items()))
    rows = [
        _person(account, campaign, email)
        | {
            "merge_fields": {},
            "vip": False,
            "clicks": number,
            "url_id": wanted,
            "contact_status": _status(account, campaign, email),
        }
        for email, number in shown
    ]
    return _rows(request, campaign, "members", rows, total, f"click-details/{wanted}/members")


def unsubscribed(account: MailchimpAccount, request: Request) -> Answer:
    """Who left through this campaign."""
    campaign = _sent(account, request)
    shown, total = page(request, list(campaign.unsubscribes.items()))
    rows = [
        _person(account, campaign, email)
        | {"merge_fields": {}, "vip": False, "timestamp": at, "reason": reason}
        for email, (at, reason) in shown
    ]
    return _rows(request, campaign, "unsubscribes", rows, total, "unsubscribed")


def email_activity(account: MailchimpAccount, request: Request) -> Answer:
    """Opens, clicks and bounces of each address; with `since` only of those with later ones."""
    campaign = _sent(account, request)
    since = request.moment("since")
    activity: dict[str, list[dict[str, str]]] = {email: [] for email in campaign.sends}
    for email, at, _ in campaign.opens:
        activity.setdefault(email, []).append({"action": "open", "timestamp": at, "ip": ""})
    for email, link, at in campaign.clicks:
        entry = {"action": "click", "timestamp": at, "url": campaign.links[link], "ip": ""}
        activity.setdefault(email, []).append(entry)
    for email, at in campaign.bounces.items():
        entry = {"action": "bounce", "type": campaign.sends[email], "timestamp": at}
        activity.setdefault(email, []).append(entry)
    if since:
        later = {email: [one for one in rows if one["timestamp"] > since] for email, rows in activity.items()}
        activity = {email: rows for email, rows in later.items() if rows}
    shown, total = page(request, list(activity.items()))
    rows = [
        _person(account, campaign, email) | {"activity": sorted(entries, key=lambda one: one["timestamp"])}
        for email, entries in shown
    ]
    return _rows(request, campaign, "emails", rows, total, "email-activity")


def open_details(account: MailchimpAccount, request: Request) -> Answer:
    """Who opened it and when; machines too, which are marked."""
    campaign = _sent(account, request)
    since = request.moment("since")
    opened: dict[str, list[dict[str, Any]]] = {}
    for email, at, is_proxy in campaign.opens:
        if at > since:
            opened.setdefault(email, []).append({"timestamp": at, "is_proxy_open": is_proxy})
    shown, total = page(request, list(opened.items()))
    rows = [
        _person(account, campaign, email)
        | {
            "merge_fields": {},
            "vip": False,
            "contact_status": _status(account, campaign, email),
            "opens_count": len(opens),
            "proxy_excluded_opens_count": sum(not one["is_proxy_open"] for one in opens),
            "opens": opens,
        }
        for email, opens in shown
    ]
    status, body = _rows(request, campaign, "members", rows, total, "open-details")
    body["total_opens"] = sum(map(len, opened.values()))
    body["total_proxy_excluded_opens"] = sum(
        not one["is_proxy_open"] for opens in opened.values() for one in opens
    )
    return status, body


def _sent(account: MailchimpAccount, request: Request) -> Campaign:
    campaign = account.campaign(request)
    if not campaign.send_time:
        raise not_found()
    return campaign


def _rows(
    request: Request, campaign: Campaign, name: str, rows: Sequence[Mapping[str, Any]], total: int, path: str
) -> Answer:
    return 200, {
        name: list(rows),
        "campaign_id": campaign.id,
        "total_items": total,
        "_links": links(request, f"/reports/{campaign.id}/{path}"),
    }


def _person(account: MailchimpAccount, campaign: Campaign, email: str) -> dict[str, Any]:
    return {
        "email_id": member_id(email),
        "email_address": email,
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": campaign.list_id in account.state.audiences,
    }


def _status(account: MailchimpAccount, campaign: Campaign, email: str) -> str:
    member = account.find(account.state.audiences[campaign.list_id], email)
    return member.status if member is not None else ""


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _printed(account: MailchimpAccount, campaign: Campaign, request: Request) -> dict[str, Any]:
    audience = account.state.audiences[campaign.list_id]
    sent = len(campaign.sends)
    openers, clickers = {one[0] for one in campaign.opens}, {one[0] for one in campaign.clicks}
    bounces = Counter(outcome for outcome in campaign.sends.values())
    return {
        "id": campaign.id,
        "campaign_title": campaign.title,
        "type": "regular",
        "list_id": campaign.list_id,
        "list_is_active": True,
        "list_name": audience.name,
        "subject_line": campaign.title,
        "emails_sent": sent,
        "abuse_reports": 0,
        "unsubscribed": len(campaign.unsubscribes),
        "send_time": campaign.send_time,
        "bounces": {"hard_bounces": bounces["hard"], "soft_bounces": bounces["soft"], "syntax_errors": 0},
        "opens": {
            "opens_total": len(campaign.opens),
            "unique_opens": len(openers),
            "open_rate": _share(len(openers), sent),
            "last_open": max((one[1] for one in campaign.opens), default=""),
        },
        "clicks": {
            "clicks_total": len(campaign.clicks),
            "unique_clicks": len({(email, link) for email, link, _ in campaign.clicks}),
            "unique_subscriber_clicks": len(clickers),
            "click_rate": _share(len(clickers), sent),
            "last_click": max((one[2] for one in campaign.clicks), default=""),
        },
        "_links": links(request, f"/reports/{campaign.id}"),
    }
