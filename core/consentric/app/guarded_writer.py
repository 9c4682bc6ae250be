"""A writer of somebody else's, held to its contract: what it breaks ends its destination alone, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from consentric.sdk.contracts import (
    Accepted,
    Change,
    Context,
    LabelSet,
    Limits,
    Need,
    Outcome,
    Provision,
    Shown,
    Writer,
)
from consentric.sdk.errors import ConsentricError, RemoteError
from consentric.sdk.records import RecordRef
from consentric_privacy.redaction import redact

from .breaches import Asked, Breach, Guarded, each

T = TypeVar("T")
_STATES = frozenset({"done", "rejected", "gone", "ambiguous", "retry"})


class GuardedWriter(Guarded[Writer], Writer):
    """Passes on what the plugin says as long as it keeps the contract.

    Whatever goes wrong where something may have been written is AMBIGUOUS: the engine reads back.
    """

    def __init__(self, kind: type[Writer], plugin: str, settings: Any, context: Context) -> None:
        super().__init__(settings, context)
        self.has_fields = kind.has_fields  # type: ignore[misc]
        self._kind = kind
        self._asked = Asked(plugin=plugin, module=kind.__module__, context=context)

    @cached_property
    def limits(self) -> Limits:
        """Its limits; each at least one."""
        found = self._answer("limits", lambda: self._inner.limits)
        if not isinstance(found, Limits) or not _is_workable(found):
            raise self._asked.fatal("limits", "cannot be worked with: each must be positive")
        return found

    def prepare(self, labels: Sequence[LabelSet]) -> Sequence[Provision]:
        """What is missing."""
        found = self._answer("prepare", lambda: tuple(self._inner.prepare(labels)))
        for one in found:
            if not isinstance(one, Provision) or not _are_texts(one.target, one.description):
                raise self._asked.fatal("prepare", "gave something that is no Provision")
        return found

    def needs(self, labels: Sequence[LabelSet]) -> Sequence[Need]:
        """What the labels rest on."""
        found = self._answer("needs", lambda: tuple(self._inner.needs(labels)))
        for one in found:
            is_need = isinstance(one, Need) and one.state in ("there", "missing", "unknown")
            if not is_need or not _are_texts(one.target, one.kind, one.name, one.definition, one.remedy):
                raise self._asked.fatal("needs", "gave something that is no Need")
        return found

    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Creates one thing."""
        self._answer("provision", lambda: self._inner.provision(labels, target), self._asked.ambiguous)

    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """What the CRM shows for these records."""
        yield from self._shown("current", lambda: self._inner.current(labels, records))

    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Every record with a label of ours."""
        yield from self._shown("labelled", lambda: self._inner.labelled(labels))

    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome | Accepted]:
        """Sends changes; an outcome of nothing that was asked, or a second one, is none."""
        open_ops = {change.op for change in changes}
        send = self._items("apply", lambda: self._inner.apply(labels, changes), self._asked.ambiguous)
        for one in send:
            if isinstance(one, Accepted) and _are_texts(one.job):
                yield one
                continue
            outcome = self._outcome("apply", one, open_ops)
            open_ops.discard(outcome.op)
            yield outcome

    def collect(self, job: str) -> Iterator[Outcome]:
        """Outcomes of a job."""
        for one in self._items("collect", lambda: self._inner.collect(job), self._asked.fatal):
            yield self._outcome("collect", one)

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
        """Texts that change with consent."""
        found = self._answer(
            "consent_fingerprint", lambda: dict(self._inner.consent_fingerprint(records)).items()
        )
        if not all(isinstance(ref, RecordRef) and isinstance(text, str) for ref, text in found):
            raise self._asked.fatal("consent_fingerprint", "gave something that is no text for a record")
        return dict(found)

    def _shown(self, told: str, ask: Callable[[], Iterator[Shown]]) -> Iterator[Shown]:
        for one in self._items(told, ask, self._asked.fatal):
            is_shown = isinstance(one, Shown) and isinstance(one.record, RecordRef)
            if not is_shown or not _are_texts(one.target, one.value):
                raise self._asked.fatal(told, f"yielded a {type(one).__name__} that says nothing of a record")
            yield one

    def _outcome(self, told: str, one: Any, open_ops: Collection[int] | None = None) -> Outcome:
        if not isinstance(one, Outcome) or one.state not in _STATES:
            raise self._asked.ambiguous(told, f"yielded a {type(one).__name__} that is no Outcome")
        if open_ops is not None and one.op not in open_ops:
            raise self._asked.ambiguous(told, "yielded an Outcome of nothing that was asked, or a second one")
        if not _are_texts(one.vendor_code, one.message):
            raise self._asked.ambiguous(told, "yielded an Outcome whose words are no text")
        # Both are kept for `runs errors`, and an author may have put a vendor's whole answer there.
        return replace(one, vendor_code=redact(one.vendor_code), message=redact(one.message))

    def _items(self, told: str, begin: Callable[[], Iterator[Any]], breach: Breach) -> Iterator[Any]:
        return each(begin, lambda ask: self._answer(told, ask, breach))

    def _answer(self, told: str, ask: Callable[[], T], breach: Breach | None = None) -> T:
        breach = breach or self._asked.fatal
        try:
            return self._asked.answer(told, ask, breach)
        except RemoteError:
            raise
        except ConsentricError as error:
            name = type(error).__name__
        raise breach(told, f"raised {name}; a writer says what is wrong with RemoteError")


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_workable(limits: Limits) -> bool:
    counts = (limits.batch_size, limits.list_batch_size, limits.calls_per_day)
    return all(isinstance(count, int) and count >= 1 for count in counts) and limits.calls_per_second > 0
