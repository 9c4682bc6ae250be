"""Reads the beginning of an account: so many people, so many rows, so many calls, and not one more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consentric.sdk.contracts import Account, Connector, Stream
from consentric.sdk.errors import DataError, GuardError, RemoteError, RemoteKind
from consentric.sdk.records import Bookmark, Complete, Contact, Incomplete, Record

HISTORY = timedelta(days=365)
ROWS_PER_PERSON = 10
_CALLS_PER_PERSON = 2
"""Where HubSpot tells consents one person at a time, one call goes there and a share into pages."""
_CALLS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is read of one connection."""

    people: int

    @property
    def rows(self) -> int:
        """Of each other stream at most."""
        return self.people * ROWS_PER_PERSON

    @property
    def calls_for_people(self) -> int:
        """Of a stream of people at most."""
        return self.people * _CALLS_PER_PERSON + _CALLS

    @property
    def calls(self) -> int:
        """Of each other stream at most."""
        return _CALLS


class Allowance:
    """Calls that are left for the stream that is read; what the transport takes blocks from."""

    def __init__(self) -> None:
        self._left = 0

    def begin(self, calls: int) -> None:
        """Begins a stream."""
        self._left = calls

    def take(self, account: str, calls: int, *, limit: int, at: datetime) -> int:
        """Books up to `calls` calls and gives the number granted, 0 when spent."""
        granted = min(calls, self._left)
        self._left -= granted
        return granted


class SampledConnector(Connector):
    """Passes on the first records of each stream of another connector.

    It makes no promise about the rest: where it stopped early the stream is incomplete, and says so.
    """

    def __init__(self, inner: Connector, bounds: Bounds, allowance: Allowance) -> None:
        super().__init__(inner.settings, inner.context)
        self._inner = inner
        self._bounds = bounds
        self._allowance = allowance

    def check(self) -> Account:
        """Who the CRM says we are."""
        return self._inner.check()

    def streams(self) -> Sequence[Stream]:
        """Those of the other connector."""
        return self._inner.streams()

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """The beginning of a stream, whatever the bookmark."""
        of_people = stream.kind == "contacts"
        self._allowance.begin(self._bounds.calls_for_people if of_people else self._bounds.calls)
        end: Record | None = None
        people = rows = 0
        try:
            for record in self._records(stream):
                if isinstance(record, (Complete, Incomplete)):
                    end = record
                elif not isinstance(record, Bookmark):
                    yield record
                    people += isinstance(record, Contact)
                    rows += 1
                if people >= self._people_of(stream) or rows >= self._bounds.rows:
                    end = Incomplete(
                        reason="preview: only the first ones were read; consentric pull reads all"
                    )
                    break
        except RemoteError as error:
            if error.kind is not RemoteKind.QUOTA or error.vendor_code != "our_share":
                raise
            end = Incomplete(reason="preview: no more calls were made")
        yield Bookmark(watermark="preview")  # what was read is all that there is, for these stores
        if end is not None:
            yield end

    def _people_of(self, stream: Stream) -> int:
        """The people of a connection are shared between its streams of people, as Mailchimp's audiences."""
        sharing = sum(one.kind == "contacts" for one in self.streams()) if stream.kind == "contacts" else 1
        return max(1, self._bounds.people // sharing)

    def _records(self, stream: Stream) -> Iterator[Record]:
        """What happened lately, where the connector can begin there; else all, oldest first."""
        if stream.kind != "activities":
            yield from self._inner.read(stream, None)
            return
        start = (self.context.clock() - HISTORY).astimezone(UTC)
        since = Bookmark(watermark=start.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        is_begun = False
        try:
            for record in self._inner.read(stream, since):
                is_begun = True
                yield record
        except (GuardError, DataError):
            if is_begun:
                raise
            yield from self._inner.read(stream, None)  # its bookmarks are no instants
