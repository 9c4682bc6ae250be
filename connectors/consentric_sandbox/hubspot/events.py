"""Events: behavioural occurrences of records, and the event log of marketing e-mails.

The two are apart: "The events API doesn't include marketing email events, such as opens, clicks, and
bounces. To analyze marketing email events, use the email event analytics API" ("Events API" guide,
2026-03). The latter is `/email/public/v1/events`, of which no dated path exists.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from .api import Answer, Request, invalid, next_page, not_found
from .portal import Portal
from .state import EmailEvent
from .values import instant, milliseconds

PAGE = 100
EMAIL_PAGE = 1_000
APP_ID = 113
# The exhaustive list of the vendor is longer; none of its types is of a marketing e-mail.
EVENT_TYPES = ("e_visited_page", "e_form_submission", "e_media_played")


def event_types(portal: Portal, _request: Request) -> Answer:
    """`GET .../event-types`: types exist whether or not the portal has occurrences of them."""
    own = {one.kind for one in portal.state.occurrences}
    return 200, {"eventTypes": sorted({*EVENT_TYPES, *own})}


def occurrences(portal: Portal, request: Request) -> Answer:
    """`GET .../event-occurrences`: newest first.

    An object type needs an object id ("If not present, then the objectProperty parameter is required",
    OpenAPI); leaving out the object altogether is allowed with an event type.
    """
    object_type, object_id = request.one("objectType"), request.one("objectId")
    kind, ids = request.one("eventType"), request.several("id")
    if object_type and not object_id:
        raise invalid("objectId or objectProperty is required with objectType")
    if not (kind or object_id or ids):
        raise invalid("at least one of eventType, objectId and id is required")
    first = _moment(request, "occurredAfter", "")
    last = _moment(request, "occurredBefore", "~")
    limit = request.number("limit", default=20, most=PAGE)
    after = request.one("after", "0")
    if not after.isdigit():
        raise invalid("The cursor given in after is not valid")
    found = [
        one
        for one in sorted(portal.state.occurrences, reverse=True)
        if (not kind or one.kind == kind)
        and (not object_id or (str(one.object_id) == object_id and one.object_type == object_type))
        and (not ids or one.id in ids)
        and first <= one.occurred_at < last
    ]
    start, size = int(after), request.page_size(limit)
    answer: dict[str, Any] = {
        "results": [
            {
                "id": one.id,
                "eventType": one.kind,
                "objectType": one.object_type,
                "objectId": str(one.object_id),
                "occurredAt": one.occurred_at,
                "properties": one.properties,
            }
            for one in found[start : start + size]
        ]
    }
    if start + size < len(found):
        answer["paging"] = next_page(str(start + size), is_moved=size > 0)
    return 200, answer


def email_events(portal: Portal, request: Request) -> Answer:
    """`GET /email/public/v1/events`: newest first, 1,000 a page, `offset` and `hasMore`."""
    events = portal.state.email_events
    if not portal.state.is_email_log_sorted:
        events.sort()
        portal.state.is_email_log_sorted = True
    start = _position(request, "startTimestamp", default=0)
    end = _position(request, "endTimestamp", default=2**62)
    low = bisect_left(events, start, key=lambda one: one.created_ms)
    high = bisect_right(events, end, key=lambda one: one.created_ms)
    kind, recipient = request.one("eventType").upper(), request.one("recipient").lower()
    campaign = request.one("campaignId")
    limit = request.number("limit", default=100, most=EMAIL_PAGE)
    # The offset is opaque to the client: the position before which the next page starts.
    offset = request.one("offset")
    if offset:
        if not offset.isdigit():
            raise invalid("offset is not valid")
        high = min(high, int(offset))
    size, position = request.page_size(limit), high
    page: list[dict[str, Any]] = []
    while position > low and len(page) < size:
        position -= 1
        one = events[position]
        if (
            (not kind or one.kind == kind)
            and (not recipient or one.recipient == recipient)
            and (not campaign or str(one.campaign) == campaign)
        ):
            page.append(_email_event(portal, one, position))
    return 200, {"hasMore": position > low, "offset": str(position), "events": page}


def campaign(portal: Portal, request: Request) -> Answer:
    """`GET /email/public/v1/campaigns/{id}`: the name of a marketing e-mail."""
    id = request.params["campaign"]
    name = portal.state.campaigns.get(int(id)) if id.isdigit() else None
    if name is None:
        raise not_found(f"No campaign {id}")
    return 200, {"id": int(id), "appId": APP_ID, "appName": "Batch", "name": name, "subject": name}


def _email_event(portal: Portal, one: EmailEvent, position: int) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": f"00000000-0000-4000-9000-{position:012d}",
        "created": one.created_ms,
        "type": one.kind,
        "recipient": one.recipient,
        "emailCampaignId": one.campaign,
        "appId": APP_ID,
        "appName": "Batch",
        "portalId": portal.state.account.portal_id,
    }
    if one.kind == "CLICK":
        event["url"] = one.url
    return event


def _moment(request: Request, name: str, default: str) -> str:
    text = request.one(name)
    if not text:
        return default
    at = milliseconds(text)
    if at is None:
        raise invalid(f"{name} must be an ISO 8601 instant")
    return instant(at)


def _position(request: Request, name: str, *, default: int) -> int:
    text = request.one(name, str(default))
    if not text.isdigit():
        raise invalid(f"{name} must be epoch milliseconds")
    return int(text)
