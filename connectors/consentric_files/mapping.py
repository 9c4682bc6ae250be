"""Makes contacts and activities out of rows, as the column settings say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from consentric import Activity, ConsentEvent, Contact, Context, RecordRef
from consentric.sdk.records import ActivityKind, Grade

from .cells import Row
from .settings import ActivitiesFile, ConsentSettings, ContactsFile
from .tables import Table

CONTACT = "contact"
_KINDS = {kind: kind for kind in get_args(ActivityKind)}
_GRADES = {"a": "A", "b": "B", "c": "C", "d": "D"}


def needed_columns(settings: ContactsFile | ActivitiesFile, context: Context) -> list[str]:
    """The columns that must be there: those of the settings and, for contacts, the fields of the config."""
    found = {name for name in settings.columns.model_dump().values() if isinstance(name, str)}
    if isinstance(settings, ContactsFile):
        found.update(settings.columns.external_ids.values(), context.external_ids)
        found.update(context.fields.get(CONTACT, ()))
        for consent in settings.consents:
            found.update(name for name in consent.columns.model_dump().values() if name)
    return sorted(found)


def read_contacts(
    table: Table, settings: ContactsFile, *, context: Context, zone: ZoneInfo
) -> Iterator[Contact]:
    """One contact per row.

    Raises:
        DataError: At the first row that cannot be read, or whose id was seen before.
    """
    columns = settings.columns
    # `identity.external_ids` of the config says column to name, the settings say name to column.
    numbers = {**{name: column for column, name in context.external_ids.items()}, **columns.external_ids}
    seen: set[str] = set()
    for number, cells in table.rows(needed_columns(settings, context)):
        row = Row(table=table, number=number, cells=cells, zone=zone)
        found = {name: row.text(column) for name, column in numbers.items()}
        yield Contact(
            ref=RecordRef(object=CONTACT, id=_new_key(row, columns.id, seen)),
            email=row.address(columns.email),
            phone=row.address(columns.phone),
            external_ids={name: value for name, value in found.items() if value},
            fields={column: row.raw(column) for column in context.fields.get(CONTACT, ())},
            consents=tuple(
                event for consent in settings.consents for event in _consent(row, consent) if event
            ),
            bounced=row.flag(columns.bounced) or False,
            created_at=row.instant(columns.created_at),
            last_contact_at=row.instant(columns.last_contact_at),
            country=row.code(columns.country, 2),
            birth_date=row.day(columns.birth_date),
            optout_offered=row.flag(columns.optout_offered),
        )


def read_activities(
    table: Table, settings: ActivitiesFile, *, context: Context, zone: ZoneInfo
) -> Iterator[Activity]:
    """One activity per row.

    Raises:
        DataError: At the first row that cannot be read, or whose key was seen before: two rows with one
            key would count once, so order lines need keys of their own.
    """
    columns = settings.columns
    seen: set[str] = set()
    for number, cells in table.rows(needed_columns(settings, context)):
        row = Row(table=table, number=number, cells=cells, zone=zone)
        at = row.instant(columns.at)
        kind = row.word(columns.kind, _KINDS) or settings.kind
        if at is None or kind is None:
            raise row.fault(columns.at if at is None else str(columns.kind), "is empty")
        yield Activity(
            record=RecordRef(object=CONTACT, id=row.key(columns.contact)),
            key=_new_key(row, columns.key, seen),
            kind=cast(ActivityKind, kind),
            at=at,
            amount=row.money(columns.amount),
            currency=row.code(columns.currency, 3) or settings.currency,
            order_number=row.text(columns.order_number),
            campaign=row.text(columns.campaign),
            category=row.text(columns.category),
            is_cancelled=bool(row.flag(columns.cancelled) or row.flag(columns.test)),
        )


def _new_key(row: Row, column: str, seen: set[str]) -> str:
    key = row.key(column)
    if key in seen:
        raise row.fault(column, "was seen in an earlier row")
    seen.add(key)
    return key


def _consent(row: Row, consent: ConsentSettings) -> Iterator[ConsentEvent]:
    columns = consent.columns
    state = row.word(columns.state, consent.states)
    if state is None:
        return
    purpose = row.text(columns.purpose) or consent.purpose
    if purpose is None:
        raise row.fault(str(columns.purpose), "is empty")
    yield ConsentEvent(
        state=cast(Literal["granted", "denied", "withdrawn", "pending", "ended"], state),
        purpose=purpose,
        channel=row.text(columns.channel) or consent.channel,
        grade=cast(Grade, row.word(columns.grade, _GRADES) or consent.grade),
        occurred_at=row.instant(columns.at),
        method="import",
        notice=row.text(columns.notice) or consent.notice,
        origin=row.text(columns.origin),
    )
