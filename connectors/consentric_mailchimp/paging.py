"""Reading all members, or all changed ones, past an offset that shifts while people come and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from math import ceil

from .client import PAGE, MailchimpClient, fields_of
from .values import Row, instant, shown

LIVE_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
STATUSES = (*LIVE_STATUSES, "archived")
"""Each is asked for by name: what a list without `status` leaves out is documented nowhere."""
_PATH = "/lists/{list}/members"
_SECOND = timedelta(seconds=1)

_State = tuple[str, str, str]
"""Contact, status, last change: a member seen once in each of these."""


class Enumeration:
    """The members of one audience, status by status, oldest change first.

    A page begins at the last change seen and not at an offset: who changes meanwhile moves to the end, and
    with offsets everybody behind them would move up by one, over the edge of the page.

    Args:
        client: Asks.
        list_id: The audience.
        fields: Members of a member to ask for.
        start: Only those changed since then; None for everybody.
    """

    def __init__(
        self, client: MailchimpClient, list_id: str, fields: Sequence[str], *, start: datetime | None
    ) -> None:
        self.is_restless = False
        """Whether the last passes still differed."""
        self._client = client
        self._parts = {"list": list_id}
        self._fields = fields_of("members", "contact_id", "status", "last_changed", *fields)
        self._start = start
        self._recent: set[_State] = set()
        # Numbers and not texts: a third of the memory for an audience of a million.
        self._live: set[int] = set()
        self._archived: set[int] = set()

    @property
    def live(self) -> int:
        """How many different members were seen, archived ones left out."""
        return len(self._live)

    def members(self, *, recent: datetime, rounds: int) -> Iterator[Row]:
        """Every member once; again if it changed meanwhile.

        What changed since `recent` is read again until a pass finds nothing new.
        """
        for row in self._pass(self._start):
            at = instant(row.get("last_changed"))
            if at is None or at >= recent:
                self._recent.add(_state(row))
            self._note(row)
            yield row
        again = recent if self._start is None else max(recent, self._start)
        for _ in range(rounds):
            news = 0
            for row in self._pass(again):
                at = instant(row.get("last_changed"))
                if _state(row) in self._recent or (at is not None and at < again):
                    continue
                news += 1
                self._recent.add(_state(row))
                self._note(row)
                yield row
            if not news:
                return
        self.is_restless = True

    def shortfall(self) -> str | None:
        """Why not everybody was seen, None when all were; the totals are asked for now."""
        since = None if self._start is None else shown(self._start)
        total = 0
        for status in STATUSES:
            total += self._total(status, since)
        seen = len(self._live | self._archived)
        return None if total <= seen else f"Mailchimp listed {seen} of {total} members"

    def _total(self, status: str, since: str | None) -> int:
        query = {"status": status, "since_last_changed": since, "count": 1, "fields": "total_items"}
        return self._client.page(_PATH, "members.list", "", parts=self._parts, query=query)[1]

    def _note(self, row: Row) -> None:
        number = hash(row["contact_id"])
        here, there = self._live, self._archived
        if row.get("status") == "archived":
            here, there = there, here
        here.add(number)
        there.discard(number)

    def _pass(self, since: datetime | None) -> Iterator[Row]:
        shares = self._shares()
        for status in STATUSES:
            yield from islice(self._of_status(status, since), shares.get(status))

    def _shares(self) -> Mapping[str, int]:
        """In a preview, how many of each status: as many noes as there are, not none behind the first yes."""
        sample = self._client.context.preview_people
        if sample is None:
            return {}
        totals = {status: self._total(status, None) for status in STATUSES}
        part = sample / len(self._client.settings.audiences) / max(1, sum(totals.values()))
        return {status: ceil(total * part) for status, total in totals.items()}

    def _of_status(self, status: str, since: datetime | None) -> Iterator[Row]:
        low, offset = since, 0
        edge: set[_State] = set()
        while True:
            rows, total = self._page(status, low, offset)
            named = [row for row in rows if row.get("contact_id")]
            yield from (row for row in named if _state(row) not in edge)
            edge.update(map(_state, named))
            offset += len(rows)
            if not rows or offset >= total:
                return
            # Bounds are told in whole seconds, and whether the bound itself is in is documented nowhere.
            last = instant(rows[-1].get("last_changed"))
            following = None if last is None else last - _SECOND
            if following is not None and (low is None or following > low):
                low, offset = following, 0
                edge = {state for state in edge if _changed_since(state, following)}

    def _page(self, status: str, low: datetime | None, offset: int) -> tuple[list[Row], int]:
        query = {
            "status": status,
            "since_last_changed": None if low is None else shown(low),
            "sort_field": "last_changed",
            "sort_dir": "ASC",
            "count": PAGE,
            "offset": offset,
            "fields": self._fields,
        }
        return self._client.page(_PATH, "members.list", "members", parts=self._parts, query=query)


def _state(row: Row) -> _State:
    return (str(row["contact_id"]), str(row.get("status")), str(row.get("last_changed")))


def _changed_since(state: _State, moment: datetime) -> bool:
    at = instant(state[2])
    return at is None or at >= moment
