"""The table of end points: paths, operation names and the handlers behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from consentric_sandbox.path_tree import PathTree

from . import bulk_ingest, bulk_query, collections_api, describe_api, limits, oauth, query_api, records_api
from .api import ApiError, Reply, Request, not_found
from .org import Org

Handler = Callable[[Org, Request], Reply]
_VERSION = re.compile(r"v(\d\d)\.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One end point; `operation` may have the object of the path in braces."""

    operation: str
    handler: Handler
    needs_session: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route found for a path, with the named parts of it."""

    route: Route
    params: dict[str, str]


_Row = tuple[str, str, Handler]
_OPEN: tuple[_Row, ...] = (
    ("POST /services/oauth2/token", "oauth.token", oauth.token),
    ("POST /services/oauth2/revoke", "oauth.revoke", oauth.revoke),
    ("GET /services/data", "versions", describe_api.versions),
)
_DATA: tuple[_Row, ...] = (
    ("GET ", "resources", describe_api.resources),
    ("GET /limits", "limits", limits.limits),
    ("GET /query", "query", query_api.query),
    ("GET /queryAll", "query_all", query_api.query_all),
    ("GET /query/{locator}", "query_more", query_api.query_more),
    ("GET /queryAll/{locator}", "query_more", query_api.query_more),
    ("GET /sobjects", "describe_all", describe_api.describe_all),
    ("GET /sobjects/{type}", "{type}.basic", describe_api.basic),
    ("POST /sobjects/{type}", "{type}.create", records_api.create),
    ("GET /sobjects/{type}/describe", "{type}.describe", describe_api.describe),
    ("GET /sobjects/{type}/deleted", "{type}.deleted", records_api.deleted),
    ("GET /sobjects/{type}/updated", "{type}.updated", records_api.updated),
    ("GET /sobjects/{type}/{id}", "{type}.get", records_api.get),
    ("PATCH /sobjects/{type}/{id}", "{type}.update", records_api.update),
    ("DELETE /sobjects/{type}/{id}", "{type}.delete", records_api.delete),
    ("GET /sobjects/{type}/{field}/{value}", "{type}.get", records_api.get_by_external_id),
    ("PATCH /sobjects/{type}/{field}/{value}", "{type}.upsert", records_api.upsert),
    ("PATCH /composite/sobjects", "collections.update", collections_api.update),
    ("POST /composite/sobjects", "collections.create", collections_api.create),
    ("DELETE /composite/sobjects", "collections.delete", collections_api.delete),
    ("GET /composite/sobjects/{type}", "collections.read", collections_api.read),
    ("POST /composite/sobjects/{type}", "collections.read", collections_api.read),
    ("PATCH /composite/sobjects/{type}/{field}", "collections.upsert", collections_api.upsert),
    ("POST /jobs/query", "bulk_query.create", bulk_query.create),
    ("GET /jobs/query/{job}", "bulk_query.get", bulk_query.get),
    ("PATCH /jobs/query/{job}", "bulk_query.abort", bulk_query.change),
    ("DELETE /jobs/query/{job}", "bulk_query.delete", bulk_query.delete),
    ("GET /jobs/query/{job}/results", "bulk_query.results", bulk_query.results),
    ("POST /jobs/ingest", "bulk_ingest.create", bulk_ingest.create),
    ("GET /jobs/ingest/{job}", "bulk_ingest.get", bulk_ingest.get),
    ("PATCH /jobs/ingest/{job}", "bulk_ingest.close", bulk_ingest.change),
    ("DELETE /jobs/ingest/{job}", "bulk_ingest.delete", bulk_ingest.delete),
    ("PUT /jobs/ingest/{job}/batches", "bulk_ingest.upload", bulk_ingest.upload),
    ("GET /jobs/ingest/{job}/successfulResults", "bulk_ingest.successful", bulk_ingest.successful),
    ("GET /jobs/ingest/{job}/failedResults", "bulk_ingest.failed", bulk_ingest.failed),
    ("GET /jobs/ingest/{job}/unprocessedrecords", "bulk_ingest.unprocessed", bulk_ingest.unprocessed),
    # So spelled by simple-salesforce, and accepted.
    ("GET /jobs/ingest/{job}/unprocessedRecords", "bulk_ingest.unprocessed", bulk_ingest.unprocessed),
)


def match(method: str, segments: list[str]) -> Match:
    """The end point of a path.

    Raises:
        ApiError: 404 for an unknown path or version, 405 for another method, 410 for a retired version.
    """
    allowed: set[str] = set()
    for ends, params in _tree().find(segments):
        _check_version(params.get("version", ""))
        if method in ends:
            return Match(route=ends[method], params=params)
        allowed |= ends.keys()
    if allowed:
        message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(allowed))}"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": ",".join(sorted(allowed))})
    raise not_found()


def _check_version(text: str) -> None:
    if not text:
        return
    found = _VERSION.fullmatch(text)
    number = int(found[1]) if found else 0
    if 21 <= number < describe_api.FIRST_VERSION:
        raise ApiError(410, "UNSUPPORTED_API_VERSION", f"API version {text} has been retired")
    if not describe_api.FIRST_VERSION <= number <= describe_api.LAST_VERSION:
        raise not_found()


@cache
def _tree() -> PathTree[Route]:
    tree: PathTree[Route] = PathTree()
    for line, operation, handler in _OPEN:
        method, path = line.split(" ")
        tree.add(method, path, Route(operation=operation, handler=handler, needs_session=False))
    user_info = Route(operation="oauth.userinfo", handler=oauth.user_info)
    tree.add("GET", "/services/oauth2/userinfo", user_info)
    for line, operation, handler in _DATA:
        method, path = line.split(" ")
        tree.add(method, f"/services/data/{{version}}{path}", Route(operation=operation, handler=handler))
    return tree
