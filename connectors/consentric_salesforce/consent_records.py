"""The stream of consent records: contact point type consents and communication subscription consents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from consentric.sdk.records import Bookmark, Complete, Incomplete, Record, RecordRef

from .client import SalesforceClient
from .consent_words import CHANNELS, Word, settled
from .fields import PEOPLE
from .paging import Rows, rows_among
from .schema import STAMP, Described, Schema
from .soql import IDS
from .values import Row, instant, is_true, person, text
from .watermark import Watermark

_SINCE = f"{STAMP} >= {{}}"
_MOST_ORIGIN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One consent object and what its fields are called."""

    entity: str
    giver: str
    captured_at: str
    captured_source: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    others: tuple[str, ...]

    def asked(self, found: Described) -> tuple[str, ...]:
        """What can be read of it."""
        names = (self.captured_at, self.captured_source, *self.begins, *self.ends, *self.others)
        return found.present((self.giver, "PrivacyConsentStatus", "DataUsePurposeId", "IsDeleted", *names))


_KINDS = (
    _Kind(
        entity="ContactPointTypeConsent",
        giver="PartyId",
        captured_at="CaptureDate",
        captured_source="CaptureSource",
        begins=("EffectiveFrom",),
        ends=("EffectiveTo",),
        others=("ContactPointType", "CaptureContactPointType", "DoubleConsentCaptureDate"),
    ),
    _Kind(
        entity="CommSubscriptionConsent",
        giver="ConsentGiverId",
        captured_at="ConsentCapturedDateTime",
        captured_source="ConsentCapturedSource",
        # The names of both changed between versions of the API; what is there is asked for.
        begins=("EffectiveFromDate", "EffectiveFrom"),
        ends=("EffectiveToDate", "EffectiveTo"),
        others=("ContactPointId",),
    ),
)
_CONTACT_POINTS = {"ContactPointEmail": "email", "ContactPointPhone": "phone", "ContactPointAddress": "post"}


def read_consents(client: SalesforceClient, since: Bookmark | None) -> Iterator[Record]:
    """Consent events of everybody whose records changed; of everybody when `since` is None.

    An org without these objects says nothing, which is neither yes nor no. All records of a giver are read
    together, for they may contradict each other; so only the last bookmark is a promise.

    Raises:
        RemoteError: Of any kind.
        GuardError: The bookmark is not ours or lies in the future.
    """
    reading = _Reading(client, since)
    count = 0
    for kind in reading.kinds:
        for record in reading.events(kind):
            count += 1
            yield record
    yield reading.watermark.bookmark()
    if reading.shortfalls:
        yield Incomplete(reason="; ".join(reading.shortfalls))
    elif since is None:
        yield Complete(count=count)


