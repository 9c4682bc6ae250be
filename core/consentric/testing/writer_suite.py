"""The conformance suite of writers: subclass it, give it a bench, and pytest does the rest."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from consentric import (
    Change,
    ConsentricError,
    LabelSet,
    Outcome,
    RecordRef,
    RemoteError,
    RemoteKind,
    SegmentLabel,
    Shown,
    Writer,
)

MARKER = "managed by consentric 00000000000000000000000000000001"
SUBSCRIBING = re.compile(
    r"""/upsert|/subscri|communication-preferences|double_optin|"status(_if_new)?"\s*:\s*"(subscribed|pending)"
    |subscribed"\s*:\s*true|opt_?(ed)?_?out[a-z0-9_]*"\s*:\s*("?false|""|"?0|null)|legal_?basis""",
    re.IGNORECASE | re.VERBOSE,
)
"""What no URL and no body of a writer may hold: a way to create people or to lift an opt-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request the pretend CRM got."""

    method: str
    url: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterBench:
    """A writer connected to a pretend CRM, and what the suite must know of that CRM."""

    writer: Writer
    records: Sequence[RecordRef]
    """At least four live records; none carries a label."""
    absent: RecordRef
    """A record the CRM has never had."""
    sent: Callable[[], Sequence[Sent]]
    """Every request since the bench was made."""
    count_people: Callable[[], int]
    """How many records the CRM has."""
    occupy: Callable[[str], None]
    """Puts somebody else's thing, without our marker, where this target of `LABELS` would be created."""
    secrets: Sequence[str] = ()
    """Texts of the settings that must never be shown."""
    personal: Sequence[str] = ()
    """Texts of the people in the account: addresses, names, phone numbers."""
    answer_with: Callable[[int], None] | None = None
    """Makes the CRM answer every further request with this HTTP status."""
    not_ours: Callable[[], object] | None = None
    """All that the CRM knows of these records but our labels: to be compared before and after."""


LABELS = LabelSet(
    name="suite",
    title="Suite",
    prefix="zz_",
    marker=MARKER,
    segments=(
        SegmentLabel(key="gold", title="Gold", meaning="buys often"),
        SegmentLabel(key="silver", title="Silver"),
    ),
)
GREW = LabelSet(
    name=LABELS.name,
    title=LABELS.title,
    prefix=LABELS.prefix,
    marker=MARKER,
    segments=(*LABELS.segments, SegmentLabel(key="bronze", title="Bronze")),
)
FIELD = "field:suite"
GOLD = "list:suite.gold"


