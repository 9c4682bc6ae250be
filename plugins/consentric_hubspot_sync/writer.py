"""Writes the labels of segment sets to HubSpot contacts and reads back only those."""

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
from consentric_hubspot.client import HubSpotClient
from consentric_hubspot.settings import HubSpotSettings

from .batches import Isolation, change_members, list_is_gone, update_fields
from .labels import MEMBER, FieldLabel, field_labels
from .needs import needs
from .portal import READ_SIZE, Portal
from .setup import create, is_ready, missing, own_lists

CONTACT = "contact"
LIST_SIZE = 1_000
"""Ids per membership call; the vendor names no maximum, and more would only make a failure dearer."""
T = TypeVar("T")


class HubSpotWriter(Writer):
    """Three contact properties per set (segment, segment before, since) and one manual list per segment.

    Everything is addressed by record id. The requests it can send stand in `portal.py`.
    """

    name: ClassVar[str] = "hubspot"
    settings_model: ClassVar[type[BaseModel]] = HubSpotSettings
    settings: HubSpotSettings

    def __init__(self, settings: HubSpotSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._portal = Portal(HubSpotClient(settings, context))

    @property
    def limits(self) -> Limits:
        """Half of a Professional portal's pace, and half of the smallest portal's day.

        Source: HubSpot, "Increasing our API limits": 190 calls in 10 seconds, 250 000 a day.
        """
        return Limits(
            batch_size=READ_SIZE, list_batch_size=LIST_SIZE, calls_per_second=9.5, calls_per_day=125_000
        )

    def prepare(self, labels: Sequence[LabelSet]) -> Sequence[Provision]:
        """Finds the properties, choices and lists that are missing.

        Raises:
            RemoteError: FATAL when a property or list of that name is not ours; the message names it.
        """
        self._portal.forget()
        return missing(self._portal, labels)

    def needs(self, labels: Sequence[LabelSet]) -> Sequence[Need]:
        """Scopes of the token, the three properties of each set with their choices, a list per segment.

        Raises:
            RemoteError: As `prepare`.
        """
        self._portal.forget()
        return needs(self._portal, labels)

    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Creates one of them; a name that came up meanwhile is checked to be ours."""
        create(self._portal, labels, target)

    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """Field values and list memberships of these records, one `Shown` for each of our targets.

        Batch reads by id, two calls per 100 records. A record that is gone yields nothing. One that was
        merged is answered by HubSpot under the survivor's id, and yielded under that id alone.
        """
        fields = [field for field in field_labels(labels) if is_ready(self._portal, field)]
        lists = self._own_lists(labels)
        for part in _parts(records, READ_SIZE):
            ids = list(dict.fromkeys(record.id for record in part))
            rows = {str(row["id"]): row for row in self._portal.read_contacts(ids, _values(fields))}
            joined = self._portal.lists_of(list(rows)) if rows and lists else {}
            for id, row in rows.items():
                ref = RecordRef(object=CONTACT, id=id)
                for field in fields:
                    value = str((row.get("properties") or {}).get(field.value) or "")
                    yield Shown(record=ref, target=field.target, value=value)
                for target, list_id in lists.items():
                    is_member = list_id in joined.get(id, ())
                    yield Shown(record=ref, target=target, value=MEMBER if is_member else "")

    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Every contact with a value in one of our fields, and every member of one of our lists.

        Lists are read by their memberships: exact, a call per 250 members. Fields are read by paging
        through all contacts with our properties alone, a call per 100 contacts, for three reasons.
        The search `HAS_PROPERTY` ends at 10 000 results and lags behind writes, so it would miss what a
        person just changed. Reading only the members of our lists would miss a value that somebody typed
        in by hand. And once more than two thirds of the contacts carry a label, which is the usual
        case, a search plus a batch read costs more calls than the pages.
        """
        self._portal.forget()
        fields = [field for field in field_labels(labels) if is_ready(self._portal, field)]
        for row in self._portal.contacts(_values(fields)) if fields else ():
            ref = RecordRef(object=CONTACT, id=str(row["id"]))
            for field in fields:
                value = (row.get("properties") or {}).get(field.value)
                if value:
                    yield Shown(record=ref, target=field.target, value=str(value))
        for target, list_id in self._own_lists(labels).items():
            for id in self._portal.members(list_id):
                yield Shown(record=RecordRef(object=CONTACT, id=id), target=target, value=MEMBER)

    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome | Accepted]:
        """Writes changes of one verb; one outcome each.

        An answer that says done for a change that was not applied is caught by the engine's read-back.

        Raises:
            RemoteError: REJECTED never; FATAL when a property or list of ours is gone; AMBIGUOUS when
                the answer is missing and nothing of these changes is known to be written.
        """
        is_field = bool(changes) and changes[0].verb in ("set", "clear")
        batches = self._field_batches(labels, changes) if is_field else self._list_batches(labels, changes)
        for isolation, part in batches:
            yield from isolation.outcomes(part)

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
        """All `hs_email_optout` properties of each record, as one text; records that are gone are absent."""
        names = sorted(name for name in self._portal.properties() if _is_optout(name))
        found: dict[RecordRef, str] = {}
        for part in _parts(records, READ_SIZE):
            asked = {record.id: record for record in part}
            for row in self._portal.read_contacts(list(asked), names):
                values = row.get("properties") or {}
                if str(row["id"]) in asked:
                    text = ";".join(f"{name}={values.get(name) or ''}" for name in names)
                    found[asked[str(row["id"])]] = text
        return found

    def close(self) -> None:
        """Closes the connections."""
        self._portal.close()

    def _own_lists(self, labels: Sequence[LabelSet]) -> dict[str, str]:
        lists = own_lists(self._portal, labels)
        return {target: self._portal.list_id(label.name) for target, label in lists.items()}

    def _field_batches(
        self, labels: Sequence[LabelSet], changes: Sequence[Change]
    ) -> Iterator[tuple[Isolation, Sequence[Change]]]:
        fields = {field.target: field for field in field_labels(labels)}
        isolation = Isolation(
            partial(update_fields, self._portal, fields), recheck=partial(self._recheck, fields)
        )
        for part in _parts(changes, READ_SIZE):
            yield isolation, part

    def _list_batches(
        self, labels: Sequence[LabelSet], changes: Sequence[Change]
    ) -> Iterator[tuple[Isolation, Sequence[Change]]]:
        lists = own_lists(self._portal, labels)
        for target, group in groupby(sorted(changes, key=_target), _target):
            if target not in lists:
                raise list_is_gone(target)
            isolation = Isolation(partial(change_members, self._portal, lists[target]), recheck=_nothing)
            for part in _parts(list(group), LIST_SIZE):
                yield isolation, part

    def _recheck(self, fields: Mapping[str, FieldLabel]) -> None:
        self._portal.forget()
        for field in fields.values():
            if not is_ready(self._portal, field):
                raise RemoteError(
                    f'HubSpot has no contact property "{field.value}" any more',
                    kind=RemoteKind.FATAL,
                    account=self.context.connection,
                    operation="contacts.update",
                    hint="plan again: the plan will create it",
                    code="CS106",
                )


def _is_optout(name: str) -> bool:
    return name == "hs_email_optout" or name.startswith("hs_email_optout_")


def _values(fields: Sequence[FieldLabel]) -> list[str]:
    return [field.value for field in fields]


def _target(change: Change) -> str:
    return change.target


def _nothing() -> None:
    """A list that is gone answers 404 to every call, which `change_members` knows."""


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
