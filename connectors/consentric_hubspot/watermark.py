"""How far a read has come, by HubSpot's own clock: what is promised in a bookmark, and where one starts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from consentric.sdk.errors import GuardError, RemoteError, RemoteKind
from consentric.sdk.records import Bookmark

from .client import HubSpotClient
from .values import shown

_LAG = timedelta(minutes=1)
"""What HubSpot changed in its last minute may not be in the search index yet ("a few moments")."""
_TOLERANCE = timedelta(minutes=5)
_SHAPE = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$")


class Watermark:
    """The newest change seen, never beyond a minute before the read began.

    Make it after the first answer of a read: the signpost is the server's clock then. Our own clock may
    be wrong, or stand still in a pretend CRM.

    Raises:
        GuardError: The bookmark is of another format or lies in the future (exit 5).
    """

    def __init__(self, client: HubSpotClient, since: Bookmark | None) -> None:
        if client.server_time is None:
            raise RemoteError(
                f'connection "{client.context.connection}": HubSpot tells no time in its answers',
                kind=RemoteKind.FATAL,
                account=client.context.connection,
                hint="something between here and HubSpot strips the Date header; let it pass",
            )
        self._limit = client.server_time - _LAG
        self._since = None if since is None else _parsed(since, client)
        self._newest = self._since
        self._overlap = timedelta(minutes=client.settings.overlap_minutes)
        if self._since is not None and self._since > client.server_time + _TOLERANCE:
            raise _refused(client, "lies in the future of HubSpot's clock")

    @property
    def start(self) -> datetime | None:
        """Where an increment begins: the bookmark less the overlap; None for everything."""
        return None if self._since is None else self._since - self._overlap

    def see(self, changed_at: datetime | None) -> None:
        """Takes note of the time of a change that was read."""
        if changed_at is not None and (self._newest is None or changed_at > self._newest):
            self._newest = changed_at

    def bookmark(self) -> Bookmark:
        """The promise that can be made now; an empty account is read up to the signpost."""
        reached = self._limit if self._newest is None else min(self._newest, self._limit)
        return Bookmark(watermark=shown(reached if self._since is None else max(reached, self._since)))


def _parsed(since: Bookmark, client: HubSpotClient) -> datetime:
    if not _SHAPE.match(since.watermark):
        raise _refused(client, "is not one of this connector")
    try:
        return datetime.fromisoformat(since.watermark).astimezone(UTC)
    except ValueError:
        raise _refused(client, "is not one of this connector") from None


def _refused(client: HubSpotClient, why: str) -> GuardError:
    name = client.context.connection
    return GuardError(
        f'connection "{name}": the saved bookmark {why}',
        hint=f"read everything once:  consentric pull {name} --full",
        happened="nothing was read.",
    )
