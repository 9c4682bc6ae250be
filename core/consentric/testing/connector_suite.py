"""The conformance suite of connectors: subclass it, give it a bench, and pytest does the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from consentric import (
    Activity,
    Bookmark,
    Complete,
    Connector,
    ConsentEvent,
    ConsentricError,
    Contact,
    Deletion,
    GuardError,
    Incomplete,
    Merge,
    RecordRef,
    RemoteError,
    RemoteKind,
    Stream,
)
from consentric.sdk.record_checks import fault_of
from consentric.sdk.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorBench:
    """A connector on a pretend account of at least three contacts, and what the suite may do to it.

    None of the contacts changed in the last day. A hook that is None stands for something the source
    cannot show; its test is skipped.
    """

    connector: Connector
    personal: Sequence[str]
    """Texts of the people in the account: addresses, names, phone numbers."""
    secrets: Sequence[str] = ()
    """Texts of the settings that must never be shown."""
    calls: Callable[[], int] = lambda: 0
    """How many requests the account got so far."""
    change: Callable[[], RecordRef] | None = None
    """Changes one contact now and names it."""
    delete: Callable[[], RecordRef] | None = None
    """Deletes one contact now and names it."""
    merge: Callable[[], tuple[RecordRef, RecordRef]] | None = None
    """Merges two contacts now; names one that is gone, and the survivor."""
    answer_with: Callable[[int], None] | None = None
    """Makes the account answer every further request with this HTTP status."""


class ConnectorSuite:
    """What every connector keeps, whatever its CRM; override `bench` as a fixture.

    A source that is read as a whole whenever anything in it changed sets `has_increments` to False.
    """

    has_increments = True

    @pytest.fixture
    def bench(self) -> Iterator[ConnectorBench]:
        """The bench of one test, with an account of its own."""
        raise NotImplementedError("override the fixture `bench`")

    def test_check_names_the_account_and_lacks_no_scope(self, bench: ConnectorBench) -> None:
        """A connector knows whom it reads before it reads."""
        account = bench.connector.check()
        assert account.id
        assert account.name
        assert account.missing_scopes == ()

    def test_streams_are_named_apart_and_touch_no_network(self, bench: ConnectorBench) -> None:
        """Contacts come first: activities belong to records that are known."""
        before = bench.calls()
        streams = bench.connector.streams()
        assert bench.calls() == before
        assert streams[0].kind == "contacts"
        assert len({(stream.name, stream.partition) for stream in streams}) == len(streams)

    def test_nothing_is_asked_before_the_first_record_is_wanted(self, bench: ConnectorBench) -> None:
        """Reading is lazy: an iterator that nobody takes from costs no call."""
        before = bench.calls()
        readers = [bench.connector.read(stream, None) for stream in bench.connector.streams()]
        assert bench.calls() == before
        assert all(iter(reader) is reader for reader in readers)

    def test_every_record_is_one_of_the_contract_and_its_times_are_aware(self, bench: ConnectorBench) -> None:
        """Types at run time are those the contract states."""
        for stream in bench.connector.streams():
            for record in bench.connector.read(stream, None):
                _check(record, stream)

    def test_contacts_and_activities_have_an_identity_of_their_own(self, bench: ConnectorBench) -> None:
        """A record comes once in a whole read; the key of an activity is unique in the account."""
        refs = [record.ref for record in _contacts(bench)]
        assert len(refs) >= 3
        assert len(set(refs)) == len(refs)
        keys = [
            record.key
            for stream in bench.connector.streams()
            if stream.kind == "activities"
            for record in bench.connector.read(stream, None)
            if isinstance(record, Activity)
        ]
        assert len(set(keys)) == len(keys)

    def test_only_fields_that_the_configuration_names_are_read(self, bench: ConnectorBench) -> None:
        """GDPR art. 5(1)(c): what nobody asked for is not there to be kept."""
        context = bench.connector.context
        for contact in _contacts(bench):
            assert set(contact.fields) <= set(context.fields.get(contact.ref.object, ()))
            assert set(contact.external_ids) <= set(context.external_ids.values())

    def test_settings_refuse_what_they_do_not_know(self, bench: ConnectorBench) -> None:
        """A misspelt setting is an error and no silent default."""
        assert type(bench.connector).settings_model.model_config.get("extra") == "forbid"

    def test_a_whole_read_says_so_with_the_right_number(self, bench: ConnectorBench) -> None:
        """Only a verified enumeration may end in `Complete`."""
        for stream in _contact_streams(bench):
            records = list(bench.connector.read(stream, None))
            ends = [record for record in records if isinstance(record, Complete | Incomplete)]
            assert len(ends) == 1
            if isinstance(ends[0], Complete):
                assert ends[0].count == sum(isinstance(record, Contact) for record in records)
            marks = [record.watermark for record in records if isinstance(record, Bookmark)]
            assert marks
            assert marks == sorted(marks), "a Bookmark that goes backwards"

    def test_reading_twice_gives_the_same(self, bench: ConnectorBench) -> None:
        """A page that is read again after a crash is the same page."""
        for stream in bench.connector.streams():
            first, again = (list(bench.connector.read(stream, None)) for _ in range(2))
            assert _without_marks(first) == _without_marks(again)

    def test_an_increment_holds_what_changed_and_not_everything(self, bench: ConnectorBench) -> None:
        """`since` is honoured, and the next bookmark lies no earlier."""
        self._need_increments()
        stream, (everything, mark) = _contact_streams(bench)[0], _whole(bench)
        if bench.change is None:
            pytest.skip("the account cannot be changed")
        changed = bench.change()
        increment = list(bench.connector.read(stream, mark))
        found = {record.ref for record in increment if isinstance(record, Contact)}
        assert changed in found
        assert len(found) < len(everything)
        assert not any(isinstance(record, Complete) for record in increment)
        marks = [record.watermark for record in increment if isinstance(record, Bookmark)]
        assert marks == sorted(marks)
        assert all(watermark >= mark.watermark for watermark in marks)

    def test_a_denial_is_found_from_the_same_bookmark(self, bench: ConnectorBench) -> None:
        """What is read right before writing starts where the pull ended."""
        _, mark = _whole(bench)
        if bench.change is None:
            pytest.skip("the account cannot be changed")
        changed = bench.change()
        found = {r.ref for r in bench.connector.read_denials(mark) if isinstance(r, Contact)}
        assert changed in found

    @pytest.mark.parametrize("watermark", ["9999-12-31T23:59:59.999Z", "no bookmark of anybody"])
    def test_a_bookmark_from_the_future_or_of_another_is_refused(
        self, bench: ConnectorBench, watermark: str
    ) -> None:
        """It is never silently reset, nor taken for an empty account."""
        self._need_increments()
        with pytest.raises(GuardError):
            list(bench.connector.read(_contact_streams(bench)[0], Bookmark(watermark=watermark)))

    def test_a_deleted_contact_is_named(self, bench: ConnectorBench) -> None:
        """An increment that only shows what lives keeps the dead for ever."""
        _, mark = _whole(bench)
        if bench.delete is None:
            pytest.skip("the source does not tell what it deleted")
        gone = bench.delete()
        increment = list(bench.connector.read(_contact_streams(bench)[0], mark))
        assert gone in {record.record for record in increment if isinstance(record, Deletion)}
        assert gone not in {record.ref for record in increment if isinstance(record, Contact)}

    def test_a_merged_contact_leads_to_its_survivor(self, bench: ConnectorBench) -> None:
        """The loser is no deletion: what was its, is the survivor's."""
        _, mark = _whole(bench)
        if bench.merge is None:
            pytest.skip("the source does not merge contacts")
        loser, survivor = bench.merge()
        increment = list(bench.connector.read(_contact_streams(bench)[0], mark))
        merges = {(record.loser, record.winner) for record in increment if isinstance(record, Merge)}
        assert (loser, survivor) in merges
        assert loser not in {record.record for record in increment if isinstance(record, Deletion)}

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, RemoteKind.AUTH), (429, RemoteKind.THROTTLED), (500, RemoteKind.TRANSIENT)],
    )
    def test_a_refusal_is_a_remote_error_of_its_kind(
        self, bench: ConnectorBench, status: int, kind: RemoteKind
    ) -> None:
        """One error type for every vendor; whoever catches it reads `kind`."""
        if bench.answer_with is None:
            pytest.skip("the source does not answer over HTTP")
        bench.answer_with(status)
        for ask in (bench.connector.check, lambda: _contacts(bench)):
            with pytest.raises(RemoteError) as raised:
                ask()
            assert raised.value.kind is kind
            assert raised.value.account
            assert raised.value.operation

    def test_secrets_and_people_are_in_no_log_and_no_error(
        self, bench: ConnectorBench, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At any level: what is logged ends in files that nobody guards."""
        caplog.set_level(logging.DEBUG)
        told = [repr(bench.connector), repr(bench.connector.settings), str(bench.connector.settings)]
        for stream in bench.connector.streams():
            told += [r.reason for r in bench.connector.read(stream, None) if isinstance(r, Incomplete)]
        if bench.answer_with is not None:
            for status in (400, 401, 500):
                bench.answer_with(status)
                try:
                    _contacts(bench)
                except ConsentricError as error:
                    told += [str(error), repr(error), error.hint, error.happened]
        text = "\n".join([*told, caplog.text])
        assert [one for one in (*bench.personal, *bench.secrets) if one and one in text] == []

    def _need_increments(self) -> None:
        if not self.has_increments:
            pytest.skip("the source is read as a whole")


def _contact_streams(bench: ConnectorBench) -> list[Stream]:
    return [stream for stream in bench.connector.streams() if stream.kind == "contacts"]


def _contacts(bench: ConnectorBench) -> list[Contact]:
    return [
        record
        for stream in _contact_streams(bench)
        for record in bench.connector.read(stream, None)
        if isinstance(record, Contact)
    ]


def _whole(bench: ConnectorBench) -> tuple[list[Contact], Bookmark]:
    records = list(bench.connector.read(_contact_streams(bench)[0], None))
    marks = [record for record in records if isinstance(record, Bookmark)]
    assert marks, "a read that came to its end leaves a bookmark"
    return [record for record in records if isinstance(record, Contact)], marks[-1]


def _without_marks(records: list[Record]) -> list[Record]:
    return [record for record in records if not isinstance(record, Bookmark)]


def _check(record: Record, stream: Stream) -> None:
    """As the engine looks at it, and times in UTC besides."""
    fault = fault_of(record, stream.kind, partition=stream.partition)
    assert not fault, fault
    match record:
        case Contact():
            _check_times(record.created_at, record.last_contact_at, *(e.occurred_at for e in record.consents))
        case Activity() | Deletion():
            _check_times(record.at)
        case ConsentEvent():
            _check_times(record.occurred_at)
        case _:
            pass


def _check_times(*moments: datetime | None) -> None:
    for moment in moments:
        assert moment is None or moment.utcoffset() == UTC.utcoffset(None), "a time that is not in UTC"
