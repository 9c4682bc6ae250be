"""Marketing e-mails as activities: delivered, clicked, bounced, left; opens only for their own purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.records import Activity, ActivityKind, Bookmark, Record

from .client import HubSpotClient
from .contacts import contact_ref
from .values import instant, milliseconds
from .watermark import Watermark

TRACKING = "email_tracking"
"""Purpose under which opens may be asked for: they are a use of their own."""

_PAGE = 1_000
_LOOKUP = 100
_KINDS: Mapping[str, ActivityKind] = {
    "DELIVERED": "send",
    "CLICK": "click",
    "BOUNCE": "bounce",
    "STATUSCHANGE": "unsubscribe",
    "OPEN": "open",
}
_LEFT = frozenset({"UNSUBSCRIBED", "NOT_OPTED", "OPT_OUT"})


def read_emails(client: HubSpotClient, since: Bookmark | None) -> Iterator[Record]:
    """Events of marketing e-mails since the bookmark, or all; one bookmark at the end.

    The event log comes newest first, so nothing is promised before its end, and it says nothing by
    absence. The event occurrences of the dated interface hold no marketing e-mails ("Events API" guide).
    """
    client.request("GET", "account")  # the signpost: HubSpot's time before the first page
    watermark = Watermark(client, since)
    assert client.server_time is not None
    log = _Log(client, watermark.start, client.server_time)
    recipients = _Recipients(client)
    for name, kind in _KINDS.items():
        if kind == "open" and TRACKING not in client.context.purposes:
            continue
        for events in log.pages(name):
            counted = [event for event in events if kind != "unsubscribe" or _left(event)]
            numbers = recipients.contacts([str(event.get("recipient") or "") for event in counted])
            for event in counted:
                at = instant(event.get("created"))
                number = numbers.get(str(event.get("recipient") or "").lower())
                if at is not None:
                    watermark.see(at)
                if at is not None and number is not None:
                    yield _activity(event, kind, at, number)
    yield watermark.bookmark()


class _Log:
    """Pages of the event log between two instants; the end is fixed, so pages do not shift."""

    def __init__(self, client: HubSpotClient, start: datetime | None, end: datetime) -> None:
        self._client = client
        self._window = [("endTimestamp", str(milliseconds(end)))]
        if start is not None:
            self._window.append(("startTimestamp", str(milliseconds(start))))

    def pages(self, event_type: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Newest first; an empty page may have more behind it."""
        query = [("eventType", event_type), ("limit", str(_PAGE)), *self._window]
        offset = ""
        while True:
            page_query = [*query, ("offset", offset)] if offset else query
            answer = self._client.request("GET", "email.events", query=page_query)
            yield [event for event in answer.get("events") or () if isinstance(event, dict)]
            following = str(answer.get("offset") or "")
            if not answer.get("hasMore"):
                return
            if not following or following == offset:
                raise _stuck(self._client)
            offset = following


class _Recipients:
    """Finds the contact of an address, 100 a call; remembers addresses in memory for one read."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._known: dict[str, str | None] = {}

    def contacts(self, addresses: Sequence[str]) -> Mapping[str, str | None]:
        """Address in lower case to the number of its contact, None when there is none."""
        new = [
            address for address in dict.fromkeys(a.lower() for a in addresses) if address not in self._known
        ]
        for start in range(0, len(new), _LOOKUP):
            self._look_up([address for address in new[start : start + _LOOKUP] if address])
        return self._known

    def _look_up(self, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        body = {
            "idProperty": "email",
            "inputs": [{"id": address} for address in addresses],
            "properties": ["email"],
        }
        answer = self._client.request("POST", "objects.read", parts={"type": "contacts"}, body=body)
        self._known.update(dict.fromkeys(addresses))
        for row in answer.get("results") or ():
            address = str((row.get("properties") or {}).get("email") or "").lower()
            self._known[address] = str(row["id"])


def _left(event: Mapping[str, Any]) -> bool:
    """Whether a change of subscriptions is a no; a yes is a change too."""
    if event.get("portalSubscriptionStatus") in _LEFT:
        return True
    changes = event.get("subscriptions")
    if isinstance(changes, str):
        try:
            changes = json.loads(changes)
        except ValueError:
            return False
    return isinstance(changes, list) and any(
        isinstance(change, dict) and change.get("status") in _LEFT for change in changes
    )


def _activity(event: Mapping[str, Any], kind: ActivityKind, at: datetime, number: str) -> Activity:
    campaign = event.get("emailCampaignId")
    return Activity(
        record=contact_ref(number),
        key=f"email:{event.get('created')}:{event.get('id')}",
        kind=kind,
        at=at,
        campaign=str(campaign) if campaign else None,
        # HubSpot's own filter for bots and mail scanners.
        machine=bool(event.get("filteredEvent")),
    )


def _stuck(client: HubSpotClient) -> RemoteError:
    account = client.context.connection
    return RemoteError(
        f'connection "{account}": HubSpot email.events does not move on: its offset stays the same',
        kind=RemoteKind.FATAL,
        account=account,
        operation="email.events",
        vendor_code="no_progress",
        hint="run again; if it stays, tell HubSpot's support",
        code="CS107",
    )
