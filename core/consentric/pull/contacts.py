"""A page of contacts, from names in clear to fingerprints, consent events and coarse attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa

from consentric.sdk.records import ConsentEvent, Contact
from consentric_privacy import normalise
from consentric_privacy.ages import birthdays
from consentric_privacy.ledger import AddressCheck, NewEvent, NewObjection, SubjectFacts
from consentric_privacy.vault import Admission, Admitted, Arrival

from .generalise import generalised
from .report import StreamReport
from .stores import Rules, Stores


def write_people(
    contacts: Sequence[Contact], stores: Stores, rules: Rules, *, at: datetime, report: StreamReport
) -> Admission:
    """Writes vault and ledger; the caller holds the transaction of the people store."""
    admission = stores.vault.admit([_arrival(contact, rules) for contact in contacts], at=at)
    for old, survivor in admission.joins:
        stores.ledger.move_subject(old, survivor)
    admitted = admission.records
    report.counts["contacts"] += len(contacts)
    report.counts["new_records"] += sum(record.is_new for record in admitted)
    report.counts["joins"] += len(admission.joins)
    pairs = list(zip(contacts, admitted, strict=True))
    events = [
        new_event(event, record.rref, rules.connection)
        for contact, record in pairs
        for event in contact.consents
    ]
    report.counts["consents"] += len(events)
    whole = {record.rref for contact, record in pairs if contact.is_complete}
    stores.ledger.record_events(events, at=at, read_whole=whole)
    stores.ledger.record_hits([_hit_check(contact, record, rules) for contact, record in pairs], at=at)
    for contact, record in pairs:
        if contact.objections:
            stores.ledger.record_objections(record.sid, _objections(contact, rules), at=at)
    stores.ledger.record_facts([_facts(contact, record, rules, at) for contact, record in pairs])
    return admission


def write_warehouse(
    contacts: Sequence[Contact], admission: Admission, stores: Stores, rules: Rules, *, today: date
) -> None:
    """Writes record and attribute rows; nothing in them names a person."""
    pairs = list(zip(contacts, admission.records, strict=True))
    pids = {sid: stores.pseudonyms.pid(sid) for sid in {record.sid for _, record in pairs}}
    stores.warehouse.put_records(
        pa.table(
            {
                "rref": pa.array([record.rref for _, record in pairs], pa.binary()),
                "pid": pa.array([pids[record.sid] for _, record in pairs], pa.string()),
                "account": pa.array([rules.connection] * len(pairs), pa.string()),
                "object": pa.array([contact.ref.object for contact, _ in pairs], pa.string()),
                "partition": pa.array([contact.ref.partition for contact, _ in pairs], pa.string()),
                "live": pa.array([True] * len(pairs), pa.bool_()),
            }
        )
    )
    attributes = [
        (record.rref, name, value)
        for contact, record in pairs
        for name, value in _attributes(contact, rules, today)
    ]
    stores.warehouse.put_attributes(
        pa.table(
            {
                "rref": pa.array([row[0] for row in attributes], pa.binary()),
                "name": pa.array([row[1] for row in attributes], pa.string()),
                "value": pa.array([row[2] for row in attributes], pa.string()),
            }
        )
    )


def new_event(event: ConsentEvent, rref: bytes, source: str) -> NewEvent:
    """The ledger's form of a connector's consent event."""
    return NewEvent(
        rref=rref,
        source=source,
        purpose=event.purpose,
        channel=event.channel,
        state=event.state,
        occurred_at=event.occurred_at,
        grade=event.grade,
        method=event.method,
        notice=event.notice,
        origin=event.origin,
        parental=event.parental,
        counts=event.counts,
    )


def _arrival(contact: Contact, rules: Rules) -> Arrival:
    return Arrival(
        account=rules.connection,
        object=contact.ref.object,
        partition=contact.ref.partition,
        id=contact.ref.id,
        email=contact.email,
        phone=contact.phone,
        external_ids=contact.external_ids,
        default_country=contact.country or rules.default_country,
        created_on=contact.created_at.date() if contact.created_at else None,
    )


def _hit_check(contact: Contact, record: Admitted, rules: Rules) -> AddressCheck:
    country = contact.country or rules.default_country
    return AddressCheck(
        rref=record.rref,
        email=normalise.email(contact.email) if contact.email else None,
        phone=normalise.phone(contact.phone, country) if contact.phone else None,
        bounced=contact.bounced,
    )


def _objections(contact: Contact, rules: Rules) -> list[NewObjection]:
    return [
        NewObjection(kind=objection.kind, channel=rules.connection, received_at=objection.received_at)
        for objection in contact.objections
    ]


def _facts(contact: Contact, record: Admitted, rules: Rules, at: datetime) -> SubjectFacts:
    consent_age_on, adult_on = None, None
    if contact.birth_date is not None:
        consent_age_on, adult_on = birthdays(
            contact.birth_date,
            contact.country or rules.default_country,
            today=at.date(),
            ages=rules.consent_ages,
        )
    return SubjectFacts(
        sid=record.sid,
        created_on=(contact.created_at or at).date(),
        last_contact_on=contact.last_contact_at.date() if contact.last_contact_at else None,
        country=contact.country,
        consent_age_on=consent_age_on,
        adult_on=adult_on,
        optout_offered=contact.optout_offered,
    )


def _attributes(contact: Contact, rules: Rules, today: date) -> Iterator[tuple[str, str | None]]:
    """Name and value of what is kept; a field that the source emptied gives None, which takes it out."""
    values: Mapping[str, object] = contact.fields
    found: dict[str, str | None] = {}
    for field in rules.fields:
        if field.attribute is None or field.object != contact.ref.object or field.name not in values:
            continue
        value = generalised(contact.fields[field.name], field.generalise, today)
        # Two fields may fill one attribute; an empty one does not take out what the other says.
        if value is not None or field.attribute not in found:
            found[field.attribute] = value
    yield from found.items()
