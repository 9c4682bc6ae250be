"""Deals, orders and engagements as activities of one person each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.records import Activity, Bookmark, Complete, Incomplete, Record, RecordRef

from .client import HubSpotClient
from .contacts import contact_ref
from .failures import partial_errors
from .paging import Tally, changed, listed
from .properties import live_types, lost_field, require
from .values import Row, instant, properties_of
from .watermark import Watermark

logger = logging.getLogger(__name__)

_MODIFIED = "hs_lastmodifieddate"
_INPUTS = 100
"""Reports on one changelog conflict, 100 or 1,000 (airbyte #48834, #56447): the lower holds for both."""

Shape = Callable[[str, Mapping[str, str | None], RecordRef], Sequence[Activity]]
"""Number, properties and record of an object to its activities; none when it is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One object type whose rows are activities."""

    object_type: str
    required: tuple[str, ...]
    """Properties without which a row says nothing."""
    optional: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    """Properties the configuration names: their loss is reported."""
    keys: Callable[[str], tuple[str, ...]]
    """Number to the keys of its activities, for a row that was deleted."""
    shape: Shape


def read_activities(client: HubSpotClient, source: Source, since: Bookmark | None) -> Iterator[Record]:
    """All activities of a source, or those changed since the bookmark, then those that were deleted.

    A row without a contact is yielded as the act of nobody, for the engine to count.
    """
    asked, missing = _properties(client, source)
    watermark, tally, unlinked = Watermark(client, since), Tally(client, source.object_type), 0
    for rows in _pages(client, source, watermark, asked):
        contacts = first_contacts(client, source.object_type, [str(row["id"]) for row in rows])
        unlinked += len(rows) - len(contacts)
        for row in rows:
            number, properties = str(row["id"]), properties_of(row)
            at = instant(properties.get(_MODIFIED))
            watermark.see(at)
            tally.note(number)
            nobody = RecordRef(object=source.object_type, id=number)
            record = contact_ref(contacts[number]) if number in contacts else nobody
            yield from source.shape(number, properties, record)
            if since is not None and number not in contacts and at is not None:
                yield from _cancellations(source, row, at)  # it may have had a contact before
        if since is not None and rows:
            yield watermark.bookmark()
    logger.info("%s: %d rows without a contact", source.object_type, unlinked)
    yield from _deleted(client, source, watermark)
    reasons = [lost_field(source.object_type, name) for name in missing]
    shortfall = tally.shortfall() if since is None else None
    if shortfall is None:
        yield watermark.bookmark()
    else:
        reasons.append(shortfall)
    if reasons:
        yield Incomplete(reason="; ".join(reasons))
    elif since is None:
        yield Complete(count=tally.count)


def _properties(client: HubSpotClient, source: Source) -> tuple[list[str], list[str]]:
    """What to ask for, and what the configuration names in vain."""
    live = live_types(client, source.object_type)
    require(client, source.object_type, live, (_MODIFIED, *source.required))
    wanted = (_MODIFIED, *source.required, *source.optional, *source.configured)
    return [name for name in wanted if name in live], [n for n in source.configured if n not in live]


def _pages(
    client: HubSpotClient, source: Source, watermark: Watermark, asked: Sequence[str]
) -> Iterator[list[Row]]:
    if watermark.start is None:
        return listed(client, source.object_type, asked)
    return changed(client, source.object_type, _MODIFIED, watermark.start, asked)


def first_contacts(client: HubSpotClient, object_type: str, numbers: Sequence[str]) -> dict[str, str]:
    """The one contact of each object: the primary one, else the first linked.

    Raises:
        RemoteError: TRANSIENT when some links could not be read: nothing may be taken for unlinked.
    """
    found: dict[str, str] = {}
    for start in range(0, len(numbers), _INPUTS):
        waiting: list[dict[str, str]] = [{"id": number} for number in numbers[start : start + _INPUTS]]
        while waiting:
            answer = client.request(
                "POST",
                "associations.read",
                parts={"from": object_type, "to": "contacts"},
                body={"inputs": waiting},
            )
            _check(client, object_type, answer)
            waiting = _take_links(answer, found)
    return found


def _take_links(answer: Mapping[str, Any], found: dict[str, str]) -> list[dict[str, str]]:
    """Notes first and primary contacts; gives the inputs whose links go on."""
    unfinished = []
    for entry in answer.get("results") or ():
        number = str(entry["from"]["id"])
        links = entry.get("to") or []
        primary = next((link for link in links if _is_primary(link)), None)
        if primary is not None:
            found[number] = str(primary["toObjectId"])
            continue
        if links:
            found.setdefault(number, str(links[0]["toObjectId"]))
        after = ((entry.get("paging") or {}).get("next") or {}).get("after")
        if after:
            unfinished.append({"id": number, "after": str(after)})
    return unfinished


def _is_primary(link: Mapping[str, Any]) -> bool:
    return any(
        str(kind.get("label") or "").lower().startswith("primary")
        for kind in link.get("associationTypes") or ()
    )


def _check(client: HubSpotClient, object_type: str, answer: Mapping[str, Any]) -> None:
    # "No association found" is an error entry too, and only means that there is none.
    lost = [error for error in partial_errors(answer) if error.code != "OBJECT_NOT_FOUND"]
    if lost:
        account = client.context.connection
        raise RemoteError(
            f'connection "{account}": HubSpot could not tell all contacts of some {object_type}',
            kind=RemoteKind.TRANSIENT,
            account=account,
            operation=f"{object_type}.associations.read",
            vendor_code=lost[0].code,
            hint="run again; what was read before this page is kept",
        )


def _deleted(client: HubSpotClient, source: Source, watermark: Watermark) -> Iterator[Record]:
    start = watermark.start
    for rows in listed(client, source.object_type, ("hs_object_id",), archived=True):
        for row in rows:
            at = instant(row.get("archivedAt"))
            if at is not None and (start is None or at >= start):
                yield from _cancellations(source, row, at)


def _cancellations(source: Source, row: Row, at: Any) -> Iterator[Activity]:
    # A deleted row has no links any more; its key is enough for its activity to leave.
    record = RecordRef(object=source.object_type, id=str(row["id"]))
    for key in source.keys(str(row["id"])):
        yield Activity(record=record, key=key, kind="order", at=at, is_cancelled=True)
