"""`query` and `queryAll`: a first page at once, the others under a locator."""

from __future__ import annotations

from .api import ApiError, Reply, Request
from .cursors import Cursor
from .org import Org
from .selection import Selection
from .soql import malformed, read_query

DEFAULT_BATCH, LEAST_BATCH, MOST_BATCH = 2000, 200, 2000


def query(org: Org, request: Request) -> Reply:
    """`GET /query?q=`: live records."""
    return _first_page(org, request, with_deleted=False)


def query_all(org: Org, request: Request) -> Reply:
    """`GET /queryAll?q=`: deleted, merged and archived records too."""
    return _first_page(org, request, with_deleted=True)


def query_more(org: Org, request: Request) -> Reply:
    """`GET /query/{locator}`: the next page; also of a queryAll, whatever the path says."""
    id, _, start = request.params["locator"].partition("-")
    cursor = org.cursors.find(id)
    if cursor is None or not start.isdigit() or not 0 < int(start) < len(cursor.rows):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(request, cursor, int(start))


def _first_page(org: Org, request: Request, *, with_deleted: bool) -> Reply:
    text = request.one("q")
    if not text:
        raise malformed("A query string has to be specified")
    selection = Selection(org.state, read_query(text))
    rows = selection.rows(with_deleted=with_deleted)
    if selection.query.is_count:
        return Reply(body={"totalSize": len(rows), "done": True, "records": []})
    cursor = org.cursors.keep(selection.entity.name, rows, selection.shown)
    return _page(request, cursor, 0)


def _page(request: Request, cursor: Cursor, start: int) -> Reply:
    size = _batch_size(request)
    if request.plays("short-page"):
        # "There is no guarantee that the requested batch size is the actual batch size."
        size = int(request.argument("size", max(1, size // 2)))
    page = cursor.rows[start : start + size]
    end = start + len(page)
    body = {
        "totalSize": len(cursor.rows),
        "done": end >= len(cursor.rows),
        "records": [cursor.shown(row, request.base) for row in page],
    }
    if not body["done"]:
        body["nextRecordsUrl"] = f"{request.base}/query/{cursor.id}-{end}"
    return Reply(body=body)


def _batch_size(request: Request) -> int:
    options = request.headers.get("sforce-query-options", "")
    for option in options.split(","):
        name, _, value = option.strip().partition("=")
        if name.lower() == "batchsize":
            if not value.isdigit() or not LEAST_BATCH <= int(value) <= MOST_BATCH:
                raise ApiError(
                    400,
                    "INVALID_BATCH_SIZE",
                    f"batch size must be between {LEAST_BATCH} and {MOST_BATCH}",
                )
            return int(value)
    return DEFAULT_BATCH
