"""The members of an audience with their consent: everything at first, then what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from consentric.sdk.records import Bookmark, Complete, Contact, Deletion, Incomplete, Record, RecordRef
from consentric.sdk.watermark import Watermark

from .client import MailchimpClient, fields_of
from .consents import CONSENT_FIELDS, PERMISSION_FIELDS, Speaker, consent_events, opted_in_at
from .merge_fields import MemberFields, member_fields
from .paging import Enumeration
from .values import Row, instant, shown

OBJECT = "member"
_LAG = timedelta(minutes=1)
_ROUNDS = 5
_RESTLESS = "the audience changed under every pass; it is read again next time"


def member_ref(list_id: str, contact_id: str) -> RecordRef:
    """The reference of a member: its audience, and the one number that stays when the address changes.

    The number that paths want (`id`, MD5 of the address in lower case) is not carried. It changes with the
    address, so nothing could be found again by it, and it is an unkeyed hash: kept in the vault, it would
    let addresses be guessed from a stolen copy. Reading by `contact_id` is documented for a member and for
    its tags. The one path that wants the hash, writing tags, is asked for with the status of the member
    at the moment of writing, which must be known anyway: nothing is written to who was archived since.
    """
    return RecordRef(object=OBJECT, partition=list_id, id=contact_id)


def read_members(client: MailchimpClient, list_id: str, since: Bookmark | None) -> Iterator[Record]:
    """All members of one audience, or those changed since the bookmark; archived ones as deletions.

    Raises:
        RemoteError: REJECTED when the audience is gone.
        GuardError: The bookmark is not ours or lies in the future.
    """
    reading = _Reading(client, list_id, since, with_fields=True)
    yield from reading.records()
    yield from reading.ending()


def read_denials(client: MailchimpClient, since: Bookmark | None) -> Iterator[Record]:
    """Members changed since the bookmark in any audience, with consent and what identifies them.

    One bookmark for all audiences: the earliest that each of them came to.
    """
    readings = [_Reading(client, list_id, since, with_fields=False) for list_id in client.settings.audiences]
    for reading in readings:
        yield from reading.records()
    if all(reading.has_all for reading in readings):
        yield min((reading.bookmark() for reading in readings), key=lambda mark: mark.watermark)
    reasons = [reason for reading in readings for reason in reading.reasons()]
    if reasons:
        yield Incomplete(reason="; ".join(dict.fromkeys(reasons)))


class _Reading:
    """One read of an audience: what is asked, how far it came, what it could not learn."""

    def __init__(
        self, client: MailchimpClient, list_id: str, since: Bookmark | None, *, with_fields: bool
    ) -> None:
        self._client = client
        self._list_id = list_id
        self._since = since
        self._with_fields = with_fields
        self._shortfall: str | None = None
        self._count = 0
        self._leavers: frozenset[object] = frozenset()
        self._fields: MemberFields | None = None
        self._watermark: Watermark | None = None

    @property
    def has_all(self) -> bool:
        """Whether everybody came who was asked for, so that a promise can be made."""
        return self._shortfall is None

    def records(self) -> Iterator[Record]:
        """Every member once per state it was seen in, until two passes find the same."""
        audience = self._client.get(
            "/lists/{list}", "lists.get", parts={"list": self._list_id}, query={"fields": "id,double_optin"}
        )
        settings = self._client.settings
        watermark = self._watermark = Watermark(
            self._client.context.connection,
            "Mailchimp",
            server_time=self._client.server_time,
            since=self._since,
            overlap=timedelta(minutes=settings.overlap_minutes),
            lag=_LAG,
        )
        speaker = Speaker.of(settings, self._list_id, is_confirmed=audience.get("double_optin") is True)
        fields = self._fields = member_fields(self._client, self._list_id, with_fields=self._with_fields)
        self._leavers = _leavers(self._client, self._list_id, watermark.start)
        enumeration = Enumeration(self._client, self._list_id, self._asked(fields), start=watermark.start)
        recent = watermark.signpost - timedelta(minutes=settings.overlap_minutes)
        for member in enumeration.members(recent=recent, rounds=_ROUNDS):
            watermark.see(instant(member.get("last_changed")))
            yield self._record(member, speaker, fields)
        self._shortfall = _RESTLESS if enumeration.is_restless else enumeration.shortfall()
        self._count = enumeration.live

    def ending(self) -> Iterator[Record]:
        """Says how far the read came, then whether it was whole."""
        reasons = self.reasons()
        if self.has_all:
            yield self.bookmark()
        if reasons:
            yield Incomplete(reason="; ".join(reasons))
        elif self._since is None:
            yield Complete(count=self._count)

    def reasons(self) -> list[str]:
        """Why nothing may be inferred from absence."""
        missing = self._fields.missing if self._fields is not None else ()
        reasons = [f'the merge field "{name}" is gone from the audience' for name in missing]
        return reasons if self._shortfall is None else [*reasons, self._shortfall]

    def bookmark(self) -> Bookmark:
        """The promise that can be made after `records`."""
        assert self._watermark is not None
        return self._watermark.bookmark()

    def _asked(self, fields: MemberFields) -> tuple[str, ...]:
        permissions = PERMISSION_FIELDS if self._client.settings.permissions else ()
        return ("contact_id", "email_address", *CONSENT_FIELDS, *permissions, *fields.asked)

    def _record(self, member: Row, speaker: Speaker, fields: MemberFields) -> Record:
        ref = member_ref(self._list_id, str(member["contact_id"]))
        if member.get("status") == "archived":
            return Deletion(record=ref, at=instant(member.get("last_changed")))
        consents = consent_events(member, speaker, is_new_no=member["contact_id"] in self._leavers)
        return Contact(
            ref=ref,
            email=str(member.get("email_address") or "") or None,
            phone=fields.phone(member),
            external_ids=fields.external_ids(member),
            fields=fields.values(member),
            consents=consents,
            bounced=member.get("status") == "cleaned",
            created_at=_first(member),
            # Of a no we know only a time it was not after, which our own labels move.
            last_contact_at=max(
                (
                    one.occurred_at
                    for one in consents
                    if one.occurred_at and one.state == "granted" and one.grade in ("A", "B")
                ),
                default=None,
            ),
        )


def _leavers(client: MailchimpClient, list_id: str, since: datetime | None) -> frozenset[object]:
    """Who unsubscribed since then; nobody is asked for by a read of everything, which knows no before."""
    if since is None:
        return frozenset()
    query = {
        "status": "unsubscribed",
        "unsubscribed_since": shown(since),
        "fields": fields_of("members", "contact_id"),
    }
    pages = client.pages(
        "/lists/{list}/members", "members.list", "members", parts={"list": list_id}, query=query
    )
    return frozenset(row.get("contact_id") for rows in pages for row in rows)


def _first(member: Mapping[str, object]) -> datetime | None:
    times = [instant(member.get("timestamp_signup")), opted_in_at(member)]
    return min((at for at in times if at is not None), default=None)
