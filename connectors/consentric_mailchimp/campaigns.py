"""Campaigns as activities of members: sent, bounced, clicked, left; opens only for their own purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from consentric.sdk.errors import RemoteError
from consentric.sdk.records import Activity, ActivityKind, Bookmark, Record
from consentric.sdk.watermark import Watermark

from .client import MailchimpClient, fields_of
from .directory import Directories, Directory
from .members import member_ref
from .values import Row, instant, shown

TRACKING = "email_tracking"
"""Purpose under which opens may be asked for: they are a use of their own."""
_LAG = timedelta(minutes=1)
_SENDING = timedelta(days=3)
"""A campaign in batches or by time zone takes a day; soft bounces are tried again for a while."""
_REPORT = "/reports/{campaign}"

Told = tuple[ActivityKind, str, datetime | None]
"""Kind, what tells it from others of its kind and person, time if the report has one."""
Shape = Callable[[Row], Iterator[Told]]
"""A line of a report to what it tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Campaign:
    """A campaign that was sent, and the audience it went to."""

    id: str
    list_id: str
    sent_at: datetime
    directory: Directory


def read_campaigns(client: MailchimpClient, since: Bookmark | None) -> Iterator[Record]:
    """What happened to the campaigns of the last weeks, or to all in reach; one bookmark at the end.

    Reports know no "since", so those of recent campaigns are read again; the stores swallow the repeats.
    Click reports tell no time (the one that does, email-activity, tells opens in the same lines): a click
    is dated by the send, which is never after it.
    """
    client.get("/ping", "account.ping")  # the signpost: Mailchimp's time before the first page
    watermark = Watermark(
        client.context.connection,
        "Mailchimp",
        server_time=client.server_time,
        since=since,
        overlap=timedelta(minutes=client.settings.overlap_minutes),
        lag=_LAG,
    )
    days = client.settings.history_days if watermark.start is None else client.settings.report_days
    earliest = (watermark.start or watermark.signpost) - timedelta(days=days)
    for campaign in _campaigns(client, earliest):
        if watermark.start is None or campaign.sent_at >= watermark.start - _SENDING:
            yield from _lines(client, campaign, "/sent-to", "sent_to", ("status",), _sent)
        yield from _clicks(client, campaign)
        yield from _lines(client, campaign, "/unsubscribed", "unsubscribes", ("timestamp",), _left)
        if TRACKING in client.context.purposes:
            names = ("opens.timestamp", "opens.is_proxy_open")
            yield from _lines(client, campaign, "/open-details", "members", names, _opened)
    watermark.see(watermark.signpost)
    yield watermark.bookmark()


def _campaigns(client: MailchimpClient, earliest: datetime) -> Iterator[_Campaign]:
    """Sent campaigns of the audiences that are read; taken down first, for reading reports takes long."""
    directories = Directories(client)
    query = {
        "status": "sent",
        "since_send_time": shown(earliest),
        "sort_field": "send_time",
        "sort_dir": "ASC",
        "fields": fields_of("campaigns", "id", "send_time", "recipients.list_id"),
    }
    found: dict[str, Row] = {}
    for rows in client.pages("/campaigns", "campaigns.list", "campaigns", query=query):
        found.update((str(row.get("id")), row) for row in rows)
    for id, row in found.items():
        recipients = row.get("recipients")
        list_id = recipients.get("list_id") if isinstance(recipients, Mapping) else None
        directory, sent_at = directories.of(list_id), instant(row.get("send_time"))
        if directory is not None and sent_at is not None:
            yield _Campaign(id=id, list_id=str(list_id), sent_at=sent_at, directory=directory)


def _clicks(client: MailchimpClient, campaign: _Campaign) -> Iterator[Activity]:
    links = _report(
        client, campaign, "/click-details", "urls_clicked", fields_of("urls_clicked", "id", "total_clicks")
    )
    # Taken down first: the pages of one link are read while those of the links would still be open.
    for link in [row for rows in links for row in rows]:
        number = str(link.get("id") or "")
        if number and link.get("total_clicks") != 0:
            path = "/click-details/{link}/members"
            yield from _lines(client, campaign, path, "members", (), _clicked(number), link=number)


def _lines(
    client: MailchimpClient,
    campaign: _Campaign,
    path: str,
    key: str,
    names: tuple[str, ...],
    shape: Shape,
    *,
    link: str = "",
) -> Iterator[Activity]:
    fields = fields_of(key, "email_id", *names)
    for rows in _report(client, campaign, path, key, fields, link=link):
        contacts = campaign.directory.contacts(str(row.get("email_id") or "") for row in rows)
        for row in rows:
            contact = contacts.get(str(row.get("email_id") or ""))
            for kind, detail, at in shape(row) if contact is not None else ():
                assert contact is not None
                yield Activity(
                    record=member_ref(campaign.list_id, contact),
                    key=f"{kind}:{campaign.id}:{contact}{detail}",
                    kind=kind,
                    at=at or campaign.sent_at,
                    campaign=campaign.id,
                    machine=detail.endswith("proxy"),
                )


def _report(
    client: MailchimpClient, campaign: _Campaign, path: str, key: str, fields: str, *, link: str = ""
) -> Iterator[list[Row]]:
    """Pages of one part of a report; of a campaign that was deleted meanwhile there is none."""
    operation = "reports." + path.strip("/").replace("/{link}/", "_").replace("-", "_")
    parts = {"campaign": campaign.id, "link": link}
    try:
        yield from client.pages(_REPORT + path, operation, key, parts=parts, query={"fields": fields})
    except RemoteError as error:
        if error.status != 404:
            raise


def _sent(row: Row) -> Iterator[Told]:
    yield ("send" if row.get("status") == "sent" else "bounce"), "", None


def _clicked(link: str) -> Shape:
    def shape(_row: Row) -> Iterator[Told]:
        yield "click", f":{link}", None

    return shape


def _left(row: Row) -> Iterator[Told]:
    yield "unsubscribe", "", instant(row.get("timestamp"))


def _opened(row: Row) -> Iterator[Told]:
    seen: set[str] = set()
    for one in row.get("opens") or ():
        text = str(one.get("timestamp") or "") if isinstance(one, Mapping) else ""
        at = instant(text)
        if at is not None and text not in seen:
            seen.add(text)
            yield "open", f":{text}{':proxy' if one.get('is_proxy_open') else ''}", at