class _Reading:
    """One read of the consent records: which objects there are, and what their names stand for."""

    def __init__(self, client: SalesforceClient, since: Bookmark | None) -> None:
        self._client = client
        self._schema = Schema(client)
        self._people = [
            found for name in PEOPLE if (found := self._schema.find(name)) and "IndividualId" in found.fields
        ]
        self.kinds = [kind for kind in _KINDS if self._is_readable(kind)]
        self.watermark = Watermark(client, since)
        self.shortfalls: list[str] = []
        self._purposes = self._purposes_by_id() if self.kinds else {}
        self._channels = self._channels_by_prefix() if self.kinds else {}

    def events(self, kind: _Kind) -> Iterator[Record]:
        """The events of one object, giver by giver."""
        givers_left = self._givers(kind)
        while givers := list(islice(givers_left, IDS)):
            words: dict[str, list[Word]] = {}
            asked = kind.asked(self._described(kind.entity))
            for row in rows_among(self._client, kind.entity, asked, kind.giver, givers, with_deleted=True):
                self.watermark.see(instant(row[STAMP]))
                words.setdefault(row[kind.giver], []).extend(self._words(kind, row))
            records = self._records_of(list(words))
            for giver, said in words.items():
                yield from settled(said, records.get(giver, ()), at=self.watermark.signpost)

    def _givers(self, kind: _Kind) -> Iterator[str]:
        """Everybody whose word may have changed, each once."""
        start = self.watermark.start
        if start is None:
            return self._unique(kind, Rows(self._client, kind.entity, (kind.giver,)))
        found = dict.fromkeys(
            self._unique(
                kind, Rows(self._client, kind.entity, (kind.giver,), _SINCE, start, with_deleted=True)
            )
        )
        for name in self._described(kind.entity).present(kind.ends):
            found.update(dict.fromkeys(self._unique(kind, self._run_out(kind, name, start))))
        # A contact that is new, or was linked to its Individual late, brings consents that did not change.
        for person_kind in self._people:
            changed = Rows(
                self._client, person_kind.name, ("IndividualId",), f"{_SINCE} AND IndividualId != null", start
            )
            for page in changed.pages():
                for row in page:
                    self.watermark.see(instant(row[STAMP]))
                    found[row["IndividualId"]] = None
        return iter(found)

    def _run_out(self, kind: _Kind, name: str, start: datetime) -> Rows:
        """Records that came to their end since: nothing changes in them when they do."""
        is_day = self._described(kind.entity).fields[name].type == "date"
        first, last = start, self.watermark.signpost
        between: Sequence[object] = (first.date(), last.date()) if is_day else (first, last)
        condition = f"{name} >= {{}} AND {name} <= {{}}"
        return Rows(self._client, kind.entity, (kind.giver,), condition, *between)

    def _unique(self, kind: _Kind, rows: Rows) -> Iterator[str]:
        seen: set[str] = set()
        for page in rows.pages():
            for row in page:
                self.watermark.see(instant(row[STAMP]))
                giver = text(row.get(kind.giver))
                if giver is not None and giver not in seen:
                    seen.add(giver)
                    yield giver
        if shortfall := rows.shortfall():
            self.shortfalls.append(shortfall)

    def _words(self, kind: _Kind, row: Row) -> Iterator[Word]:
        channel = self._channel(kind, row)
        if channel is None:
            return
        moments = [instant(row.get(name)) for name in (kind.captured_at, *kind.begins)]
        source = text(row.get(kind.captured_source))
        yield Word(
            giver=row[kind.giver],
            purpose=self._purposes.get(str(row.get("DataUsePurposeId") or "")[:15]),
            channel=channel,
            status=text(row.get("PrivacyConsentStatus")) or "",
            said_at=max((moment for moment in moments if moment is not None), default=None),
            ends_at=next((end for name in kind.ends if (end := instant(row.get(name)))), None),
            is_deleted=is_true(row.get("IsDeleted")),
            changed_at=instant(row[STAMP]),
            is_confirmed=bool(row.get("DoubleConsentCaptureDate")),
            captured_by=text(row.get("CaptureContactPointType")) or "",
            # Free text that usually names a form; one that may name a person is left where it is.
            origin=source if source and len(source) <= _MOST_ORIGIN and "@" not in source else None,
        )

    def _channel(self, kind: _Kind, row: Row) -> str | None:
        if "ContactPointType" in kind.others:
            return CHANNELS.get(text(row.get("ContactPointType")) or "")
        return self._channels.get(str(row.get("ContactPointId") or "")[:3], "*")

    def _records_of(self, givers: Sequence[str]) -> Mapping[str, list[RecordRef]]:
        """Contacts and leads that a giver is, or that belong to it."""
        found: dict[str, list[RecordRef]] = {}
        for giver in givers:
            if (ref := person(giver)) is not None:
                found[giver] = [ref]
        individuals = [giver for giver in givers if giver not in found]
        for kind in self._people:
            condition = "IsConverted = false" if "IsConverted" in kind.fields else ""
            rows = rows_among(
                self._client, kind.name, ("IndividualId",), "IndividualId", individuals, condition
            )
            for row in rows:
                ref = RecordRef(object=kind.name, id=row["Id"])
                found.setdefault(row["IndividualId"], []).append(ref)
        return found

    def _is_readable(self, kind: _Kind) -> bool:
        found = self._schema.find(kind.entity)
        return found is not None and {kind.giver, "PrivacyConsentStatus", STAMP} <= found.fields.keys()

    def _described(self, entity: str) -> Described:
        return self._schema.need(entity, ())

    def _purposes_by_id(self) -> dict[str, str]:
        """First 15 characters of the id of each mapped data use purpose to the purpose of ours."""
        mapped = self._client.settings.consents
        if not mapped or self._schema.find("DataUsePurpose") is None:
            return {}
        return {
            id[:15]: mapped[key]
            for id, name in purposes_of_org(self._client)
            for key in (id, id[:15], name)
            if key in mapped
        }

    def _channels_by_prefix(self) -> dict[str, str]:
        if not any(kind.entity == "CommSubscriptionConsent" for kind in self.kinds):
            return {}
        described = ((self._schema.find(name), channel) for name, channel in _CONTACT_POINTS.items())
        return {found.prefix: channel for found, channel in described if found is not None}


def purposes_of_org(client: SalesforceClient) -> Iterable[tuple[str, str]]:
    """Id and name of each data use purpose."""
    for page in Rows(client, "DataUsePurpose", ("Name",)).pages():
        for row in page:
            yield str(row["Id"]), str(row["Name"])
