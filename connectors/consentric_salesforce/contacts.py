"""Contacts and leads with their consent, merges and deletions: everything at first, then what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, islice

from consentric.sdk.records import (
    Bookmark,
    Complete,
    ConsentEvent,
    Contact,
    Deletion,
    Incomplete,
    Merge,
    Objection,
    Record,
    RecordRef,
)

from .client import SalesforceClient
from .fields import BOUNCED, OBJECTIONS, OPT_OUTS, PEOPLE, PersonFields, person_fields
from .paging import Rows, rows_among
from .schema import STAMP, Schema, lost_field
from .values import Row, day, instant, is_true, person, text, typed
from .watermark import Watermark

_SINCE = f"{STAMP} >= {{}}"
_NO_OPTOUT = 'the field "HasOptedOutOfEmail" of {} cannot be read; consent is unknown'


def read_contacts(client: SalesforceClient, since: Bookmark | None) -> Iterator[Record]:
    """All contacts and leads, or those changed since the bookmark, then merges and deletions.

    Raises:
        RemoteError: FATAL when a field everything rests on is gone.
        GuardError: The bookmark is not ours or lies in the future.
    """
    reading = _Reading(client, since, with_fields=True)
    yield from reading.people()
    yield from reading.gone()
    yield from reading.ending(is_enumeration=since is None)


def read_changed_consents(client: SalesforceClient, since: Bookmark | None) -> Iterator[Record]:
    """Contacts and leads changed since the bookmark with consent and what identifies them, nothing else."""
    reading = _Reading(client, since, with_fields=False)
    yield from reading.people()
    yield from reading.ending(is_enumeration=False)


class _Reading:
    """One read of the people: what is asked, how far it came, what it could not learn.

    Contacts and leads are one stream: what is absent from it is gone, so it must hold all of them. They
    come one after the other, and merges at the end, when both sides are known: so only its last bookmark
    is a promise.
    """

    def __init__(self, client: SalesforceClient, since: Bookmark | None, *, with_fields: bool) -> None:
        self._client = client
        schema, settings, context = Schema(client), client.settings, client.context
        self._kinds = [
            person_fields(schema, entity, settings, context, with_fields=with_fields) for entity in PEOPLE
        ]
        self._watermark = Watermark(client, since)
        sample = context.preview_people
        self._share = None if sample is None else max(1, sample // len(PEOPLE))
        self._count = 0
        self._shortfalls: list[str] = []
        self._masters: dict[RecordRef, RecordRef] = {}
        self._converted: list[ConsentEvent] = []

    def people(self) -> Iterator[Record]:
        """Live contacts and leads; those whose Individual changed are among the changed ones."""
        start = self._watermark.start
        condition, values = ("", ()) if start is None else (_SINCE, (start,))
        seen: set[str] = set()
        for kind in self._kinds:
            rows = Rows(self._client, kind.entity, kind.asked, condition, *values)
            taken = 0
            for row in islice(chain.from_iterable(rows.pages()), self._share):
                taken += 1
                self._watermark.see(instant(row[STAMP]))
                if start is not None:
                    seen.add(row["Id"])
                yield from self._person(kind, row)
            if taken == self._share and taken < rows.total:
                self._shortfalls.append(f"preview: only the first {kind.entity} rows were read")
            elif shortfall := rows.shortfall():
                self._shortfalls.append(shortfall)
        if start is not None:
            yield from self._of_changed_individuals(seen)

    def gone(self) -> Iterator[Record]:
        """Merges, what converted leads had said, then deletions; who was merged away is not deleted."""
        start = self._watermark.start
        condition = "IsDeleted = true" if start is None else f"IsDeleted = true AND {_SINCE}"
        values = () if start is None else (start,)
        deleted: list[Deletion] = []
        for kind in self._kinds:
            rows = Rows(self._client, kind.entity, ("MasterRecordId",), condition, *values, with_deleted=True)
            for page in rows.pages():
                for row in page:
                    at = instant(row[STAMP])
                    self._watermark.see(at)
                    ref = RecordRef(object=kind.entity, id=row["Id"])
                    master = person(row.get("MasterRecordId"))
                    if master is None:
                        deleted.append(Deletion(record=ref, at=at))
                    else:
                        self._masters[ref] = master
        for loser, master in self._masters.items():
            yield Merge(loser=loser, winner=_survivor(self._masters, loser, master))
        yield from self._converted
        yield from deleted

    def ending(self, *, is_enumeration: bool) -> Iterator[Record]:
        """Says whether the read was whole, then how far it came."""
        reasons = [lost_field(kind.entity, name) for kind in self._kinds for name in kind.missing]
        reasons += [
            lost_field(" or ".join(PEOPLE), name)
            for name in self._client.context.external_ids
            if all(name not in kind.external_ids for kind in self._kinds)
        ]
        reasons += [_NO_OPTOUT.format(kind.entity) for kind in self._kinds if not kind.knows_optout]
        shortfalls = self._shortfalls if is_enumeration else []
        if not shortfalls:
            yield self._watermark.bookmark()
        if reasons or shortfalls:
            yield Incomplete(reason="; ".join([*reasons, *shortfalls]))
        elif is_enumeration:
            yield Complete(count=self._count)

    def _of_changed_individuals(self, seen: set[str]) -> Iterator[Record]:
        # A flag of the Individual leaves the time of its contact as it is.
        kinds = [kind for kind in self._kinds if kind.has_individuals]
        if not kinds:
            return
        changed: list[str] = []
        for page in Rows(self._client, "Individual", (), _SINCE, self._watermark.start).pages():
            for row in page:
                self._watermark.see(instant(row[STAMP]))
                changed.append(row["Id"])
        for kind in kinds:
            for row in rows_among(self._client, kind.entity, kind.asked, "IndividualId", changed):
                if row["Id"] not in seen:
                    yield from self._person(kind, row)

    def _person(self, kind: PersonFields, row: Row) -> Iterator[Record]:
        contact = person(row.get("ConvertedContactId")) if is_true(row.get("IsConverted")) else None
        if contact is None:
            self._count += 1
            yield _contact(kind, row)
            return
        # Salesforce need not carry an opt-out over to a contact that was there before the conversion.
        self._masters[RecordRef(object=kind.entity, id=row["Id"])] = contact
        for field in kind.opt_outs:
            if is_true(row.get(field)):
                at = instant(row.get("ConvertedDate"))
                self._converted.append(_withdrawal(field, record=contact, occurred_at=at))


def _survivor(masters: Mapping[RecordRef, RecordRef], loser: RecordRef, master: RecordRef) -> RecordRef:
    """The end of a chain of merges."""
    passed = {loser}
    while master in masters and master not in passed:
        passed.add(master)
        master = masters[master]
    return master


def _contact(kind: PersonFields, row: Row) -> Contact:
    country = text(row.get(kind.country)) if kind.country else None
    birthday = row.get("Birthdate") if "Birthdate" in kind.fields else None
    return Contact(
        ref=RecordRef(object=kind.entity, id=row["Id"]),
        email=text(row.get("Email")),
        phone=text(row.get(kind.phone)) if kind.phone else None,
        external_ids={key: str(row[name]) for name, key in kind.external_ids.items() if row.get(name)},
        fields={name: typed(row.get(name), type) for name, type in kind.fields.items()},
        consents=tuple(_withdrawal(name) for name in kind.opt_outs if is_true(row.get(name))),
        objections=_objections(kind, row),
        bounced=bool(row.get(BOUNCED)),
        created_at=instant(row.get("CreatedDate")),
        country=country.upper() if country and len(country) == 2 and country.isalpha() else None,
        birth_date=day(birthday),
        is_complete=kind.knows_optout,
    )


def _objections(kind: PersonFields, row: Row) -> tuple[Objection, ...]:
    told = [
        one for name in kind.objections if is_true(row.get(f"Individual.{name}")) for one in OBJECTIONS[name]
    ]
    return tuple(Objection(kind=one) for one in dict.fromkeys(told))


def _withdrawal(
    field: str, *, record: RecordRef | None = None, occurred_at: datetime | None = None
) -> ConsentEvent:
    return ConsentEvent(
        state="withdrawn",
        purpose="*",
        channel=OPT_OUTS[field],
        grade="D",
        origin=field,
        record=record,
        occurred_at=occurred_at,
    )
