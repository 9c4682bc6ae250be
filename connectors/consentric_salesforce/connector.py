"""The connector of a Salesforce org: its streams, who it is, and which objects its user may not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from consentric.sdk.contracts import Account, Connector, Context, Stream
from consentric.sdk.errors import ConfigError
from consentric.sdk.records import Bookmark, Complete, Record

from .activities import Source, read_activities
from .client import SalesforceClient
from .consent_records import purposes_of_org, read_consents
from .contacts import read_changed_consents, read_contacts
from .engagements import engagements
from .fields import PEOPLE
from .paging import Rows
from .purchases import opportunities, orders
from .schema import Schema
from .settings import SalesforceSettings

_EMAIL_TRACKING = "email_tracking"


class SalesforceConnector(Connector):
    """Reads one Salesforce org: contacts and leads, purchases, engagements, consent records."""

    name: ClassVar[str] = "salesforce"
    settings_model: ClassVar[type[SalesforceSettings]] = SalesforceSettings
    # Salesforce has no rate per second; half of the smallest org's 100 000 requests in 24 hours.
    calls_per_second: ClassVar[float] = 10.0
    calls_per_day: ClassVar[int] = 50_000

    def __init__(self, settings: SalesforceSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.client = SalesforceClient(settings, context)

    def check(self) -> Account:
        """Asks who the org is, which objects the user may read, and checks the mapped data use purposes.

        Raises:
            RemoteError: With kind AUTH when Salesforce lets us not in.
            ConfigError: When `consents` names a data use purpose that the org does not have.
        """
        pages = list(Rows(self.client, "Organization", ("Name",)).pages())
        org = pages[0][0] if pages else {}
        schema = Schema(self.client)
        wanted = [*PEOPLE, *(source.entity for source in self._sources().values())]
        if self.settings.consents:
            wanted.append("DataUsePurpose")
        missing = tuple(f"read {entity}" for entity in wanted if schema.find(entity) is None)
        if self.settings.consents and schema.find("DataUsePurpose") is not None:
            self._check_purposes()
        number = str(org.get("Id") or "")
        return Account(id=number, name=str(org.get("Name") or f"Salesforce {number}"), missing_scopes=missing)

    def streams(self) -> Sequence[Stream]:
        """Contacts with leads first, then consent records, then what the settings name."""
        found = [
            Stream(name="contacts", kind="contacts", is_sorted=False),
            Stream(name="consents", kind="consents", is_sorted=False),
        ]
        return [*found, *(Stream(name=name, kind="activities") for name in self._sources())]

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """Yields what changed since the bookmark, everything when it is None.

        Raises:
            RemoteError: Of any kind.
            GuardError: The bookmark is not of this connector or lies in the future.
        """
        if stream.name == "contacts":
            return read_contacts(self.client, since)
        if stream.name == "consents":
            return read_consents(self.client, since)
        return read_activities(self.client, self._sources()[stream.name], since)

    def read_denials(self, since: Bookmark | None) -> Iterator[Record]:
        """What identifies the contacts and leads changed since the bookmark, their consent, nothing else."""
        marks: list[Bookmark] = []
        for read in (read_changed_consents, read_consents):
            for record in read(self.client, since):
                if isinstance(record, Bookmark):
                    marks.append(record)
                elif not isinstance(record, Complete):
                    yield record
        if len(marks) == 2:
            # One bookmark stands for both reads: the promise that both keep.
            yield min(marks, key=lambda mark: mark.watermark)

    def close(self) -> None:
        """Frees connections."""
        self.client.close()

    def _sources(self) -> dict[str, Source]:
        found: dict[str, Source] = {}
        settings = self.settings
        if settings.purchases is not None:
            make = {"opportunities": opportunities, "orders": orders}[settings.purchases]
            found[settings.purchases] = make(settings.order_number, settings.currency)
        for name in settings.activities:
            found[name] = engagements(
                name,
                with_emails="emails" in settings.activities,
                with_opens=_EMAIL_TRACKING in self.context.purposes,
            )
        return found

    def _check_purposes(self) -> None:
        known = {key for id, name in purposes_of_org(self.client) for key in (id, id[:15], name)}
        for name in self.settings.consents:
            if name not in known:
                raise ConfigError(
                    f'connection "{self.context.connection}": consents names "{name}", which is no data use'
                    " purpose of this Salesforce org",
                    hint="use its name or id as in Setup > Data Use Purposes",
                    code="CS235",
                )
