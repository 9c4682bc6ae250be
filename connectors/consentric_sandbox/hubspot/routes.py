"""The table of end points: both path families, the operation names, scopes and handlers behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from consentric_sandbox.path_tree import PathTree

from . import (
    associations,
    events,
    lists,
    oauth,
    object_writes,
    objects,
    property_api,
    search,
    subscriptions,
)
from .api import Answer, ApiError, Request
from .portal import Portal
from .state import OBJECT_TYPES

Handler = Callable[[Portal, Request], Answer]
_Row = tuple[str, str, Handler, tuple[str, ...]]

# `{scope}` is the object type of the path; one of the scopes of a row will do.
_READ, _WRITE = ("crm.objects.{scope}.read",), ("crm.objects.{scope}.write",)
_SCHEMA = ("crm.schemas.{scope}.read", *_READ)
_SCHEMA_WRITE = ("crm.schemas.{scope}.write",)
_LIST, _LIST_WRITE = ("crm.lists.read",), ("crm.lists.write",)
_STATUS = ("communication_preferences.read_write", "communication_preferences.read")
_STATUS_WRITE = ("communication_preferences.read_write", "communication_preferences.write")
_STATUSES = ("communication_preferences.statuses.batch.read",)
_STATUSES_WRITE = ("communication_preferences.statuses.batch.write",)
_EMAIL, _EVENTS, _NONE = ("content",), ("business-intelligence",), ()

# Version to path prefix, then rows: method and rest of the path, operation, handler, scopes.
_AREAS: tuple[tuple[Mapping[str, str], tuple[_Row, ...]], ...] = (
    (
        {"v3": "/crm/v3/objects", "2026-03": "/crm/objects/2026-03", "2026-09": "/crm/objects/2026-09"},
        (
            ("GET /{type}", "{type}.list", objects.page, _READ),
            ("POST /{type}", "{type}.create", object_writes.create, _WRITE),
            ("GET /{type}/{id}", "{type}.get", objects.get, _READ),
            ("PATCH /{type}/{id}", "{type}.update", object_writes.update, _WRITE),
            ("DELETE /{type}/{id}", "{type}.archive", object_writes.archive, _WRITE),
            ("POST /{type}/search", "{type}.search", search.search, _READ),
            ("POST /{type}/merge", "{type}.merge", object_writes.merge, _WRITE),
            ("POST /contacts/gdpr-delete", "contacts.gdpr_delete", object_writes.gdpr_delete, _WRITE),
            ("POST /{type}/batch/read", "{type}.batch_read", objects.batch_read, _READ),
            ("POST /{type}/batch/update", "{type}.batch_update", object_writes.batch_update, _WRITE),
            ("POST /{type}/batch/create", "{type}.batch_create", object_writes.batch_create, _WRITE),
            ("POST /{type}/batch/upsert", "{type}.batch_upsert", object_writes.batch_upsert, _WRITE),
            ("POST /{type}/batch/archive", "{type}.batch_archive", object_writes.batch_archive, _WRITE),
        ),
    ),
    (
        {"v4": "/crm/v4/objects", "2026-03": "/crm/objects/2026-03", "2026-09": "/crm/objects/2026-09"},
        (("GET /{type}/{id}/associations/{to}", "associations.list", associations.of_one, _READ),),
    ),
    (
        {
            "v4": "/crm/v4/associations",
            "2026-03": "/crm/associations/2026-03",
            "2026-09": "/crm/associations/2026-09",
        },
        (("POST /{type}/{to}/batch/read", "associations.batch_read", associations.batch_read, _READ),),
    ),
    (
        {
            "v3": "/crm/v3/properties",
            "2026-03": "/crm/properties/2026-03",
            "2026-09": "/crm/properties/2026-09",
        },
        (
            ("GET /{type}", "properties.list", property_api.list_all, _SCHEMA),
            ("POST /{type}", "properties.create", property_api.create, _SCHEMA_WRITE),
            ("POST /{type}/batch/read", "properties.batch_read", property_api.batch_read, _SCHEMA),
            ("GET /{type}/groups", "properties.groups", property_api.list_groups, _SCHEMA),
            ("POST /{type}/groups", "properties.create_group", property_api.create_group, _SCHEMA_WRITE),
            ("GET /{type}/groups/{name}", "properties.group", property_api.get_group, _SCHEMA),
            ("GET /{type}/{name}", "properties.get", property_api.get, _SCHEMA),
            ("PATCH /{type}/{name}", "properties.update", property_api.update, _SCHEMA_WRITE),
            ("DELETE /{type}/{name}", "properties.archive", property_api.archive, _SCHEMA_WRITE),
        ),
    ),
    (
        {"v3": "/crm/v3/lists", "2026-03": "/crm/lists/2026-03", "2026-09": "/crm/lists/2026-09"},
        (
            ("POST ", "lists.create", lists.create, _LIST_WRITE),
            ("POST /search", "lists.search", lists.search, _LIST),
            ("GET /{list}", "lists.get", lists.get, _LIST),
            ("DELETE /{list}", "lists.delete", lists.delete, _LIST_WRITE),
            ("PUT /{list}/update-list-name", "lists.rename", lists.rename, _LIST_WRITE),
            ("GET /object-type-id/{type}/name/{name}", "lists.get_by_name", lists.get_by_name, _LIST),
            ("GET /records/{type}/{id}/memberships", "lists.of_record", lists.lists_of, _LIST),
            ("POST /records/memberships/batch/read", "lists.of_records", lists.lists_of_several, _LIST),
            ("GET /{list}/memberships", "lists.members", lists.members, _LIST),
            ("PUT /{list}/memberships/add", "lists.add", lists.add, _LIST_WRITE),
            ("PUT /{list}/memberships/remove", "lists.remove", lists.remove, _LIST_WRITE),
            ("PUT /{list}/memberships/add-and-remove", "lists.change", lists.add_and_remove, _LIST_WRITE),
        ),
    ),
    (
        {
            "v4": "/communication-preferences/v4",
            "2026-03": "/communication-preferences/2026-03",
            "2026-09": "/communication-preferences/2026-09",
        },
        (
            ("GET /definitions", "subscriptions.definitions", subscriptions.definitions, _STATUS),
            ("GET /statuses/{email}", "subscriptions.get", subscriptions.statuses, _STATUS),
            ("POST /statuses/{email}", "subscriptions.write", subscriptions.write, _STATUS_WRITE),
            ("GET /statuses/{email}/unsubscribe-all", "subscriptions.get_all", subscriptions.left, _STATUS),
            (
                "POST /statuses/{email}/unsubscribe-all",
                "subscriptions.leave",
                subscriptions.leave,
                _STATUS_WRITE,
            ),
            ("POST /statuses/batch/read", "subscriptions.batch_read", subscriptions.batch_read, _STATUSES),
            (
                "POST /statuses/batch/unsubscribe-all/read",
                "subscriptions.batch_read_all",
                subscriptions.batch_left,
                _STATUSES,
            ),
            (
                "POST /statuses/batch/write",
                "subscriptions.batch_write",
                subscriptions.batch_write,
                _STATUSES_WRITE,
            ),
            (
                "POST /statuses/batch/unsubscribe-all",
                "subscriptions.batch_leave",
                subscriptions.batch_leave,
                _STATUSES_WRITE,
            ),
        ),
    ),
    (
        {"v3": "/communication-preferences/v3"},
        (
            ("GET /definitions", "subscriptions.definitions", subscriptions.definitions, _STATUS),
            ("GET /status/email/{email}", "subscriptions.get", subscriptions.v3_status, _STATUS),
            ("POST /subscribe", "subscriptions.subscribe", subscriptions.v3_change, _STATUS_WRITE),
            ("POST /unsubscribe", "subscriptions.unsubscribe", subscriptions.v3_change, _STATUS_WRITE),
        ),
    ),
    (
        {
            "v3": "/events/v3/events",
            "2026-03": "/events/event-occurrences/2026-03",
            "2026-09": "/events/event-occurrences/2026-09",
        },
        (
            ("GET ", "events.list", events.occurrences, _EVENTS),
            ("GET /event-types", "events.types", events.event_types, _EVENTS),
        ),
    ),
    (
        {"v1": "/email/public/v1"},
        (
            ("GET /events", "email_events.list", events.email_events, _EMAIL),
            ("GET /campaigns/{campaign}", "email_events.campaign", events.campaign, _EMAIL),
        ),
    ),
    (
        {"v1": "/oauth/v1", "v3": "/oauth/v3", "2026-03": "/oauth/2026-03", "2026-09": "/oauth/2026-09"},
        (
            ("POST /token", "oauth.token", oauth.token, _NONE),
            ("POST /token/introspect", "oauth.introspect", oauth.introspect, _NONE),
            ("POST /introspect", "oauth.introspect", oauth.introspect, _NONE),
            ("POST /token/revoke", "oauth.revoke", oauth.revoke, _NONE),
            ("POST /revoke", "oauth.revoke", oauth.revoke, _NONE),
            ("GET /access-tokens/{token}", "oauth.access_token", oauth.access_token_info, _NONE),
        ),
    ),
    (
        {"v2": "/oauth/v2/private-apps"},
        (("POST /get/access-token-info", "oauth.private_token", oauth.private_token_info, _NONE),),
    ),
    (
        {
            "v3": "/account-info/v3",
            "2026-03": "/account-info/2026-03",
            "2026-09": "/account-info/2026-09",
        },
        (("GET /details", "account.details", oauth.account_details, _NONE),),
    ),
)
# Engagements have no scopes of their own ("Engagements" guides: crm.objects.contacts.*).
_OWN_SCOPES = ("contacts", "deals", "orders")
_PLURALS = {alias: name for name, (id, _, _, one) in OBJECT_TYPES.items() for alias in (id, one, name[:-1])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One end point of one path family."""

    version: str
    operation: str
    handler: Handler
    scopes: tuple[str, ...]

    @property
    def needs_token(self) -> bool:
        """Whether a bearer token is asked for: everywhere but at the OAuth end points."""
        return not self.operation.startswith("oauth.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route with what its path said."""

    route: Route
    params: dict[str, str]
    operation: str
    scopes: tuple[str, ...]


def match(method: str, segments: list[str]) -> Match:
    """The route for a path; literal parts go before named ones.

    Raises:
        ApiError: 404 for an unknown path, 405 for a known path with another method.
    """
    found = _tree().find(segments)
    if not found:
        raise ApiError(404, "OBJECT_NOT_FOUND", "resource not found")
    for routes, params in found:
        route = routes.get(method)
        if route is not None:
            name = params.get("type", "contacts")
            plural = _PLURALS.get(name, name)
            scope = plural if plural in _OWN_SCOPES else "contacts"
            return Match(
                route=route,
                params=params,
                operation=route.operation.replace("{type}", plural),
                scopes=tuple(one.replace("{scope}", scope) for one in route.scopes),
            )
    raise ApiError(405, "INVALID_METHOD", "HTTP 405 Method Not Allowed")


@cache
def _tree() -> PathTree[Route]:
    tree: PathTree[Route] = PathTree()
    for families, rows in _AREAS:
        for version, prefix in families.items():
            for where, operation, handler, scopes in rows:
                method, _, rest = where.partition(" ")
                route = Route(version=version, operation=operation, handler=handler, scopes=scopes)
                tree.add(method, prefix + rest, route)
    return tree
