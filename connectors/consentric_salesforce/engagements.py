"""Calls, meetings, e-mails and answers to campaigns: what kind of contact with a person each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from consentric.sdk.records import Activity, ActivityKind, RecordRef

from .activities import Source
from .client import SalesforceClient
from .paging import rows_among
from .settings import ActivitySource
from .values import Row, instant, is_true, person, text

_DRAFT = "5"
_RELATION = "EmailMessageRelation"
_SIDES = ("FromAddress", "ToAddress", "CcAddress", "BccAddress")


def engagements(name: ActivitySource, *, with_emails: bool, with_opens: bool) -> Source:
    """The activities of one source.

    Args:
        with_emails: Whether `emails` are read too; a task of an e-mail would then be the same once more.
        with_opens: Whether opens may be asked for: a purpose of their own.
    """
    if name == "tasks":
        return _tasks(with_emails=with_emails)
    if name == "events":
        return _events()
    return _emails(with_opens=with_opens) if name == "emails" else _campaign_members()


def _tasks(*, with_emails: bool) -> Source:
    """Calls and mails that were done; any other task is staff's own work."""
    kinds: dict[str, ActivityKind] = {"Call": "call"}
    if not with_emails:
        kinds |= {"Email": "send", "ListEmail": "send"}

    def shape(row: Row, record: RecordRef) -> Sequence[Activity]:
        at = instant(row.get("CompletedDateTime") or row.get("ActivityDate"))
        kind = kinds.get(text(row.get("TaskSubtype")) or "")
        if not is_true(row.get("IsClosed")) or is_true(row.get("IsRecurrence")):
            return ()
        return _one(record, f"task:{row['Id']}", kind, at)

    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return Source(
        entity="Task",
        required=("WhoId", "TaskSubtype", "ActivityDate", "IsClosed"),
        optional=("CompletedDateTime", "IsRecurrence"),
        always=f"TaskSubtype IN ({listed})",
        at_first="IsClosed = true AND WhoId != null",
        keys=lambda id: (f"task:{id}",),
        linked=lambda _, rows: _who(rows, "WhoId"),
        shape=shape,
    )


def _events() -> Source:
    def shape(row: Row, record: RecordRef) -> Sequence[Activity]:
        at = instant(row.get("StartDateTime") or row.get("ActivityDate"))
        # The head of a series only says how it repeats.
        kind: ActivityKind | None = None if is_true(row.get("IsRecurrence")) else "meeting"
        return _one(record, f"event:{row['Id']}", kind, at)

    return Source(
        entity="Event",
        required=("WhoId", "StartDateTime"),
        optional=("ActivityDate", "IsRecurrence"),
        at_first="WhoId != null",
        keys=lambda id: (f"event:{id}",),
        linked=lambda _, rows: _who(rows, "WhoId"),
        shape=shape,
    )


def _emails(*, with_opens: bool) -> Source:
    """One-to-one e-mails; no subject and no text of a message is ever asked for."""

    def shape(row: Row, record: RecordRef) -> Sequence[Activity]:
        key = f"email:{row['Id']}"
        found = _one(record, key, _email_kind(row), instant(row.get("MessageDate")))
        opened = instant(row.get("FirstOpenedDate")) if with_opens and is_true(row.get("IsOpened")) else None
        return (*found, *_one(record, f"{key}:open", "open", opened)) if found else ()

    return Source(
        entity="EmailMessage",
        required=("MessageDate", "Incoming", "Status"),
        optional=("IsBounced", *(("IsOpened", "FirstOpenedDate") if with_opens else ())),
        keys=lambda id: (f"email:{id}", f"email:{id}:open"),
        linked=_correspondents,
        shape=shape,
    )


def _email_kind(row: Row) -> ActivityKind | None:
    if text(row.get("Status")) == _DRAFT:
        return None
    if is_true(row.get("Incoming")):
        return "reply"
    return "bounce" if is_true(row.get("IsBounced")) else "send"


def _campaign_members() -> Source:
    """Answers to campaigns; who was merely put on one did nothing."""

    def shape(row: Row, record: RecordRef) -> Sequence[Activity]:
        kind: ActivityKind | None = "reply" if is_true(row.get("HasResponded")) else None
        campaign = text(row.get("CampaignId"))
        at = instant(row.get("FirstRespondedDate"))
        return _one(record, f"campaign_member:{row['Id']}", kind, at, campaign=campaign)

    return Source(
        entity="CampaignMember",
        required=("CampaignId", "ContactId", "LeadId", "HasResponded", "FirstRespondedDate"),
        at_first="HasResponded = true",
        keys=lambda id: (f"campaign_member:{id}",),
        # The member of a converted lead names both; its contact is who it is about from then on.
        linked=lambda _, rows: _who(rows, "LeadId") | _who(rows, "ContactId"),
        shape=shape,
    )


def _one(
    record: RecordRef,
    key: str,
    kind: ActivityKind | None,
    at: datetime | None,
    *,
    campaign: str | None = None,
) -> tuple[Activity, ...]:
    if kind is None or at is None:
        return ()
    return (Activity(record=record, key=key, kind=kind, at=at, campaign=campaign),)


def _who(rows: Sequence[Row], field: str) -> dict[str, RecordRef]:
    found = ((str(row["Id"]), person(row.get(field))) for row in rows)
    return {id: ref for id, ref in found if ref is not None}


def _correspondents(client: SalesforceClient, rows: Sequence[Row]) -> Mapping[str, RecordRef]:
    """The sender of an incoming mail, the first recipient of any other, where it is a contact or lead."""
    incoming = {str(row["Id"]) for row in rows if is_true(row.get("Incoming"))}
    ids = [str(row["Id"]) for row in rows]
    fields = ("EmailMessageId", "RelationId", "RelationType")
    found: dict[str, tuple[int, str, RecordRef]] = {}
    for link in rows_among(client, _RELATION, fields, "EmailMessageId", ids):
        ref, side = person(link.get("RelationId")), text(link.get("RelationType")) or ""
        mail = str(link["EmailMessageId"])
        if ref is None or side not in _SIDES or (side == "FromAddress") != (mail in incoming):
            continue
        candidate = (_SIDES.index(side), str(link["Id"]), ref)
        if mail not in found or candidate[:2] < found[mail][:2]:
            found[mail] = candidate
    return {mail: ref for mail, (_, _, ref) in found.items()}
