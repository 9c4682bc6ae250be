"""How far a read has come, by the CRM's own clock: what is promised in a bookmark, and where one starts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .errors import GuardError, RemoteError, RemoteKind
from .records import Bookmark

_TOLERANCE = timedelta(minutes=5)
_SHAPE = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$")


class Watermark:
    """The newest change seen, never beyond a while before the read began.

    Make it after the first answer of a read: the signpost is the server's clock then. Our own clock may
    be wrong, or stand still in a pretend CRM.

    Args:
        account: Name of the connection.
        vendor: Name of the CRM, for messages.
        server_time: The CRM's clock at the first answer, None when the answer told none.
        since: The bookmark to go on from, None to read everything.
        overlap: How far before the bookmark an increment starts.
        lag: How long the CRM may take to show a change.

    Raises:
        RemoteError: FATAL when the CRM tells no time.
        GuardError: The bookmark is of another format or lies in the future (exit 5).
    """

    def __init__(
        self,
        account: str,
        vendor: str,
        *,
        server_time: datetime | None,
        since: Bookmark | None,
        overlap: timedelta,
        lag: timedelta,
    ) -> None:
        if server_time is None:
            raise RemoteError(
                f'connection "{account}": {vendor} tells no time in its answers',
                kind=RemoteKind.FATAL,
                account=account,
                hint=f"something between here and {vendor} strips the Date header; let it pass",
            )
        self._limit = server_time - lag
        self._since = None if since is None else _parsed(since, account)
        self._newest = self._since
        self._overlap = overlap
        if self._since is not None and self._since > server_time + _TOLERANCE:
            raise _refused(account, f"lies in the future of {vendor}'s clock")

    @property
    def start(self) -> datetime | None:
        """Where an increment begins: the bookmark less the overlap; None for everything."""
        return None if self._since is None else self._since - self._overlap

    @property
    def signpost(self) -> datetime:
        """What had changed by then is in the answers of this read."""
        return self._limit

    def see(self, changed_at: datetime | None) -> None:
        """Takes note of the time of a change that was read."""
        if changed_at is not None and (self._newest is None or changed_at > self._newest):
            self._newest = changed_at

    def bookmark(self) -> Bookmark:
        """The promise that can be made now; an empty account is read up to the signpost."""
        reached = self._limit if self._newest is None else min(self._newest, self._limit)
        return Bookmark(watermark=_text(reached if self._since is None else max(reached, self._since)))


def _text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: such texts sort like the instants."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _parsed(since: Bookmark, account: str) -> datetime:
    if not _SHAPE.match(since.watermark):
        raise _refused(account, "is not one of this connector")
    try:
        return datetime.fromisoformat(since.watermark).astimezone(UTC)
    except ValueError:
        raise _refused(account, "is not one of this connector") from None


def _refused(account: str, why: str) -> GuardError:
    return GuardError(
        f'connection "{account}": the saved bookmark {why}',
        hint=f"read everything once:  consentric pull {account} --full ; a pretend CRM whose clock stands"
        " still needs  [clock] at  of its day in config.toml",
        happened="nothing was read.",
        code="CS525",
    )
