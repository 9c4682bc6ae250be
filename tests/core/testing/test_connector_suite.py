"""The suite of connectors passes an honest connector and catches each kind of dishonest one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

import consentric.testing
from consentric import (
    Account,
    Activity,
    Bookmark,
    Complete,
    Connector,
    ConsentEvent,
    Contact,
    Context,
    Deletion,
    GuardError,
    Merge,
    RecordRef,
    RemoteError,
    RemoteKind,
    Stream,
)
from consentric.sdk.transport import Transport
from consentric.testing import ConnectorBench, ConnectorSuite

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
KINDS = {401: RemoteKind.AUTH, 429: RemoteKind.THROTTLED, 500: RemoteKind.TRANSIENT}
TOKEN = "s3cret-token"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: SecretStr


class Source:
    """Three people with the minute of their last change; what happened to whom, and an order of each."""

    def __init__(self) -> None:
        self.calls, self.status, self.minute = 0, 200, 5
        self.people = {f"p{n}": n for n in range(1, 4)}
        self.deleted: dict[str, int] = {}
        self.merged: dict[tuple[str, str], int] = {}

    def now(self) -> int:
        self.minute += 1
        return self.minute


def ref(id: str) -> RecordRef:
    return RecordRef(object="contact", id=id)


def mark(minute: int) -> Bookmark:
    return Bookmark(watermark=f"{minute:04}")


class Honest(Connector):
    """Reads a `Source`."""

    name: ClassVar[str] = "memory"
    settings_model: ClassVar[type[BaseModel]] = Settings
    source: Source

    def ask(self) -> None:
        self.source.calls += 1
        if self.source.status != 200:
            kind = KINDS.get(self.source.status, RemoteKind.FATAL)
            raise RemoteError("refused", kind=kind, account="memory", operation="people")

    def check(self) -> Account:
        self.ask()
        return Account(id="1", name="memory")

    def streams(self) -> list[Stream]:
        return [Stream(name="people", kind="contacts"), Stream(name="orders", kind="activities")]

    def contact(self, id: str) -> Contact:
        said = ConsentEvent(state="granted", purpose="email_marketing", channel="email", grade="B")
        return Contact(ref=ref(id), email=f"{id}@example.org", created_at=NOON, consents=(said,))

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Any]:
        self.ask()
        if since is not None and not (since.watermark.isdigit() and len(since.watermark) == 4):
            raise GuardError("the bookmark is not ours")
        after = int(since.watermark) if since is not None else 0
        if stream.kind == "activities":
            for id in self.source.people:
                yield Activity(record=ref(id), key=f"o-{id}", kind="order", at=NOON)
        else:
            yield from self.people(after)
            if since is None:
                yield Complete(count=len(self.source.people))
        yield mark(self.source.minute)

    def people(self, after: int) -> Iterator[Any]:
        for id, minute in self.source.people.items():
            if minute > after:
                yield self.contact(id)
        yield from (Deletion(record=ref(id)) for id, at in self.source.deleted.items() if at > after)
        yield from (
            Merge(loser=ref(a), winner=ref(b)) for (a, b), at in self.source.merged.items() if at > after
        )


def bench_of(kind: type[Honest], folder: Path) -> ConnectorBench:
    source = Source()
    transport = Transport("memory", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
    context = Context(connection="memory", clock=lambda: NOON, transport=transport, workspace=folder)
    connector = kind(kind.settings_model(token=SecretStr(TOKEN)), context)
    connector.source = source

    def change() -> RecordRef:
        source.people["p1"] = source.now()
        return ref("p1")

    def delete() -> RecordRef:
        del source.people["p2"]
        source.deleted["p2"] = source.now()
        return ref("p2")

    def merge() -> tuple[RecordRef, RecordRef]:
        del source.people["p2"]
        source.merged["p2", "p3"] = source.now()
        return ref("p2"), ref("p3")

    return ConnectorBench(
        connector=connector,
        personal=["Ada Lovelace", "p1@example.org", "p2@example.org", "p3@example.org"],
        secrets=[TOKEN],
        calls=lambda: source.calls,
        change=change,
        delete=delete,
        merge=merge,
        answer_with=lambda status: setattr(source, "status", status),
    )


class TestHonest(ConnectorSuite):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> ConnectorBench:
        return bench_of(Honest, tmp_path)


def reads(change: Callable[[list[Any], Any, Any], Any]) -> Any:
    """A `read` that does something to what an honest one gives: to records, connector and bookmark."""

    def read(self: Any, stream: Any, since: Any) -> Iterator[Any]:
        yield from change(list(Honest.read(self, stream, since)), self, since)

    return read


def replaced(**values: Any) -> Any:
    """A `read` whose contacts and activities have other values."""
    from dataclasses import replace

    return reads(
        lambda records, *_: [
            replace(r, **{k: v for k, v in values.items() if hasattr(r, k)}) for r in records
        ]
    )


def eager(self: Any, stream: Any, since: Any) -> Iterator[Any]:
    return iter(list(Honest.read(self, stream, since)))


def logs_people(records: list[Any], *_: Any) -> list[Any]:
    for record in records:
        logging.getLogger("memory").debug("read Ada Lovelace, %s", type(record).__name__)
    return records


def refuses_as(kind: RemoteKind) -> Any:
    def ask(self: Any) -> None:
        self.source.calls += 1
        if self.source.status != 200:
            raise RemoteError("refused", kind=kind, account="memory", operation="people")

    return ask


class OpenSettings(BaseModel):
    token: SecretStr


def without(kind: type, records: list[Any]) -> list[Any]:
    return [r for r in records if not isinstance(r, kind)]


PARIS = timezone(timedelta(hours=2))
TYPES = "test_every_record_is_one_of_the_contract_and_its_times_are_aware"
IDENTITY = "test_contacts_and_activities_have_an_identity_of_their_own"
WHOLE = "test_a_whole_read_says_so_with_the_right_number"
INCREMENT = "test_an_increment_holds_what_changed_and_not_everything"
SILENCE = "test_secrets_and_people_are_in_no_log_and_no_error"

DISHONEST: list[tuple[str, dict[str, Any], str]] = [
    ("asks before it is read", {"read": eager}, "test_nothing_is_asked_before_the_first_record_is_wanted"),
    (
        "asks for its streams",
        {"streams": lambda self: (self.ask(), Honest.streams(self))[1]},
        "test_streams_are_named_apart_and_touch_no_network",
    ),
    (
        "has two streams of one name",
        {"streams": lambda self: Honest.streams(self)[:1] * 2},
        "test_streams_are_named_apart_and_touch_no_network",
    ),
    (
        "does not know whom it reads",
        {"check": lambda self: Account(id="", name="")},
        "test_check_names_the_account_and_lacks_no_scope",
    ),
    ("yields a dict", {"read": reads(lambda records, *_: [{}, *records])}, TYPES),
    ("yields an address that is none", {"read": replaced(email=7)}, TYPES),
    ("yields a naive time", {"read": replaced(created_at=NOON.replace(tzinfo=None))}, TYPES),
    ("yields a local time", {"read": replaced(at=NOON.astimezone(PARIS))}, TYPES),
    ("yields a contact twice", {"read": reads(lambda records, *_: [records[0], *records])}, IDENTITY),
    ("yields an activity twice", {"read": replaced(key="same")}, IDENTITY),
    ("counts wrongly", {"read": replaced(count=7)}, WHOLE),
    ("never says that it read all", {"read": reads(lambda r, *_: without(Complete, r))}, WHOLE),
    ("leaves no bookmark", {"read": reads(lambda r, *_: without(Bookmark, r))}, WHOLE),
    ("goes backwards", {"read": reads(lambda r, *_: [*r, mark(0)])}, WHOLE),
    (
        "reads otherwise the second time",
        {"read": reads(lambda r, self, _: r[self.source.calls % 2 :])},
        "test_reading_twice_gives_the_same",
    ),
    (
        "reads fields that nobody named",
        {"read": replaced(fields={"religion": "x"})},
        "test_only_fields_that_the_configuration_names_are_read",
    ),
    ("ignores the bookmark", {"read": lambda self, s, since: Honest.read(self, s, None)}, INCREMENT),
    (
        "says that an increment is all",
        {"read": reads(lambda r, _, since: [*r, Complete(count=1)] if since else r)},
        INCREMENT,
    ),
    (
        "reads no denials",
        {"read_denials": lambda self, since: iter(())},
        "test_a_denial_is_found_from_the_same_bookmark",
    ),
    (
        "does not tell who is gone",
        {"read": reads(lambda r, *_: without(Deletion, r))},
        "test_a_deleted_contact_is_named",
    ),
    (
        "takes a merge for a deletion",
        {"read": reads(lambda r, *_: [Deletion(record=x.loser) if isinstance(x, Merge) else x for x in r])},
        "test_a_merged_contact_leads_to_its_survivor",
    ),
    ("logs people", {"read": reads(logs_people)}, SILENCE),
    ("shows its token", {"__repr__": lambda self: TOKEN}, SILENCE),
    (
        "takes settings it does not know",
        {"settings_model": OpenSettings},
        "test_settings_refuse_what_they_do_not_know",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "test"), [row[1:] for row in DISHONEST], ids=[row[0] for row in DISHONEST]
)
def test_the_suite_catches_one_that(
    tmp_path: Path, methods: dict[str, Any], test: str, caplog: pytest.LogCaptureFixture
) -> None:
    suite, bench = ConnectorSuite(), bench_of(type("Dishonest", (Honest,), methods), tmp_path)
    arguments = (bench, caplog) if test == SILENCE else (bench,)
    with pytest.raises(AssertionError):
        getattr(suite, test)(*arguments)


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
def test_the_suite_catches_one_that_mistakes_a_refusal(tmp_path: Path, status: int, kind: RemoteKind) -> None:
    bench = bench_of(type("Dishonest", (Honest,), {"ask": refuses_as(RemoteKind.FATAL)}), tmp_path)
    with pytest.raises(AssertionError):
        ConnectorSuite().test_a_refusal_is_a_remote_error_of_its_kind(bench, status, kind)


def test_the_suite_catches_one_that_takes_any_bookmark(tmp_path: Path) -> None:
    def read(self: Any, stream: Any, since: Any) -> Iterator[Any]:
        return Honest.read(self, stream, None)

    bench = bench_of(type("Dishonest", (Honest,), {"read": read}), tmp_path)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        ConnectorSuite().test_a_bookmark_from_the_future_or_of_another_is_refused(bench, "no bookmark")


def test_every_check_of_the_suite_is_proved_by_one_that_fails_it() -> None:
    checks = {name for name in vars(ConnectorSuite) if name.startswith("test_")}
    proved = {test for _, _, test in DISHONEST} | {
        "test_a_refusal_is_a_remote_error_of_its_kind",
        "test_a_bookmark_from_the_future_or_of_another_is_refused",
    }
    assert checks == proved


def test_authors_see_the_values_of_an_assertion_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pytest, "register_assert_rewrite", lambda *names: asked.extend(names))
    assert consentric.testing.WriterSuite.__name__ == "WriterSuite"
    assert asked == ["consentric.testing.connector_suite", "consentric.testing.writer_suite"]
