"""Reads members page by page, and what they bought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from consentric import (
    Account,
    Activity,
    Bookmark,
    Complete,
    Connector,
    ConsentEvent,
    Contact,
    Deletion,
    GuardError,
    RecordRef,
    Stream,
)

from .desk import Desk, GuildSettings


class GuildConnector(Connector):
    """The hall numbers every change; a bookmark is such a number."""

    name = "guild"
    settings_model = GuildSettings

    def check(self) -> Account:
        """Which hall it is."""
        hall = self._desk.ask("hall")
        return Account(id=hall["id"], name=hall["name"])

    def streams(self) -> list[Stream]:
        """Members, then purchases."""
        return [Stream(name="members", kind="contacts"), Stream(name="purchases", kind="activities")]

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Any]:
        """What has a number above the bookmark."""
        last = self._desk.ask("hall")["change"]
        if since is not None and not (since.watermark.isdigit() and int(since.watermark) <= last):
            raise GuardError(f'connection "{self.context.connection}": the bookmark is not ours')
        after, count, page = (int(since.watermark) if since else 0), 0, 1
        while page:
            answer = self._desk.ask(f"{stream.name}?after={after}&page={page}")
            for row in answer["rows"]:
                count += not row.get("left", False)
                yield self._purchase(row) if stream.kind == "activities" else self._member(row)
            page = answer["next"]
        yield Bookmark(watermark=f"{last:012}")
        if since is None and stream.kind == "contacts":
            yield Complete(count=count)

    @property
    def _desk(self) -> Desk:
        return Desk(self.settings, self.context)

    def _member(self, row: dict[str, Any]) -> Contact | Deletion:
        ref = RecordRef(object="member", id=row["id"])
        if row["left"]:
            return Deletion(record=ref)
        consents = [
            ConsentEvent(
                state=said["state"],
                purpose="email_marketing",
                channel="email",
                grade="B",
                method="form",
                notice=said["notice"],
                occurred_at=datetime.fromisoformat(said["at"]),
            )
            for said in row["letters"]
            if said["paper"] == self.settings.newsletter
        ]
        joined = datetime.fromisoformat(row["joined"])
        return Contact(ref=ref, email=row["email"], consents=tuple(consents), created_at=joined)

    def _purchase(self, row: dict[str, Any]) -> Activity:
        return Activity(
            record=RecordRef(object="member", id=row["member"]),
            key=row["id"],
            kind="order",
            at=datetime.fromisoformat(row["at"]),
            amount=Decimal(row["total"]),
            currency="EUR",
            order_number=row["id"],
        )