class WriterSuite:
    """What every writer keeps, whatever its CRM; override `bench` as a fixture.

    A CRM without lists sets `has_lists` to False, one without fields `has_fields`, as its writer does.
    """

    has_fields = True
    has_lists = True

    @pytest.fixture
    def bench(self) -> Iterator[WriterBench]:
        """The bench of one test, with a CRM of its own."""
        raise NotImplementedError("override the fixture `bench`")

    @pytest.fixture
    def ready(self, bench: WriterBench) -> WriterBench:
        """The bench after everything was provisioned."""
        for provision in bench.writer.prepare([LABELS]):
            bench.writer.provision([LABELS], provision.target)
        return bench

    def test_prepare_reads_only_and_provision_leaves_nothing_missing(self, bench: WriterBench) -> None:
        """What is missing is named, then created; twice is once."""
        found = [provision.target for provision in bench.writer.prepare([LABELS])]
        assert found
        assert [p.target for p in bench.writer.prepare([LABELS])] == found
        for target in [*found, *found]:
            bench.writer.provision([LABELS], target)
        assert list(bench.writer.prepare([LABELS])) == []

    def test_a_new_segment_is_provisioned_without_losing_what_is_shown(self, ready: WriterBench) -> None:
        """A set that grows keeps its labels."""
        target, value = (FIELD, "gold") if self.has_fields else (GOLD, "member")
        one = ready.records[:1]
        self._write(ready, _sets(one, "gold") if self.has_fields else _members(one, "add"))
        for provision in ready.writer.prepare([GREW]):
            ready.writer.provision([GREW], provision.target)
        assert list(ready.writer.prepare([GREW])) == []
        assert self._shown(ready, one, target) == [value]

    @pytest.mark.parametrize("target", [FIELD, GOLD])
    def test_somebody_elses_field_or_list_is_refused_by_name(self, bench: WriterBench, target: str) -> None:
        """A name that is taken stops the destination; nothing of it is adopted or changed."""
        self._need(target)
        bench.occupy(target)
        with pytest.raises(RemoteError, match="suite") as raised:
            bench.writer.prepare([LABELS])
        assert raised.value.kind is RemoteKind.FATAL
        with pytest.raises(RemoteError):
            bench.writer.provision([LABELS], target)

    def test_set_and_clear_show_at_once_and_give_one_outcome_each(self, ready: WriterBench) -> None:
        """Leaving gives back empty."""
        self._need(FIELD)
        two, other = ready.records[:2], ready.records[2]
        self._write(ready, _sets([other], "silver"))

        assert _states(self._write(ready, _sets(two, "gold"))) == {0: "done", 1: "done"}
        assert self._shown(ready, two, FIELD) == ["gold", "gold"]
        assert _states(self._write(ready, _sets(two, "", verb="clear"))) == {0: "done", 1: "done"}
        assert self._shown(ready, [*two, other], FIELD) == ["", "", "silver"]

    def test_add_and_remove_show_at_once_and_touch_nobody_else(self, ready: WriterBench) -> None:
        """Whoever somebody else put into our list stays there."""
        self._need(GOLD)
        one, two, other = ready.records[:3]
        self._write(ready, _members([other], "add"))

        assert _states(self._write(ready, _members([one, two], "add"))) == {0: "done", 1: "done"}
        assert self._shown(ready, [one, two], GOLD) == ["member", "member"]
        assert _states(self._write(ready, _members([one], "remove"))) == {0: "done"}
        assert self._shown(ready, [one, two, other], GOLD) == ["", "member", "member"]

    def test_twice_is_once(self, ready: WriterBench) -> None:
        """The same changes again are done again, and show the same."""
        for changes in self._every_change(ready.records[0]):
            first = _states(self._write(ready, changes))
            shown = list(ready.writer.current([LABELS], ready.records[:1]))
            assert _states(self._write(ready, changes)) == first == {0: "done"}
            assert list(ready.writer.current([LABELS], ready.records[:1])) == shown

    def test_one_bad_record_does_not_keep_the_others_from_their_label(self, ready: WriterBench) -> None:
        """A record that is gone is said to be so; the rest of the batch is written."""
        mixed = [ready.records[0], ready.absent, ready.records[1]]
        batches = [_sets(mixed, "gold")] if self.has_fields else []
        batches += [_members(mixed, "add")] if self.has_lists else []
        for changes in batches:
            states = _states(self._write(ready, changes))
            assert states[1] in ("gone", "rejected")
            assert (states[0], states[2]) == ("done", "done")

    def test_a_record_that_is_gone_shows_nothing(self, ready: WriterBench) -> None:
        """And a live one shows each target, empty where it has no label."""
        assert list(ready.writer.current([LABELS], [ready.absent])) == []
        found = list(ready.writer.current([LABELS], [ready.absent, ready.records[0]]))
        assert {shown.record for shown in found} == {ready.records[0]}
        assert {shown.value for shown in found} == {""}

    def test_labelled_finds_exactly_who_carries_a_label(self, ready: WriterBench) -> None:
        """Field values and list memberships alike."""
        expected: set[Shown] = set()
        if self.has_fields:
            self._write(ready, _sets(ready.records[:1], "gold"))
            expected.add(Shown(record=ready.records[0], target=FIELD, value="gold"))
        if self.has_lists:
            self._write(ready, _members(ready.records[1:2], "add"))
            expected.add(Shown(record=ready.records[1], target=GOLD, value="member"))
        assert set(ready.writer.labelled([LABELS])) == expected

    def test_nothing_is_labelled_before_anything_was_provisioned(self, bench: WriterBench) -> None:
        """A fresh account is read without an error."""
        assert list(bench.writer.labelled([LABELS])) == []

    def test_no_request_could_create_or_subscribe_anyone(self, ready: WriterBench) -> None:
        """GDPR art. 7: nobody gets into a CRM, or back onto a mailing, by a label."""
        people = ready.count_people()
        consents = dict(ready.writer.consent_fingerprint(ready.records))
        before = copy.deepcopy(_not_ours(ready))
        for changes in self._every_change(ready.records[0], ready.absent):
            self._write(ready, changes)
        assert ready.count_people() == people
        assert dict(ready.writer.consent_fingerprint(ready.records)) == consents
        assert _not_ours(ready) == before, "what is not ours was changed"
        assert any(sent.method != "GET" for sent in ready.sent())
        for sent in ready.sent():
            assert sent.method == "GET" or not SUBSCRIBING.search(f"{sent.url}\n{sent.body}"), sent.url

    def test_the_writer_offers_nothing_beyond_the_contract(self, bench: WriterBench) -> None:
        """No public method could be used to create, subscribe or opt in."""
        ours = {name for name in dir(type(bench.writer)) if not name.startswith("_")}
        contract = {*dir(Writer), *Writer.__annotations__, "settings", "context"}
        assert ours <= contract, sorted(ours - contract)

    def test_secrets_are_never_shown(self, bench: WriterBench) -> None:
        """Neither by the writer nor by its settings."""
        shown = f"{bench.writer!r} {vars(bench.writer)!r} {bench.writer.settings!r} {bench.writer.settings}"
        for secret in bench.secrets:
            assert secret not in shown

    @pytest.mark.parametrize(
        ("status", "on_read", "on_write"),
        [
            (401, RemoteKind.AUTH, RemoteKind.AUTH),
            (429, RemoteKind.THROTTLED, RemoteKind.THROTTLED),
            (500, RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ],
    )
    def test_a_refusal_is_a_remote_error_of_its_kind(
        self, ready: WriterBench, status: int, on_read: RemoteKind, on_write: RemoteKind
    ) -> None:
        """A write that met a failure may have been applied: it is read back, and not sent again.

        A writer that reads before it writes fails as a read does, as long as nothing but a GET went out.
        """
        if ready.answer_with is None:
            pytest.skip("the bench cannot make the CRM refuse")
        ready.answer_with(status)
        for changes in self._every_change(ready.records[0]):
            before = len(ready.sent())
            with pytest.raises(RemoteError) as raised:
                self._write(ready, changes)
            has_written = any(sent.method != "GET" for sent in ready.sent()[before:])
            assert raised.value.kind in ((on_write,) if has_written else (on_read, on_write))
        with pytest.raises(RemoteError) as raised:
            ready.writer.prepare([LABELS])
        assert raised.value.kind is on_read
        assert raised.value.account
        assert raised.value.operation

    def test_secrets_and_people_are_in_no_log_no_error_and_no_outcome(
        self, ready: WriterBench, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At any level: what is logged or kept beside an op ends in files that nobody guards."""
        caplog.set_level(logging.DEBUG)
        told = []
        for changes in self._every_change(ready.records[0], ready.absent):
            told += [f"{one.vendor_code} {one.message}" for one in self._write(ready, changes)]
        for status in (400, 401, 500):
            if ready.answer_with is None:
                break
            ready.answer_with(status)
            try:
                ready.writer.prepare([LABELS])
            except ConsentricError as error:
                told += [str(error), repr(error), error.hint, error.happened]
        text = "\n".join([*told, caplog.text])
        assert [one for one in (*ready.personal, *ready.secrets) if one and one in text] == []

    def test_settings_refuse_what_they_do_not_know(self, bench: WriterBench) -> None:
        """A misspelt setting is an error and no silent default."""
        assert type(bench.writer).settings_model.model_config.get("extra") == "forbid"

    def test_limits_can_be_worked_with(self, bench: WriterBench) -> None:
        """Batches and allowance are positive."""
        limits = bench.writer.limits
        assert min(limits.batch_size, limits.list_batch_size, limits.calls_per_day) >= 1
        assert limits.calls_per_second > 0

    def _need(self, target: str) -> None:
        if not (self.has_lists if target.startswith("list:") else self.has_fields):
            pytest.skip(f"this CRM has no place for {target}")

    def _every_change(self, *records: RecordRef) -> Iterator[list[Change]]:
        if self.has_fields:
            yield _sets(records, "gold")
            yield _sets(records, "", verb="clear")
        if self.has_lists:
            yield _members(records, "add")
            yield _members(records, "remove")

    def _write(self, bench: WriterBench, changes: Sequence[Change]) -> list[Outcome]:
        """Applies, collects jobs, and checks that each change has one outcome."""
        found: list[Outcome] = []
        for answer in bench.writer.apply([LABELS], changes):
            found += [answer] if isinstance(answer, Outcome) else bench.writer.collect(answer.job)
        assert sorted(outcome.op for outcome in found) == [change.op for change in changes]
        return found

    def _shown(self, bench: WriterBench, records: Sequence[RecordRef], target: str) -> list[str]:
        found = {
            shown.record: shown.value
            for shown in bench.writer.current([LABELS], records)
            if shown.target == target
        }
        return [found[record] for record in records]


def _not_ours(bench: WriterBench) -> object:
    return None if bench.not_ours is None else bench.not_ours()


def _sets(records: Sequence[RecordRef], new: str, *, verb: Any = "set") -> list[Change]:
    return [
        Change(op=op, record=record, verb=verb, target=FIELD, new=new, since=date(2026, 6, 15))
        for op, record in enumerate(records)
    ]


def _members(records: Sequence[RecordRef], verb: Any) -> list[Change]:
    return [Change(op=op, record=record, verb=verb, target=GOLD) for op, record in enumerate(records)]


def _states(outcomes: Sequence[Outcome]) -> dict[int, str]:
    return {outcome.op: outcome.state for outcome in outcomes}
