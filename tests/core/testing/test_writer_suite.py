"""The suite of writers passes an honest writer and catches each kind of dishonest one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from consentric import (
    Context,
    Limits,
    Outcome,
    Provision,
    RecordRef,
    RemoteError,
    RemoteKind,
    Shown,
    Writer,
)
from consentric.sdk.transport import Transport
from consentric.testing.writer_suite import GREW, SUBSCRIBING, Sent, WriterBench, WriterSuite

AS_IT_BEGINS = (
    "test_secrets_are_never_shown",
    "test_the_writer_offers_nothing_beyond_the_contract",
    "test_prepare_reads_only_and_provision_leaves_nothing_missing",
    "test_nothing_is_labelled_before_anything_was_provisioned",
)
"""Checks of an account where nothing was provisioned."""
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: SecretStr


class OpenSettings(BaseModel):
    token: SecretStr


class MemoryWriter(Writer):
    """A writer to a dictionary: target to record id to value; `None` as owner is us."""

    name: ClassVar[str] = "memory"
    settings_model: ClassVar[type[BaseModel]] = Settings

    def __init__(self, settings: Any, context: Context) -> None:
        super().__init__(settings, context)
        self._people = {str(n) for n in range(4)}
        self._things: dict[str, dict[str, str]] = {}
        self._foreign: set[str] = set()
        self._sent: list[Sent] = []
        self._theirs = {"0": "of the shop"}
        self._status = 200

    def _refusal(self, is_write):
        kind = {401: RemoteKind.AUTH, 429: RemoteKind.THROTTLED}.get(self._status, RemoteKind.TRANSIENT)
        if is_write and self._status >= 500:
            kind = RemoteKind.AMBIGUOUS
        return RemoteError("refused", kind=kind, account="memory", operation="labels")

    @property
    def limits(self) -> Limits:
        return Limits(batch_size=10, list_batch_size=10, calls_per_second=1, calls_per_day=10)

    def prepare(self, labels):
        if self._status != 200:
            raise self._refusal(False)
        targets = [f"field:{one.name}" for one in labels]
        targets += [f"list:{one.name}.{segment.key}" for one in labels for segment in one.segments]
        for target in targets:
            if target in self._foreign:
                raise RemoteError(f"{target} is not ours", kind=RemoteKind.FATAL)
        return [
            Provision(target=target, description="new") for target in targets if target not in self._things
        ]

    def provision(self, labels, target):
        self.prepare(labels)
        self._things.setdefault(target, {})

    def current(self, labels, records) -> Iterator[Shown]:
        for record in records:
            if record.id in self._people:
                for target, values in self._things.items():
                    yield Shown(record=record, target=target, value=values.get(record.id, ""))

    def labelled(self, labels):
        for target, values in self._things.items():
            for id, value in values.items():
                yield Shown(record=RecordRef(object="person", id=id), target=target, value=value)

    def apply(self, labels, changes):
        self._sent.append(Sent(method="POST", url="/labels", body=f'{{"n": {len(changes)}}}'))
        if self._status != 200:
            raise self._refusal(True)
        for change in changes:
            if change.record.id not in self._people:
                yield Outcome(op=change.op, state="gone")
                continue
            values = self._things[change.target]
            if change.verb in ("set", "add"):
                values[change.record.id] = change.new or "member"
            else:
                values.pop(change.record.id, None)
            yield Outcome(op=change.op, state="done")


class TestMemoryWriter(WriterSuite):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> WriterBench:
        return bench_of(MemoryWriter, tmp_path)


class LosesAnOutcome(MemoryWriter):
    def apply(self, labels, changes):
        yield from list(super().apply(labels, changes))[1:]


class SaysDoneOnly(MemoryWriter):
    def apply(self, labels, changes):
        return (Outcome(op=change.op, state="done") for change in changes)


class WipesTheList(MemoryWriter):
    def apply(self, labels, changes):
        if changes[0].verb == "remove":
            self._things[changes[0].target].clear()
        return super().apply(labels, changes)


class CreatesPeople(MemoryWriter):
    def apply(self, labels, changes):
        self._people.update(change.record.id for change in changes)
        return super().apply(labels, changes)


class Subscribes(MemoryWriter):
    def apply(self, labels, changes):
        self._sent.append(Sent(method="POST", url="/members", body='{"status": "subscribed"}'))
        return super().apply(labels, changes)


class AdoptsForeignThings(MemoryWriter):
    def provision(self, labels, target):
        self._foreign.discard(target)
        super().provision(labels, target)


class KeepsQuietAboutEmptyFields(MemoryWriter):
    def current(self, labels, records):
        return (shown for shown in super().current(labels, records) if shown.value)


class ChangesWhatIsNotOurs(MemoryWriter):
    def apply(self, labels, changes):
        self._theirs["0"] = "edited"
        return super().apply(labels, changes)


class LogsPeople(MemoryWriter):
    def apply(self, labels, changes):
        logging.getLogger("memory").debug("writing for Ada Lovelace")
        return super().apply(labels, changes)


class QuotesPeople(MemoryWriter):
    def apply(self, labels, changes):
        for change in changes:
            yield Outcome(op=change.op, state="rejected", message="Ada Lovelace is blocked")


class TakesOpenSettings(MemoryWriter):
    settings_model = OpenSettings


class CannotBeWorkedWith(MemoryWriter):
    @property
    def limits(self) -> Limits:
        return Limits(batch_size=0, list_batch_size=10, calls_per_second=1, calls_per_day=10)


class LosesLabelsWhenASetGrows(MemoryWriter):
    def provision(self, labels, target):
        super().provision(labels, target)
        if labels == [GREW]:
            self._things["field:suite"].clear()


class ProvisionsNothing(MemoryWriter):
    def provision(self, labels, target):
        self.prepare(labels)


class ListsPeopleBeforeAnything(MemoryWriter):
    def labelled(self, labels):
        yield Shown(record=RecordRef(object="person", id="1"), target="field:suite", value="gold")


class ClearsNothing(MemoryWriter):
    def apply(self, labels, changes):
        return super().apply(labels, [replace(one, verb="set", new="gold") for one in changes])


class SaysItWasRejected(MemoryWriter):
    def _refusal(self, is_write):
        return RemoteError("no", kind=RemoteKind.REJECTED, account="memory", operation="labels")


class TakesABrokenWriteForNoWrite(MemoryWriter):
    def _refusal(self, is_write):
        return super()._refusal(False)


class HasAMethodTooMany(MemoryWriter):
    def subscribe(self, record):
        """What no writer may offer."""


class ShowsItsToken(MemoryWriter):
    def __repr__(self):
        return f"writer with {self.settings.token.get_secret_value()}"


@pytest.mark.parametrize(
    ("writer", "test"),
    [
        (LosesAnOutcome, "test_twice_is_once"),
        (SaysDoneOnly, "test_labelled_finds_exactly_who_carries_a_label"),
        (SaysDoneOnly, "test_one_bad_record_does_not_keep_the_others_from_their_label"),
        (WipesTheList, "test_add_and_remove_show_at_once_and_touch_nobody_else"),
        (CreatesPeople, "test_no_request_could_create_or_subscribe_anyone"),
        (Subscribes, "test_no_request_could_create_or_subscribe_anyone"),
        (KeepsQuietAboutEmptyFields, "test_a_record_that_is_gone_shows_nothing"),
        (HasAMethodTooMany, "test_the_writer_offers_nothing_beyond_the_contract"),
        (ShowsItsToken, "test_secrets_are_never_shown"),
        (ChangesWhatIsNotOurs, "test_no_request_could_create_or_subscribe_anyone"),
        (TakesOpenSettings, "test_settings_refuse_what_they_do_not_know"),
        (CannotBeWorkedWith, "test_limits_can_be_worked_with"),
        (LosesLabelsWhenASetGrows, "test_a_new_segment_is_provisioned_without_losing_what_is_shown"),
        (ProvisionsNothing, "test_prepare_reads_only_and_provision_leaves_nothing_missing"),
        (ListsPeopleBeforeAnything, "test_nothing_is_labelled_before_anything_was_provisioned"),
        (ClearsNothing, "test_set_and_clear_show_at_once_and_give_one_outcome_each"),
    ],
)
def test_the_suite_catches(tmp_path, writer, test):
    bench = bench_of(writer, tmp_path)
    if test not in AS_IT_BEGINS:
        for target in ("field:suite", "list:suite.gold", "list:suite.silver"):
            bench.writer.provision([], target)

    with pytest.raises(AssertionError):
        getattr(WriterSuite(), test)(bench)


@pytest.mark.parametrize("writer", [LogsPeople, QuotesPeople])
def test_the_suite_catches_one_that_tells_of_people(tmp_path, writer, caplog):
    bench = bench_of(writer, tmp_path)
    for target in ("field:suite", "list:suite.gold"):
        bench.writer.provision([], target)

    with pytest.raises(AssertionError):
        WriterSuite().test_secrets_and_people_are_in_no_log_no_error_and_no_outcome(bench, caplog)


@pytest.mark.parametrize("writer", [SaysItWasRejected, TakesABrokenWriteForNoWrite])
def test_the_suite_catches_one_that_mistakes_a_refusal(tmp_path, writer):
    bench = bench_of(writer, tmp_path)

    with pytest.raises(AssertionError):
        WriterSuite().test_a_refusal_is_a_remote_error_of_its_kind(
            bench, 500, RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS
        )


def test_the_suite_catches_a_writer_that_adopts_what_is_not_ours(tmp_path):
    bench = bench_of(AdoptsForeignThings, tmp_path)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        WriterSuite().test_somebody_elses_field_or_list_is_refused_by_name(bench, "field:suite")


@pytest.mark.parametrize(
    "text",
    [
        "/crm/v3/objects/contacts/batch/upsert",
        "/communication-preferences/v3/subscribe",
        '{"status": "subscribed"}',
        '{"status_if_new":"pending"}',
        '{"properties": {"hs_email_optout": "false"}}',
        '{"properties": {"hs_email_optout_77": ""}}',
        '{"HasOptedOutOfEmail": false}',
        '{"hs_legal_basis": "Freely given consent from contact"}',
    ],
)
def test_what_subscribes_is_recognised(text):
    assert SUBSCRIBING.search(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"properties": ["hs_email_optout", "hs_email_optout_77"]}',
        '{"inputs": [{"id": "1", "properties": {"acme_rfm5": "", "acme_rfm5_since": "2026-06-15"}}]}',
        '["1", "2"]',
    ],
)
def test_what_reads_or_labels_is_not_taken_for_a_subscription(text):
    assert not SUBSCRIBING.search(text)


def bench_of(kind: type[MemoryWriter], folder: Path) -> WriterBench:
    transport = Transport("memory", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
    context = Context(connection="memory", clock=lambda: NOON, transport=transport, workspace=folder)
    writer = kind(Settings(token=SecretStr("s3cret-token")), context)
    return WriterBench(
        writer=writer,
        records=[RecordRef(object="person", id=str(n)) for n in range(4)],
        absent=RecordRef(object="person", id="99"),
        sent=lambda: writer._sent,
        count_people=lambda: len(writer._people),
        occupy=writer._foreign.add,
        secrets=["s3cret-token"],
        personal=["Ada Lovelace"],
        answer_with=lambda status: setattr(writer, "_status", status),
        not_ours=lambda: writer._theirs,
    )


def test_every_check_of_the_suite_is_proved_by_one_that_fails_it():
    checks = {name for name in vars(WriterSuite) if name.startswith("test_")}
    marks = [mark for mark in test_the_suite_catches.pytestmark if mark.name == "parametrize"]
    proved = {test for mark in marks for _, test in mark.args[1]}
    assert checks - proved == {
        "test_somebody_elses_field_or_list_is_refused_by_name",
        "test_a_refusal_is_a_remote_error_of_its_kind",
        "test_secrets_and_people_are_in_no_log_no_error_and_no_outcome",
    }  # each has a test of its own above
