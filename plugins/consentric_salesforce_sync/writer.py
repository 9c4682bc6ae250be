"""Writes the labels of segment sets to Salesforce contacts and leads and reads back only those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import ClassVar, TypeVar

from pydantic import BaseModel

from consentric import (
    Accepted,
    Change,
    Context,
    LabelSet,
    Limits,
    Need,
    Outcome,
    Provision,
    RecordRef,
    RemoteError,
    RemoteKind,
    Shown,
    Writer,
)
from consentric_salesforce.client import SalesforceClient
from consentric_salesforce.fields import PEOPLE
from consentric_salesforce.settings import SalesforceSettings
from consentric_salesforce.values import is_true, text

from .batches import add_members, remove_members, update_fields
from .labels import MEMBER, field_labels
from .needs import needs
from .office import ROWS, Office
from .setup import create, missing, own_lists, ready_fields

T = TypeVar("T")


class SalesforceWriter(Writer):
    """Three custom fields per set (segment, segment before, since) and one campaign per segment.

    Everything is addressed by record id. The requests it can send stand in `office.py`.
    """

    name: ClassVar[str] = "salesforce"
    settings_model: ClassVar[type[BaseModel]] = SalesforceSettings
    settings: SalesforceSettings

    def __init__(self, settings: SalesforceSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._office = Office(SalesforceClient(settings, context))

    @property
    def limits(self) -> Limits:
        """Collections of 200, and half of the smallest org's 100 000 requests in 24 hours."""
        return Limits(batch_size=ROWS, list_batch_size=ROWS, calls_per_second=10.0, calls_per_day=50_000)

    def prepare(self, labels: Sequence[LabelSet]) -> Sequence[Provision]:
        """Finds the fields and campaigns that are missing; fields only an admin can create.

        Raises:
            RemoteError: FATAL when a field or campaign of that name is not ours; the message names it.
        """
        self._office.forget()
        return missing(self._office, labels)

    def needs(self, labels: Sequence[LabelSet]) -> Sequence[Need]:
        """Rights of our user, three custom fields per set on contacts and leads, a campaign per segment.

        Raises:
            RemoteError: As `prepare`.
        """
        self._office.forget()
        return needs(self._office, labels)

    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Creates the campaign of a target.

        Raises:
            RemoteError: FATAL for fields, and for a name that is somebody else's.
        """
        self._office.forget()
        create(self._office, labels, target)

    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """Field values and memberships of these records, one `Shown` for each of our targets.

        Two queries per 300 records of a kind. A record that is gone, merged or converted yields nothing.
        """
        targets = {campaign.id: target for target, campaign in own_lists(self._office, labels).items()}
        for entity in PEOPLE:
            fields = ready_fields(self._office, labels, entity)
            ids = list(dict.fromkeys(record.id for record in records if record.object == entity))
            asked = [field.value for field in fields]
            rows = {str(row["Id"]): row for row in self._office.read_people(entity, ids, asked)}
            refs = [RecordRef(object=entity, id=id) for id in rows]
            on = {
                (one.record, targets[one.campaign]) for one in self._office.memberships(list(targets), refs)
            }
            for ref in refs:
                for field in fields:
                    value = text(rows[ref.id].get(field.value)) or ""
                    yield Shown(record=ref, target=field.target, value=value)
                for target in targets.values():
                    yield Shown(record=ref, target=target, value=MEMBER if (ref, target) in on else "")

    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Every contact and lead with a value in one of our fields, and every member of our campaigns.

        SOQL reads the records themselves, so what a person changed a moment ago is seen.
        """
        self._office.forget()
        for entity in PEOPLE:
            fields = ready_fields(self._office, labels, entity)
            names = [field.value for field in fields]
            for row in self._office.people_with(entity, names) if fields else ():
                for field in fields:
                    if value := text(row.get(field.value)):
                        ref = RecordRef(object=entity, id=str(row["Id"]))
                        yield Shown(record=ref, target=field.target, value=value)
        targets = {campaign.id: target for target, campaign in own_lists(self._office, labels).items()}
        for member in self._office.members(list(targets)):
            yield Shown(record=member.record, target=targets[member.campaign], value=MEMBER)

    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome | Accepted]:
        """Writes changes of one verb; one outcome each.

        Raises:
            RemoteError: REJECTED never; FATAL when a field or campaign of ours is gone; AMBIGUOUS when the
                answer is missing and nothing of these changes is known to be written.
        """
        if changes and changes[0].verb in ("set", "clear"):
            fields = {field.target: field for field in field_labels(labels)}
            recheck = partial(self._recheck, labels)
            for part in _parts(changes, ROWS):
                yield from update_fields(self._office, fields, part, recheck=recheck)
            return
        lists = own_lists(self._office, labels)
        for target, group in groupby(sorted(changes, key=_target), _target):
            if target not in lists:
                raise self._gone(f"campaign for {target}")
            for part in _parts(list(group), ROWS):
                send = add_members if part[0].verb == "add" else remove_members
                yield from send(self._office, lists[target].id, part)

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
        """The opt-out flags of each record, as one text; records that are gone are absent."""
        found: dict[RecordRef, str] = {}
        for entity in PEOPLE:
            names = self._office.opt_outs(entity)
            ids = list(dict.fromkeys(record.id for record in records if record.object == entity))
            for row in self._office.read_people(entity, ids, names) if names else ():
                said = ";".join(f"{name}={is_true(row.get(name))}" for name in names)
                found[RecordRef(object=entity, id=str(row["Id"]))] = said
        return found

    def close(self) -> None:
        """Closes the connections."""
        self._office.close()

    def _recheck(self, labels: Sequence[LabelSet]) -> None:
        self._office.forget()
        for described in self._office.people():
            ready = {field.target for field in ready_fields(self._office, labels, described.name)}
            for field in field_labels(labels):
                if field.target not in ready:
                    raise self._gone(f"field {field.value} of {described.name}")

    def _gone(self, thing: str) -> RemoteError:
        return RemoteError(
            f"Salesforce has no {thing} any more, or hides it",
            kind=RemoteKind.FATAL,
            account=self.context.connection,
            operation="labels",
            hint="plan again: the plan says how it comes back",
            code="CS106",
        )


def _target(change: Change) -> str:
    return change.target


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
