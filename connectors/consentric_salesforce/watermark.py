"""How far a read of Salesforce has come, by Salesforce's own clock."""

from __future__ import annotations

from datetime import timedelta

from consentric.sdk import watermark
from consentric.sdk.records import Bookmark

from .client import SalesforceClient

_LAG = timedelta(minutes=1)
"""A transaction that is still open has times from before its end; the overlap is for the long ones."""


class Watermark(watermark.Watermark):
    """The watermark of a Salesforce read; make it after the read's first answer.

    Raises:
        GuardError: The bookmark is of another format or lies in the future (exit 5).
    """

    def __init__(self, client: SalesforceClient, since: Bookmark | None) -> None:
        super().__init__(
            client.context.connection,
            "Salesforce",
            server_time=client.server_time,
            since=since,
            overlap=timedelta(minutes=client.settings.overlap_minutes),
            lag=_LAG,
        )
