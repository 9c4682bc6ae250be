"""Sends changes in collections and says of each what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from consentric import Change, Outcome, RemoteError, RemoteKind
from consentric_salesforce.vendor_codes import GONE, LATER, row_code

from .labels import FieldLabel
from .office import Office

_DUPLICATE = "DUPLICATE_VALUE"
Group = list[Change]
Send = Callable[[Sequence[Group]], list[Any]]


def update_fields(
    office: Office,
    fields: Mapping[str, FieldLabel],
    changes: Sequence[Change],
    *,
    recheck: Callable[[], None],
) -> Iterator[Outcome]:
    """One collection by record id; changes of several sets to one record travel as one row.

    Args:
        recheck: Called when every row was refused, which no single bad record explains; raises when the
            fault lies with the destination.

    Raises:
        RemoteError: When nothing of it is known to be written.
    """

    def send(groups: Sequence[Group]) -> list[Any]:
        return office.update([_row(fields, group) for group in groups])

    by_record: dict[tuple[str, str], Group] = {}
    # A collection that changes its type more than ten times is refused, so contacts come before leads.
    for change in sorted(changes, key=lambda change: change.record.object):
        by_record.setdefault((change.record.object, change.record.id), []).append(change)
    groups = list(by_record.values())
    found = list(_carried_out(send, groups, recheck=recheck))
    if len(groups) > 1 and all(outcome.state == "rejected" for outcome in found):
        recheck()
    refused = {outcome.op for outcome in found if outcome.state == "rejected"}
    # One bad field refuses the row; each set of such a record gets a chance of its own.
    again = [[change] for group in groups if len(group) > 1 and group[0].op in refused for change in group]
    alone = list(_rest(send, again))
    yield from alone
    yield from (outcome for outcome in found if outcome.op not in {one.op for one in alone})


def add_members(office: Office, campaign: str, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Puts people on a campaign; who is on it stays, since a second membership would be refused.

    Raises:
        RemoteError: When nothing of it is known to be written.
    """
    records = [change.record for change in changes]
    there = {one.record for one in office.memberships([campaign], records)}
    yield from _done(change for change in changes if change.record in there)
    wanted = [[change] for change in changes if change.record not in there]

    def send(groups: Sequence[Group]) -> list[Any]:
        return office.add_members([(campaign, group[0].record) for group in groups])

    for outcome in _carried_out(send, wanted, recheck=_nothing):
        # Somebody else put them on in between.
        is_on = outcome.vendor_code == _DUPLICATE
        yield Outcome(op=outcome.op, state="done") if is_on else outcome


def remove_members(office: Office, campaign: str, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Takes people off a campaign by the ids of their memberships; who is not on it is done already.

    Raises:
        RemoteError: When nothing of it is known to be written.
    """
    records = [change.record for change in changes]
    ids = {one.record: one.id for one in office.memberships([campaign], records)}
    yield from _done(change for change in changes if change.record not in ids)
    wanted = [[change] for change in changes if change.record in ids]

    def send(groups: Sequence[Group]) -> list[Any]:
        return office.remove_members([ids[group[0].record] for group in groups])

    for outcome in _carried_out(send, wanted, recheck=_nothing):
        # Somebody else took them off in between.
        is_off = outcome.state == "gone"
        yield Outcome(op=outcome.op, state="done") if is_off else outcome


def _carried_out(send: Send, groups: Sequence[Group], *, recheck: Callable[[], None]) -> Iterator[Outcome]:
    """Sends rows; a request that is refused as a whole is halved until the bad row stands alone."""
    if not groups:
        return
    try:
        answer = send(groups)
    except RemoteError as error:
        if error.kind is not RemoteKind.REJECTED:
            raise
        recheck()
        if len(groups) == 1:
            yield from _each(groups[0], "rejected", error.vendor_code)
            return
        middle = len(groups) // 2
        yield from _carried_out(send, groups[:middle], recheck=_nothing)
        yield from _rest(send, groups[middle:])
        return
    for place, group in enumerate(groups):
        yield from _outcomes(group, answer[place] if place < len(answer) else None)


def _rest(send: Send, groups: Sequence[Group]) -> Iterator[Outcome]:
    """The second half: the first may have been written, so nothing can be raised any more."""
    try:
        yield from list(_carried_out(send, groups, recheck=_nothing))
    except RemoteError as error:
        state = "ambiguous" if error.kind is RemoteKind.AMBIGUOUS else "retry"
        for group in groups:
            yield from _each(group, state, error.vendor_code)


def _outcomes(group: Group, row: Any) -> Iterator[Outcome]:
    if not isinstance(row, dict) or not isinstance(row.get("success"), bool):
        # The answer was cut short. Only a read-back can tell.
        return _each(group, "ambiguous", "no_row")
    code = row_code(row.get("errors"))
    if row["success"]:
        return _done(group)
    return _each(group, "gone" if code in GONE else "retry" if code in LATER else "rejected", code)


def _each(group: Sequence[Change], state: Any, code: str) -> Iterator[Outcome]:
    return (Outcome(op=change.op, state=state, vendor_code=code, message=code) for change in group)


def _done(changes: Any) -> Iterator[Outcome]:
    return (Outcome(op=change.op, state="done") for change in changes)


def _row(fields: Mapping[str, FieldLabel], group: Group) -> dict[str, Any]:
    record = group[0].record
    row: dict[str, Any] = {"attributes": {"type": record.object}, "id": record.id}
    for change in group:
        row.update(fields[change.target].values(change))
    return row


def _nothing() -> None:
    """A campaign that is gone refuses each row by itself."""
