"""A connector of somebody else's, held to its contract: what it breaks ends its connection alone, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, get_args

from consentric.sdk.contracts import Account, Connector, Context, Stream
from consentric.sdk.errors import ConsentricError, DataError, RemoteError
from consentric.sdk.record_checks import Kind, fault_of
from consentric.sdk.records import Bookmark, Complete, Contact, Record, RecordRef

from .breaches import Asked, Guarded, each

T = TypeVar("T")


class GuardedConnector(Guarded[Connector], Connector):
    """Passes on what the plugin says as long as it keeps the contract."""

    def __init__(self, kind: type[Connector], plugin: str, settings: Any, context: Context) -> None:
        super().__init__(settings, context)
        self.is_remote = kind.is_remote  # type: ignore[misc]
        self._kind = kind
        self._asked = Asked(plugin=plugin, module=kind.__module__, context=context)

    def check(self) -> Account:
        """Who the CRM says we are."""
        account = self._answer("check", lambda: self._inner.check())
        if not isinstance(account, Account):
            raise self._asked.data_error("check", f"gave a {type(account).__name__}, no Account")
        return account

    def streams(self) -> Sequence[Stream]:
        """Its streams, each with a name of its own."""
        found = self._answer("streams", lambda: tuple(self._inner.streams()))
        if not all(isinstance(one, Stream) for one in found):
            raise self._asked.data_error("streams", "gave something that is no Stream")
        if not all(one.kind in get_args(Kind) for one in found):
            raise self._asked.data_error(
                "streams", f"gave a Stream whose kind is none of {', '.join(get_args(Kind))}"
            )
        if len({(stream.name, stream.partition) for stream in found}) < len(found):
            raise self._asked.data_error("streams", "gave two streams of one name")
        return found

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """The records of one stream, each looked at before the engine sees it."""
        order = _Order(since, counts_contacts=stream.kind == "contacts")
        for record in self._records(f'stream "{stream.name}"', lambda: self._inner.read(stream, since)):
            fault = fault_of(record, stream.kind, partition=stream.partition) or order.fault_of(record)
            if fault:
                raise self._asked.data_error(f'stream "{stream.name}"', f"yielded {fault}")
            yield record

    def read_denials(self, since: Bookmark | None) -> Iterator[Record]:
        """What may have changed in consent; of all its contacts streams, so bookmarks have no one order."""
        for record in self._records("read_denials", lambda: self._inner.read_denials(since)):
            fault = fault_of(record, "contacts")
            if fault:
                raise self._asked.data_error("read_denials", f"yielded {fault}")
            yield record

    def _records(self, told: str, begin: Callable[[], Iterator[Record]]) -> Iterator[Any]:
        return each(begin, partial(self._answer, told))

    def _answer(self, told: str, ask: Callable[[], T]) -> T:
        try:
            return self._asked.answer(told, ask, self._asked.data_error)
        except (RemoteError, DataError):
            raise
        except ConsentricError as error:
            # Its own word for what is wrong, but as an error that ends one connection and no run.
            raise DataError(error.message, hint=error.hint, where=error.where, code=error.code) from None


class _Order:
    """What no single record shows: bookmarks go forward, a whole read has each contact once."""

    def __init__(self, since: Bookmark | None, *, counts_contacts: bool) -> None:
        self._last = since.watermark if since is not None else ""
        self._is_whole = since is None
        self._counts_contacts = counts_contacts
        self._contacts = 0
        self._seen: set[RecordRef] = set()

    def fault_of(self, record: Record) -> str:
        """What is wrong with a record after those before it; an empty text when nothing is."""
        match record:
            case Bookmark(watermark=watermark):
                if watermark < self._last:
                    return "a Bookmark that goes backwards"
                self._last = watermark
            case Contact(ref=ref) if self._counts_contacts:
                self._contacts += 1
                if self._is_whole and ref in self._seen:
                    return "a Contact twice in one whole read"
                if self._is_whole:
                    self._seen.add(ref)
            case Complete(count=count) if self._counts_contacts and count != self._contacts:
                # Whoever is absent from a whole read is taken for gone: the number must fit.
                return f"a Complete of {count} after {self._contacts} contacts"
        return ""
