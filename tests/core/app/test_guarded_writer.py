"""Somebody else's writer that breaks its contract is told by name; what may be written is read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric import (
    Accepted,
    Change,
    ConfigError,
    Context,
    LabelSet,
    Limits,
    Outcome,
    Provision,
    RecordRef,
    RemoteError,
    RemoteKind,
    Shown,
    Writer,
)
from consentric.app.guarded_writer import GuardedWriter
from consentric.sdk.transport import Transport

from .conftest import PretendSettings

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
REF = RecordRef(object="contact", id="1")
LABELS: list[LabelSet] = []
CHANGES = [Change(op=op, record=REF, verb="set", target="field:rfm", new="gold") for op in (1, 2)]


class Sound(Writer):
    """Keeps its contract."""

    name = "till"
    settings_model = PretendSettings

    @property
    def limits(self) -> Limits:
        return Limits(batch_size=10, list_batch_size=10, calls_per_second=1, calls_per_day=10)

    def prepare(self, labels: Any) -> Any:
        return [Provision(target="field:rfm", description="a field")]

    def provision(self, labels: Any, target: str) -> None:
        return None

    def current(self, labels: Any, records: Any) -> Any:
        return (Shown(record=record, target="field:rfm", value="") for record in records)

    def labelled(self, labels: Any) -> Any:
        return iter([Shown(record=REF, target="field:rfm", value="gold")])

    def apply(self, labels: Any, changes: Any) -> Any:
        yield from (Outcome(op=change.op, state="done") for change in changes)


@pytest.fixture
def guarded(tmp_path: Path) -> Callable[..., GuardedWriter]:
    def make(**methods: Any) -> GuardedWriter:
        transport = Transport("till", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
        context = Context(connection="till", clock=lambda: NOON, transport=transport, workspace=tmp_path)
        return GuardedWriter(
            type("Theirs", (Sound,), {"__module__": __name__, **methods}), "acme", None, context
        )

    return make


def gives(*items: Any) -> Callable[..., Any]:
    return lambda self, *arguments: iter(items)


def explode(self: Any, *arguments: Any) -> Any:
    raise KeyError("ada@example.org")


ASK: dict[str, Callable[[Writer], Any]] = {
    "limits": lambda writer: writer.limits,
    "prepare": lambda writer: writer.prepare(LABELS),
    "needs": lambda writer: writer.needs(LABELS),
    "provision": lambda writer: writer.provision(LABELS, "field:rfm"),
    "current": lambda writer: list(writer.current(LABELS, [REF])),
    "labelled": lambda writer: list(writer.labelled(LABELS)),
    "apply": lambda writer: list(writer.apply(LABELS, CHANGES)),
    "collect": lambda writer: list(writer.collect("j1")),
    "consent_fingerprint": lambda writer: writer.consent_fingerprint([REF]),
}
MAY_HAVE_WRITTEN = ("provision", "apply")


def test_a_sound_writer_passes_as_it_is(guarded: Callable[..., GuardedWriter]) -> None:
    writer = guarded(collect=gives(Outcome(op=1, state="done")))
    assert [outcome.state for outcome in ASK["apply"](writer)] == ["done", "done"]
    assert ASK["collect"](writer) == [Outcome(op=1, state="done")]
    assert ASK["prepare"](writer) == (Provision(target="field:rfm", description="a field"),)
    assert ASK["current"](writer) == [Shown(record=REF, target="field:rfm", value="")]
    assert ASK["labelled"](writer) == [Shown(record=REF, target="field:rfm", value="gold")]
    assert ASK["consent_fingerprint"](writer) == {}
    assert list(guarded(apply=gives(Accepted(job="j1"))).apply(LABELS, CHANGES)) == [Accepted(job="j1")]


@pytest.mark.parametrize("method", ASK)
def test_what_it_raises_is_told_by_kind_and_place(guarded: Callable[..., GuardedWriter], method: str) -> None:
    writer = guarded(**{method: property(explode) if method == "limits" else explode})
    with pytest.raises(RemoteError) as caught:
        ASK[method](writer)
    assert caught.value.message.startswith(
        f'connection "till": plugin "acme": {method} raised KeyError (test_g'
    )
    expected = RemoteKind.AMBIGUOUS if method in MAY_HAVE_WRITTEN else RemoteKind.FATAL
    assert (caught.value.kind, caught.value.code) == (expected, "CS109")


@pytest.mark.parametrize(
    ("method", "item", "said"),
    [
        ("prepare", "field:rfm", "prepare gave something that is no Provision"),
        ("needs", "scope", "needs gave something that is no Need"),
        ("current", {"id": "1"}, "current yielded a dict that says nothing of a record"),
        ("labelled", Shown(record=REF, target="field:rfm", value=None), "labelled yielded a Shown that says"),
        ("apply", "done", "apply yielded a str that is no Outcome"),
        ("apply", Outcome(op=1, state="ok"), "apply yielded a Outcome that is no Outcome"),  # type: ignore[arg-type]
        ("apply", Outcome(op=7, state="done"), "apply yielded an Outcome of nothing that was asked"),
        ("apply", Outcome(op=1, state="rejected", message=b"no"), "an Outcome whose words are no text"),  # type: ignore[arg-type]
        ("collect", None, "collect yielded a NoneType that is no Outcome"),
    ],
)
def test_a_wrong_type_is_named(
    guarded: Callable[..., GuardedWriter], method: str, item: Any, said: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        ASK[method](guarded(**{method: gives(item)}))
    assert said in caught.value.message


def test_one_change_has_one_outcome(guarded: Callable[..., GuardedWriter]) -> None:
    done = Outcome(op=1, state="done")
    found = guarded(apply=gives(done, done)).apply(LABELS, CHANGES)
    assert next(found) == done
    with pytest.raises(RemoteError, match="or a second one") as caught:
        next(found)
    assert caught.value.kind is RemoteKind.AMBIGUOUS


def test_an_answer_of_the_vendor_is_kept_without_addresses(guarded: Callable[..., GuardedWriter]) -> None:
    told = Outcome(op=1, state="rejected", vendor_code="BAD", message="ada@example.org is blocked")
    [outcome] = guarded(apply=gives(told)).apply(LABELS, CHANGES)
    assert (outcome.vendor_code, outcome.message) == ("BAD", "<e-mail> is blocked")


def test_limits_that_nobody_can_work_with_are_refused(guarded: Callable[..., GuardedWriter]) -> None:
    none = Limits(batch_size=0, list_batch_size=10, calls_per_second=1, calls_per_day=10)
    with pytest.raises(RemoteError, match="limits cannot be worked with"):
        _ = guarded(limits=none).limits


def test_a_writer_says_what_is_wrong_with_one_kind_of_error(guarded: Callable[..., GuardedWriter]) -> None:
    def refuse(self: Any, labels: Any) -> Any:
        raise ConfigError("the field is taken")

    with pytest.raises(RemoteError, match="prepare raised ConfigError; a writer says"):
        guarded(prepare=refuse).prepare(LABELS)
