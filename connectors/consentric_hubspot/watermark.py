"""How far a read of HubSpot has come, by HubSpot's own clock."""

from __future__ import annotations

from datetime import timedelta

from consentric.sdk import watermark
from consentric.sdk.records import Bookmark

from .client import HubSpotClient

_LAG = timedelta(minutes=1)
"""What HubSpot changed in its last minute may not be in the search index yet ("a few moments")."""


class Watermark(watermark.Watermark):
    """The watermark of a HubSpot read; make it after the read's first answer.

    Raises:
        GuardError: The bookmark is of another format or lies in the future (exit 5).
    """

    def __init__(self, client: HubSpotClient, since: Bookmark | None) -> None:
        super().__init__(
            client.context.connection,
            "HubSpot",
            server_time=client.server_time,
            since=since,
            overlap=timedelta(minutes=client.settings.overlap_minutes),
            lag=_LAG,
        )
