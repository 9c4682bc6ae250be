"""Somebody else's connector that breaks its contract is told by name, and never by a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from consentric import (
    Account,
    Activity,
    Bookmark,
    Complete,
    ConsentEvent,
    Contact,
    Context,
    DataError,
    Deletion,
    GuardError,
    Merge,
    RecordRef,
    RemoteError,
    RemoteKind,
    Stream,
)
from consentric.app import breaches, plugin_watch
from consentric.app.guarded_connector import GuardedConnector
from consentric.sdk.transport import Transport

from .conftest import PretendConnector

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
PEOPLE = Stream(name="people", kind="contacts")
DEEDS = Stream(name="deeds", kind="activities")
ADDRESS = "ada@example.org"


def ref(number: int) -> RecordRef:
    return RecordRef(object="contact", id=str(number))


def contact(number: int = 1, **values: Any) -> Contact:
    return Contact(ref=ref(number), **values)


def order(**values: Any) -> Activity:
    return Activity(**{"record": ref(1), "key": "o1", "kind": "order", "at": NOON, **values})


def event(**values: Any) -> ConsentEvent:
    about = {"state": "granted", "purpose": "email_marketing", "channel": "email", "grade": "B"}
    return ConsentEvent(**{**about, **values})  # type: ignore[arg-type]


@pytest.fixture
def guarded(tmp_path: Path) -> Callable[..., GuardedConnector]:
    def make(*yielded: Any, **methods: Any) -> GuardedConnector:
        def read(self: Any, stream: Any, since: Any) -> Iterator[Any]:
            for one in yielded:
                if isinstance(one, BaseException):
                    raise one
                yield one

        kind = type("Theirs", (PretendConnector,), {"__module__": __name__, "read": read, **methods})
        transport = Transport("till", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
        context = Context(connection="till", clock=lambda: NOON, transport=transport, workspace=tmp_path)
        return GuardedConnector(kind, "acme", None, context)

    return make


def refusal(connector: GuardedConnector, stream: Stream = PEOPLE, since: Bookmark | None = None) -> str:
    """What is said of a read that must fail, after who and where."""
    with pytest.raises(DataError) as caught:
        list(connector.read(stream, since))
    assert (caught.value.code, caught.value.exit_code) == ("CS303", 3)
    assert caught.value.__context__ is None
    assert ADDRESS not in f"{caught.value.message}{caught.value.hint}{caught.value.happened}"
    who, _, what = caught.value.message.partition(f'stream "{stream.name}" ')
    assert who == 'connection "till": plugin "acme": '
    return what


def test_a_sound_read_passes_as_it_is(guarded: Callable[..., GuardedConnector]) -> None:
    records = [
        contact(1, email=ADDRESS, consents=(event(occurred_at=NOON),), created_at=NOON, country="FR"),
        contact(2, fields={"age": 40, "city": "Lyon", "vip": True, "gone": None}),
        Deletion(record=ref(3), at=NOON),
        Merge(loser=ref(4), winner=ref(1)),
        event(record=ref(1)),
        Bookmark(watermark="2026-06-15"),
        Complete(count=2),
    ]
    assert list(guarded(*records).read(PEOPLE, None)) == records
    orders = [order(amount=Decimal("-3.50"), currency="EUR"), Bookmark(watermark="1")]
    assert list(guarded(*orders).read(DEEDS, None)) == orders


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"email": ADDRESS}, "a dict, which is no record"),
        (None, "a NoneType, which is no record"),
        (contact(email=7), 'a Contact whose "email" is an int, no text'),
        (contact(email="ada\ud800@example.org"), 'a Contact whose "email" holds half a character'),
        (contact(created_at=NOON.replace(tzinfo=None)), 'a Contact whose "created_at" has no time zone'),
        (contact(created_at="2026-06-15"), 'a Contact whose "created_at" is no datetime'),
        (contact(birth_date=NOON), 'a Contact whose "birth_date" is no date'),
        (contact(country="france"), 'a Contact whose "country" is no ISO 3166-1 code'),
        (contact(fields={"city": [ADDRESS]}), 'a Contact whose "fields" holds something that is no text, nu'),
        (contact(fields=[ADDRESS]), 'a Contact whose "fields" is no mapping'),
        (contact(consents=[event()]), 'a Contact whose "consents" is no tuple'),
        (
            contact(consents=(event(state="yes"),)),
            'a Contact whose "consents" has one whose "state" is none of',
        ),
        (
            contact(consents=(event(purpose="*"),)),
            'a Contact whose "consents" has one for every purpose ("*")',
        ),
        (
            contact(consents=(event(record=ref(1)),)),
            'a Contact whose "consents" has one whose "record" is set',
        ),
        (Contact(ref=("contact", "1")), 'a Contact whose "ref" is no RecordRef'),
        (Contact(ref=RecordRef(object="contact", id=7)), 'a Contact whose "ref" has an id that is no text'),
        (
            Contact(ref=RecordRef(object="contact", id="1", partition="b")),
            'a Contact whose "ref" is of another',
        ),
        (order(), "an Activity in a stream of contacts"),
        (event(), "a ConsentEvent outside a contact that names no record"),
        (Merge(loser=ref(1), winner=ref(1)), "a Merge of a record with itself"),
        (Bookmark(watermark=NOON), 'a Bookmark whose "watermark" is no text'),
        (Complete(count="3"), 'a Complete whose "count" is no number of records'),
    ],
)
def test_a_record_of_a_wrong_type_is_named(
    guarded: Callable[..., GuardedConnector], record: Any, said: str
) -> None:
    assert refusal(guarded(contact(9), record)).startswith(f"yielded {said}")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amount": 3.5}, '"amount" is a float, no Decimal'),
        ({"amount": Decimal("NaN")}, '"amount" is no amount of money'),
        ({"amount": Decimal("1e13")}, '"amount" is no amount of money'),
        ({"currency": "euro"}, '"currency" is no ISO 4217 code of three capitals'),
        ({"at": NOON.replace(tzinfo=None)}, '"at" has no time zone'),
        ({"at": datetime.min.replace(tzinfo=UTC)}, '"at" lies outside all calendars'),
        ({"kind": "gift"}, '"kind" is none of order, refund'),
        ({"key": ""}, '"key" is empty'),
        ({"machine": "no"}, '"machine" is neither True nor False'),
    ],
)
def test_an_activity_of_a_wrong_type_is_named(
    guarded: Callable[..., GuardedConnector], values: dict[str, Any], said: str
) -> None:
    assert refusal(guarded(order(**values)), DEEDS).startswith(f"yielded an Activity whose {said}")


def test_a_contact_comes_once_in_a_whole_read(guarded: Callable[..., GuardedConnector]) -> None:
    twice = guarded(contact(1), contact(2), contact(1))
    assert refusal(twice) == "yielded a Contact twice in one whole read"
    assert len(list(twice.read(PEOPLE, Bookmark(watermark="1")))) == 3


def test_a_whole_read_that_does_not_count_right_proves_no_absence(
    guarded: Callable[..., GuardedConnector],
) -> None:
    assert refusal(guarded(contact(1), Complete(count=2))) == "yielded a Complete of 2 after 1 contacts"


def test_a_bookmark_never_goes_backwards(guarded: Callable[..., GuardedConnector]) -> None:
    said = "yielded a Bookmark that goes backwards"
    assert refusal(guarded(Bookmark(watermark="2"), Bookmark(watermark="1"))) == said
    assert refusal(guarded(Bookmark(watermark="1")), since=Bookmark(watermark="2")) == said


def test_what_it_raises_is_told_by_kind_and_place_and_never_in_its_words(
    guarded: Callable[..., GuardedConnector],
) -> None:
    said = refusal(guarded(contact(1), KeyError(ADDRESS)))
    assert said.startswith("raised KeyError (test_guarded_connector.py:")
    assert refusal(guarded(SystemExit(0))).startswith("raised SystemExit")


def test_a_method_that_gives_no_iterator_is_told(guarded: Callable[..., GuardedConnector]) -> None:
    assert refusal(guarded(read=lambda self, stream, since: None)).startswith("raised TypeError")


def test_its_own_errors_pass_and_one_that_would_end_the_run_ends_the_connection(
    guarded: Callable[..., GuardedConnector],
) -> None:
    with pytest.raises(RemoteError, match="closed"):
        list(guarded(RemoteError("closed", kind=RemoteKind.AUTH)).read(PEOPLE, None))
    with pytest.raises(DataError, match="not ours") as caught:
        list(guarded(GuardError("the bookmark is not ours", code="CS525")).read(PEOPLE, None))
    assert caught.value.code == "CS525"


def test_a_constructor_that_raises_fails_when_it_is_asked(guarded: Callable[..., GuardedConnector]) -> None:
    def explode(self: Any, settings: Any, context: Any) -> None:
        raise OSError(ADDRESS)

    connector = guarded(__init__=explode)
    with pytest.raises(DataError, match='plugin "acme": check raised OSError'):
        connector.check()
    connector.close()


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        ([PEOPLE, PEOPLE], "streams gave two streams of one name"),
        (["people"], "streams gave something that is no Stream"),
        ([Stream(name="x", kind="people")], "kind is none of contacts, activities, consents"),  # type: ignore[arg-type]
        (None, "streams raised TypeError"),
    ],
)
def test_streams_are_streams(guarded: Callable[..., GuardedConnector], streams: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        guarded(streams=lambda self: streams).streams()
    assert said in caught.value.message


def test_an_account_is_an_account(guarded: Callable[..., GuardedConnector]) -> None:
    assert guarded().check() == Account(id="4711", name="Acme prod")
    with pytest.raises(DataError, match="check gave a str, no Account"):
        guarded(check=lambda self: "4711").check()


def test_denials_are_looked_at_as_well(guarded: Callable[..., GuardedConnector]) -> None:
    assert list(guarded(contact(1), Bookmark(watermark="1")).read_denials(None)) == []  # it has no streams
    with pytest.raises(DataError, match="read_denials yielded a dict, which is no record"):
        list(guarded(read_denials=lambda self, since: iter([{}])).read_denials(None))


def test_a_close_that_raises_fails_nothing(guarded: Callable[..., GuardedConnector]) -> None:
    def explode(self: Any) -> None:
        raise RuntimeError

    connector = guarded(close=explode)
    connector.check()
    connector.close()


def test_a_plugin_that_hangs_is_stopped_and_named(
    guarded: Callable[..., GuardedConnector], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(self: Any, stream: Any, since: Any) -> Iterator[Any]:
        yield contact(1)
        while True:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001 - what is meant: it asks again for ever
                continue

    monkeypatch.setattr(plugin_watch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(breaches, "SILENCE_SECONDS", 0.03)
    said = refusal(guarded(read=hang))
    assert said.startswith("was stopped: it gave nothing for 0.0005 minutes (test_guarded_connector.py:")


def test_calls_of_the_transport_are_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls = [0.0], [0]
    monkeypatch.setattr(plugin_watch.time, "monotonic", lambda: now[0])
    wait = plugin_watch._Wait(10, lambda: calls[0])
    now[0], calls[0] = 11, 1
    assert not wait.is_overdue
    now[0] = 22
    assert wait.is_overdue
