"""The connector of a Mailchimp account: its streams, one per audience first, and who it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from consentric.sdk.contracts import Account, Connector, Context, Stream
from consentric.sdk.errors import ConfigError, RemoteError
from consentric.sdk.records import Bookmark, Record

from .campaigns import read_campaigns
from .client import MailchimpClient, rows_of
from .consents import PERMISSION_FIELDS
from .members import read_denials, read_members
from .orders import read_orders
from .settings import MailchimpSettings

_MEMBERS, _CAMPAIGNS, _ORDERS = "members", "campaigns", "orders"


class MailchimpConnector(Connector):
    """Reads one Mailchimp account: members of each audience with their consent, campaigns, orders."""

    name: ClassVar[str] = "mailchimp"
    settings_model: ClassVar[type[MailchimpSettings]] = MailchimpSettings
    # The vendor limits simultaneous connections (10 per user), not calls; we use one, and leave the rest.
    calls_per_second: ClassVar[float] = 5.0
    calls_per_day: ClassVar[int] = 200_000

    def __init__(self, settings: MailchimpSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.client = MailchimpClient(settings, context)

    def check(self) -> Account:
        """Asks who the account is, and looks for the audiences and permissions that the settings name.

        A key has no scopes: it may all that its user may.

        Raises:
            RemoteError: With kind AUTH when the key or token is refused.
            ConfigError: When an audience or a marketing permission is not there.
        """
        account = self.client.get("/", "account.get", query={"fields": "account_id,account_name"})
        known = {id for list_id in self.settings.audiences for id in self._permissions_of(list_id)}
        for number in self.settings.permissions:
            if known and number not in known:
                raise ConfigError(
                    f'connection "{self.context.connection}": permissions names "{number}", which is no'
                    " marketing permission of its audiences",
                    hint="take the number from marketing_permissions of a member of the audience",
                    code="CS235",
                )
        number = str(account.get("account_id") or "")
        return Account(id=number, name=str(account.get("account_name") or f"Mailchimp {number}"))

    def streams(self) -> Sequence[Stream]:
        """Members of each audience first, then campaigns and orders where the settings name them."""
        found = [
            Stream(name=_MEMBERS, kind="contacts", partition=list_id, is_sorted=False)
            for list_id in self.settings.audiences
        ]
        if _CAMPAIGNS in self.settings.activities:
            found.append(Stream(name=_CAMPAIGNS, kind="activities", is_sorted=False))
        if self.settings.purchases == _ORDERS:
            found.append(Stream(name=_ORDERS, kind="activities", is_sorted=False))
        return found

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """Yields what changed since the bookmark, everything when it is None.

        Raises:
            RemoteError: Of any kind.
            GuardError: The bookmark is not of this connector or lies in the future.
        """
        if stream.name == _CAMPAIGNS:
            return read_campaigns(self.client, since)
        if stream.name == _ORDERS:
            return read_orders(self.client, since)
        return read_members(self.client, stream.partition, since)

    def read_denials(self, since: Bookmark | None) -> Iterator[Record]:
        """Members changed since the bookmark in any audience: what identifies them, their consent."""
        return read_denials(self.client, since)

    def close(self) -> None:
        """Frees connections."""
        self.client.close()

    def _permissions_of(self, list_id: str) -> Iterator[str]:
        """Numbers of the marketing permissions of an audience, as any of its members shows them."""
        parts = {"list": list_id}
        try:
            self.client.get("/lists/{list}", "lists.get", parts=parts, query={"fields": "id"})
        except RemoteError as error:
            if error.status != 404:
                raise
            raise ConfigError(
                f'connection "{self.context.connection}": audiences names "{list_id}", which is no audience'
                " of this Mailchimp account",
                hint="use the Audience ID as in Audience > Settings",
                code="CS235",
            ) from None
        if self.settings.permissions:
            query = {"count": 1, "fields": ",".join(f"members.{name}" for name in PERMISSION_FIELDS)}
            answer = self.client.get("/lists/{list}/members", "members.list", parts=parts, query=query)
            for member in rows_of(answer, "members"):
                for one in member.get("marketing_permissions") or ():
                    yield str(one.get("marketing_permission_id"))
