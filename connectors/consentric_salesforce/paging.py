"""All rows of a query in the order in which they changed: by REST, or by a Bulk job when there are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind

from .bulk import bulk_pages
from .client import SalesforceClient
from .schema import STAMP
from .soql import IDS, select
from .values import Row, flat, instant

_CURSOR_LOST = "INVALID_QUERY_LOCATOR"
"""Salesforce keeps ten cursors of a user, for two days; who else works as that user pushes ours out."""
_NOT_IN_BULK = frozenset({"INVALIDENTITY", "API_ERROR", "FUNCTIONALITY_NOT_ENABLED", "INVALID_TYPE"})
IN_ORDER = f"{STAMP}, Id"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    rows: list[Row]
    total: int
    more: str


class Rows:
    """The rows of one query; ask for `pages()` once.

    Args:
        entity: Name of the object.
        fields: What is asked for; the id and the time of the last change come anyway.
        condition: Template of `soql.select` for the values.
        with_deleted: Also rows that were deleted or merged away, and archived tasks and events.
    """

    def __init__(
        self,
        client: SalesforceClient,
        entity: str,
        fields: Sequence[str],
        condition: str = "",
        *values: object,
        with_deleted: bool = False,
    ) -> None:
        self.total = 0
        """How many rows the first answer promised."""
        self.seen = 0
        self._client = client
        self._entity = entity
        self._fields = ("Id", STAMP, *fields)
        self._condition = condition
        self._values = values
        self._with_deleted = with_deleted
        self._is_resumed = False

    def pages(self) -> Iterator[list[Row]]:
        """Pages of rows by time of their last change.

        Raises:
            RemoteError: Of any kind; what came before it is in order.
        """
        first = self._first(self._condition, self._values)
        self.total = first.total
        is_many = self.total > self._client.settings.bulk_from_rows
        if is_many and self._client.context.preview_people is None:
            try:
                yield from self._counted(self._by_bulk())
                return
            except RemoteError as error:
                # Some objects have no bulk query; nothing was yielded when the job is refused.
                if error.vendor_code not in _NOT_IN_BULK or self.seen:
                    raise
        yield from self._counted(self._by_cursor(first))

    def shortfall(self) -> str | None:
        """Why these were not all rows, None when they were."""
        if self._is_resumed:
            return f"Salesforce lost its place among the {self._entity} rows; they could not be counted"
        if self.seen < self.total:
            return f"Salesforce gave {self.seen} of {self.total} rows of {self._entity}"
        return None

    def _counted(self, pages: Iterator[list[Row]]) -> Iterator[list[Row]]:
        for page in pages:
            self.seen += len(page)
            if page:
                yield page

    def _by_bulk(self) -> Iterator[list[Row]]:
        soql = select(self._entity, self._fields, self._condition, *self._values, order=IN_ORDER)
        return bulk_pages(self._client, self._entity, soql, with_deleted=self._with_deleted)

    def _by_cursor(self, page: _Page) -> Iterator[list[Row]]:
        last, at_last = "", frozenset[str]()
        while True:
            fresh = [row for row in page.rows if row[STAMP] != last or row["Id"] not in at_last]
            if fresh:
                moved = str(fresh[-1][STAMP])
                ids = frozenset(str(row["Id"]) for row in fresh if row[STAMP] == moved)
                last, at_last = moved, ids if moved != last else at_last | ids
            yield fresh
            if not page.more:
                return
            asked = page.more
            page = self._next(asked, last, has_moved=bool(fresh))
            if page.more == asked:
                raise self._stuck()

    def _next(self, more: str, last: str, *, has_moved: bool) -> _Page:
        try:
            return self._client.ask(
                f"{self._entity}.query", lambda sdk: _page(sdk.query_more(more, identifier_is_url=True))
            )
        except RemoteError as error:
            if error.vendor_code != _CURSOR_LOST or not has_moved:
                raise
        # Begins anew at the last instant seen; rows of that instant that came already are left out.
        self._is_resumed = True
        rest = f"{STAMP} >= {{}}"
        if self._condition:
            rest = f"({self._condition}) AND {rest}"
        return self._first(rest, (*self._values, instant(last)))

    def _first(self, condition: str, values: Sequence[object]) -> _Page:
        soql = select(self._entity, self._fields, condition, *values, order=IN_ORDER)
        return self._client.ask(
            f"{self._entity}.query",
            lambda sdk: _page(sdk.query(soql, include_deleted=self._with_deleted)),
        )

    def _stuck(self) -> RemoteError:
        account = self._client.context.connection
        return RemoteError(
            f'connection "{account}": Salesforce {self._entity}.query does not move on: its cursor leads back'
            " to the same page",
            kind=RemoteKind.FATAL,
            account=account,
            operation=f"{self._entity}.query",
            vendor_code="no_progress",
            hint="run again; if it stays, tell Salesforce's support",
            code="CS107",
        )


def rows_among(
    client: SalesforceClient,
    entity: str,
    fields: Sequence[str],
    field: str,
    ids: Sequence[str],
    condition: str = "",
    *,
    with_deleted: bool = False,
) -> Iterator[Row]:
    """Rows whose `field` is one of these ids, a query per 300 of them; without ids nothing is asked."""
    for start in range(0, len(ids), IDS):
        where = f"{field} IN {{}}" + (f" AND {condition}" if condition else "")
        part = list(ids[start : start + IDS])
        for page in Rows(client, entity, fields, where, part, with_deleted=with_deleted).pages():
            yield from page


def _page(answer: Any) -> _Page:
    return _Page(
        rows=[flat(record) for record in answer["records"]],
        total=int(answer["totalSize"]),
        more="" if answer["done"] else str(answer["nextRecordsUrl"]),
    )
