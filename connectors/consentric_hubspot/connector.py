"""The connector of a HubSpot account: its streams, who it is, and which scopes its token lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from consentric.sdk.contracts import Account, Connector, Context, Stream
from consentric.sdk.errors import ConfigError, RemoteError
from consentric.sdk.records import Bookmark, Record

from .activities import Source, read_activities
from .client import HubSpotClient
from .contacts import read_contacts, read_denials
from .emails import read_emails
from .engagements import engagements
from .purchases import deals, orders
from .settings import HubSpotSettings

_EMAILS = "marketing_emails"


class HubSpotConnector(Connector):
    """Reads one HubSpot account: contacts with their consent, purchases, engagements, marketing e-mails."""

    name: ClassVar[str] = "hubspot"
    settings_model: ClassVar[type[HubSpotSettings]] = HubSpotSettings
    # Half of what HubSpot gives a Professional account in ten seconds (under all of a Free one), and half
    # of a Free account's day ("Increasing our API limits").
    calls_per_second: ClassVar[float] = 9.5
    calls_per_day: ClassVar[int] = 125_000

    def __init__(self, settings: HubSpotSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.client = HubSpotClient(settings, context)

    def check(self) -> Account:
        """Asks who the account is, tries one small read per scope, and checks the mapped subscriptions.

        Raises:
            RemoteError: With kind AUTH when the token itself is refused.
            ConfigError: When `consents` names a subscription type that the account does not have.
        """
        account = self.client.request("GET", "account")
        missing = [scope for scope, ask in self._probes() if not self._allows(ask)]
        if "communication_preferences.read" not in missing:
            self._check_subscriptions()
        number = str(account.get("portalId") or "")
        return Account(
            id=number,
            name=str(account.get("portalName") or f"HubSpot {number}"),
            missing_scopes=tuple(dict.fromkeys(missing)),
        )

    def streams(self) -> Sequence[Stream]:
        """Contacts first, then the purchases and activities that the settings name."""
        found = [Stream(name="contacts", kind="contacts")]
        found += [Stream(name=name, kind="activities") for name in self._sources()]
        if _EMAILS in self.settings.activities:
            found.append(Stream(name=_EMAILS, kind="activities", is_sorted=False))
        return found

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """Yields what changed since the bookmark, everything when it is None.

        Raises:
            RemoteError: Of any kind.
            GuardError: The bookmark is not of this connector or lies in the future.
        """
        if stream.name == "contacts":
            return read_contacts(self.client, since)
        if stream.name == _EMAILS:
            return read_emails(self.client, since)
        return read_activities(self.client, self._sources()[stream.name], since)

    def read_denials(self, since: Bookmark | None) -> Iterator[Record]:
        """Contacts changed since the bookmark: what identifies them, their consent, nothing else."""
        return read_denials(self.client, since)

    def close(self) -> None:
        """Frees connections."""
        self.client.close()

    def _sources(self) -> dict[str, Source]:
        found: dict[str, Source] = {}
        if self.settings.purchases is not None:
            make = {"deals": deals, "orders": orders}[self.settings.purchases]
            found[self.settings.purchases] = make(self.settings.order_number)
        for name in self.settings.activities:
            if name != _EMAILS:
                found[name] = engagements(name)
        return found

    def _probes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each scope that the settings need, with the smallest read that needs it."""
        few = [("limit", "1")]
        for name in ("contacts", *self._sources()):
            # Engagements are read with the scope of contacts, the text of e-mails apart.
            scope = f"crm.objects.{name if name in ('deals', 'orders') else 'contacts'}.read"
            yield scope, {"path_name": "objects", "parts": {"type": name}, "query": few}
        for name in ("contacts", *([self.settings.purchases] if self.settings.purchases else ())):
            yield f"crm.schemas.{name}.read", {"path_name": "properties", "parts": {"type": name}}
        yield "communication_preferences.read", {"path_name": "subscriptions"}
        if _EMAILS in self.settings.activities:
            yield "content", {"path_name": "email.events", "query": few}

    def _allows(self, ask: dict[str, Any]) -> bool:
        try:
            self.client.request("GET", **ask)
        except RemoteError as error:
            if error.status == 403:
                return False
            raise
        return True

    def _check_subscriptions(self) -> None:
        rows = self.client.request("GET", "subscriptions").get("results") or ()
        known = {str(row.get(key)) for row in rows if isinstance(row, dict) for key in ("id", "name")}
        for name in self.settings.consents:
            if name not in known:
                raise ConfigError(
                    f'connection "{self.context.connection}": consents names "{name}", which is no'
                    " subscription type of this HubSpot account",
                    hint="use its name or number as in Settings > Marketing > Email > Subscription types",
                    code="CS235",
                )
