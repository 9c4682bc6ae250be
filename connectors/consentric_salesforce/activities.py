"""Opportunities, orders and engagements as activities of one person each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from consentric.sdk.records import Activity, Bookmark, Complete, Incomplete, Record, RecordRef

from .client import SalesforceClient
from .paging import Rows, rows_among
from .schema import STAMP, Described, Schema, lost_field
from .values import Row, instant, is_true
from .watermark import Watermark

logger = logging.getLogger(__name__)

_SINCE = f"{STAMP} >= {{}}"
_LIVE = "IsDeleted = false"

Shape: TypeAlias = Callable[[Row, RecordRef], Sequence[Activity]]
"""A row and its record to its activities; none when it is not one."""
Linked: TypeAlias = Callable[[SalesforceClient, Sequence[Row]], Mapping[str, RecordRef]]
"""Rows of a page to the person of each that has one, by id of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An object that says whose a row is, and may change without it."""

    entity: str
    field: str
    """Its field that names the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One object whose rows are activities."""

    entity: str
    required: tuple[str, ...]
    """Fields without which a row says nothing."""
    optional: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    """Fields the configuration names: their loss is reported."""
    always: str = ""
    """Condition that a row meets for ever or never."""
    at_first: str = ""
    """Condition for a whole read alone; later a row that ceases to meet it must be seen."""
    keys: Callable[[str], tuple[str, ...]]
    """Id to the keys of its activities, for a row that no longer counts."""
    linked: Linked
    shape: Shape
    link: Link | None = None


def read_activities(client: SalesforceClient, source: Source, since: Bookmark | None) -> Iterator[Record]:
    """All activities of a source, or those changed since the bookmark, deleted ones among them.

    A row without a person is yielded as the act of nobody, for the engine to count. Rows
    come by time of their last change, so every bookmark is a promise; rows whose links changed come
    first, since their own time did not.

    Raises:
        RemoteError: Of any kind.
        GuardError: The bookmark is not ours or lies in the future.
    """
    found = Schema(client).need(source.entity, source.required)
    reading = _Reading(client, source, found, Watermark(client, since))
    if since is not None and source.link is not None:
        yield from reading.relinked(source.link)
    rows = reading.rows()
    for page in rows.pages():
        yield from reading.page(page)
        yield reading.watermark.bookmark()
    logger.info("%s: %d rows without a person", source.entity, reading.unlinked)
    yield from _ending(source, found, rows, reading.watermark, is_full=since is None)


def _ending(
    source: Source, found: Described, rows: Rows, watermark: Watermark, *, is_full: bool
) -> Iterator[Record]:
    reasons = [lost_field(source.entity, one) for one in source.configured if one not in found.fields]
    shortfall = rows.shortfall() if is_full else None
    if shortfall is None:
        yield watermark.bookmark()
    else:
        reasons.append(shortfall)
    if reasons:
        yield Incomplete(reason="; ".join(reasons))
    elif is_full:
        yield Complete(count=rows.seen)


class _Reading:
    """One read of a source."""

    def __init__(
        self, client: SalesforceClient, source: Source, found: Described, watermark: Watermark
    ) -> None:
        self.watermark = watermark
        self.unlinked = 0
        self._client = client
        self._source = source
        self._asked = found.present(("IsDeleted", *source.required, *source.optional, *source.configured))

    def rows(self) -> Rows:
        """What there is, or what changed; also archived tasks and events, which only queryAll gives."""
        start, source = self.watermark.start, self._source
        parts = [source.always, _SINCE] if start is not None else [source.always, source.at_first, _LIVE]
        condition = " AND ".join(part for part in parts if part)
        values = () if start is None else (start,)
        return Rows(self._client, source.entity, self._asked, condition, *values, with_deleted=True)

    def relinked(self, link: Link) -> Iterator[Record]:
        """Rows that got another person, or lost theirs, without changing themselves."""
        changed: dict[str, None] = {}
        for page in Rows(
            self._client, link.entity, (link.field,), _SINCE, self.watermark.start, with_deleted=True
        ).pages():
            changed.update(dict.fromkeys(str(row[link.field]) for row in page if row.get(link.field)))
        yield from self.page(
            list(
                rows_among(
                    self._client, self._source.entity, self._asked, "Id", list(changed), self._source.always
                )
            ),
            is_in_order=False,
        )

    def page(self, rows: Sequence[Row], *, is_in_order: bool = True) -> Iterator[Record]:
        """The activities of some rows; what no longer counts leaves by its key."""
        live = [row for row in rows if not is_true(row.get("IsDeleted"))]
        persons = self._source.linked(self._client, live)
        self.unlinked += len(live) - len(persons)
        for row in rows:
            at = instant(row[STAMP])
            if is_in_order:
                self.watermark.see(at)
            nobody = RecordRef(object=self._source.entity, id=row["Id"])
            is_live = not is_true(row.get("IsDeleted"))
            activities = self._source.shape(row, persons.get(row["Id"], nobody)) if is_live else ()
            yield from activities
            if self.watermark.start is not None and at is not None:
                kept = {one.key for one in activities if row["Id"] in persons}
                yield from self._leaving(row["Id"], kept, at)

    def _leaving(self, id: str, kept: set[str], at: datetime) -> Iterator[Activity]:
        record = RecordRef(object=self._source.entity, id=id)
        for key in self._source.keys(id):
            if key not in kept:
                yield Activity(record=record, key=key, kind="order", at=at, is_cancelled=True)
