"""Sends changes in batches and says of each what became of it, however HubSpot answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

from consentric import Change, Outcome, RemoteError, RemoteKind
from consentric_hubspot.failures import partial_errors

from .labels import FieldLabel, ListLabel
from .portal import Portal

_GONE = frozenset({"OBJECT_NOT_FOUND", "NOT_FOUND"})
_LATER = frozenset({"RATE_LIMITS", "RATE_LIMIT", "LOCKED", "INTERNAL_ERROR"})


class Isolation:
    """Sends a batch; one that is refused as a whole is halved until the offending change stands alone.

    A bad change among n costs at most 2*log2(n) more calls. Where the first half passes, the second must
    hold the fault and is halved without being sent.

    Args:
        send: Sends changes and gives their outcomes; raises when all of them are refused.
        recheck: Called once when both halves or all of several changes are refused, which no single bad
            change explains; raises when the fault lies with the destination and not with the changes.
    """

    def __init__(
        self, send: Callable[[Sequence[Change]], list[Outcome]], *, recheck: Callable[[], None]
    ) -> None:
        self._send = send
        self._recheck = recheck
        self._is_rechecked = False

    def outcomes(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """One outcome per change.

        Raises:
            RemoteError: When the batch failed as a whole and not for a change in it.
        """
        try:
            found = self._send(changes)
        except RemoteError as error:
            if error.kind is not RemoteKind.REJECTED:
                raise
            if len(changes) == 1:
                found = [refused(changes[0], error)]
            else:
                yield from self._halved(changes)
                return
        if len(found) > 1 and all(outcome.state == "rejected" for outcome in found):
            self._ask_destination()
        yield from found

    def _ask_destination(self) -> None:
        if not self._is_rechecked:
            self._is_rechecked = True
            self._recheck()

    def _halved(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        middle = len(changes) // 2
        first, second = changes[:middle], changes[middle:]
        bad: list[Sequence[Change]] = []
        has_passed = yield from self._half(first, bad)
        if has_passed and len(second) > 1:
            bad.append(second)
        else:
            yield from self._half(second, bad)
        if len(bad) == 2 and not has_passed:
            self._ask_destination()
        for half in bad:
            yield from self._halved(half)

    def _half(self, half: Sequence[Change], bad: list[Sequence[Change]]) -> Generator[Outcome, None, bool]:
        try:
            found = self._send(half)
        except RemoteError as error:
            if error.kind is not RemoteKind.REJECTED:
                yield from unsent(half, error)
            elif len(half) == 1:
                yield refused(half[0], error)
            else:
                bad.append(half)
            return False
        yield from found
        return True


def refused(change: Change, error: RemoteError) -> Outcome:
    """The outcome of a change that HubSpot refused when it stood alone."""
    return Outcome(
        op=change.op,
        state="gone" if error.status == 404 else "rejected",
        vendor_code=error.vendor_code,
        message=f"{error.status or ''} {error.vendor_code}".strip(),
    )


def unsent(changes: Iterable[Change], error: RemoteError) -> Iterator[Outcome]:
    """Outcomes of the rest of a batch whose other part was written already, so nothing can be raised."""
    for change in changes:
        yield Outcome(
            op=change.op,
            state="ambiguous" if error.kind is RemoteKind.AMBIGUOUS else "retry",
            vendor_code=error.vendor_code,
            message=error.kind.value,
        )


def update_fields(
    portal: Portal, fields: Mapping[str, FieldLabel], changes: Sequence[Change]
) -> list[Outcome]:
    """One batch update by record id. Changes of several sets to one record travel as one input.

    Raises:
        RemoteError: When HubSpot refused or did not answer the batch as a whole.
    """
    by_record = _by_record(changes)
    # With a trace id on every row HubSpot refuses bad rows alone and not the batch ("Error handling").
    answer = portal.update_contacts(
        [
            {
                "id": id,
                "objectWriteTraceId": id,
                "properties": _merged(fields[change.target].properties(change) for change in group),
            }
            for id, group in by_record.items()
        ]
    )
    written = {str(row.get("id")) for row in answer.get("results") or () if isinstance(row, dict)}
    errors = partial_errors(answer)
    failed = {id: error.code for error in errors for id in error.ids}
    silent = [id for id in by_record if id not in written and id not in failed]
    nameless = [error.code for error in errors if not error.ids]
    if nameless and len(nameless) == len(silent):
        failed.update(zip(silent, nameless, strict=True))
    found: list[Outcome] = []
    for id, group in by_record.items():
        if id in failed and len(group) > 1:
            found += [one for change in group for one in _alone(portal, fields, change)]
        else:
            found += [_row_outcome(change, id in written, failed.get(id)) for change in group]
    return found


def change_members(portal: Portal, label: ListLabel, changes: Sequence[Change]) -> list[Outcome]:
    """One call that adds records to a list or removes them; who is in, or out, already stays so.

    Raises:
        RemoteError: When HubSpot refused or did not answer the call; FATAL when the list is gone, since
            an unknown record is no refusal here but stands in `recordIdsMissing`.
    """
    route = "list.add" if changes[0].verb == "add" else "list.remove"
    by_record = _by_record(changes)
    try:
        answer = portal.change_members(route, portal.list_id(label.name), list(by_record))
    except RemoteError as error:
        if error.status != 404:
            raise
        portal.forget()
        raise list_is_gone(label.target) from None
    unknown = {str(id) for id in answer.get("recordIdsMissing") or ()}
    return [
        Outcome(op=change.op, state="gone", vendor_code="recordIdsMissing")
        if change.record.id in unknown
        else Outcome(op=change.op, state="done")
        for change in changes
    ]


def list_is_gone(target: str) -> RemoteError:
    """The error for a list that somebody deleted."""
    return RemoteError(
        f"HubSpot has no list for {target} any more",
        kind=RemoteKind.FATAL,
        operation="list.members",
        hint="plan again: the plan will create it",
        code="CS106",
    )


def _alone(portal: Portal, fields: Mapping[str, FieldLabel], change: Change) -> list[Outcome]:
    try:
        return update_fields(portal, fields, [change])
    except RemoteError as error:
        if error.kind is RemoteKind.REJECTED:
            return [refused(change, error)]
        return list(unsent([change], error))


def _row_outcome(change: Change, is_written: bool, code: str | None) -> Outcome:
    if code is not None:
        return Outcome(
            op=change.op,
            state="gone" if code in _GONE else "retry" if code in _LATER else "rejected",
            vendor_code=code,
            message=code,
        )
    if is_written:
        return Outcome(op=change.op, state="done")
    # Neither written nor failed: merged away, or an answer cut short. Only a read-back can tell.
    return Outcome(op=change.op, state="ambiguous", vendor_code="no_row", message="not in the answer")


def _by_record(changes: Sequence[Change]) -> dict[str, list[Change]]:
    # HubSpot refuses a batch that names a record twice.
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.record.id, []).append(change)
    return found


def _merged(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        found.update(part)
    return found
