"""HubSpot's paths as data: one name for a call, one template per API version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ApiVersion = Literal["2026-09", "v3"]
"""v4 paths lose support on 30 March 2027, v1 to v3 in September 2027 (vendor page "Legacy APIs and Apps:
What's Going Unsupported and When"); each dated version lives 18 months."""

HOST = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One thing HubSpot can be asked, by version.

    `reads_by_post` marks a POST that changes nothing; every other method than GET is a write.
    """

    dated: str
    legacy: str
    reads_by_post: bool = False

    def path(self, version: ApiVersion) -> str:
        """The template for this version, with `{placeholders}` for its parts."""
        return self.legacy if version == "v3" else self.dated


def _same(path: str, legacy: str, *, reads_by_post: bool = False) -> Route:
    return Route(dated=path.replace("VERSION", "2026-09"), legacy=legacy, reads_by_post=reads_by_post)


_OBJECTS, _OBJECTS_V3 = "/crm/objects/VERSION/{type}", "/crm/v3/objects/{type}"
_PROPERTIES, _PROPERTIES_V3 = "/crm/properties/VERSION/{type}", "/crm/v3/properties/{type}"
_LISTS, _LISTS_V3 = "/crm/lists/VERSION", "/crm/v3/lists"
# Subscriptions have no v3 with time stamps; the undated interface is v4.
_CONSENT, _CONSENT_V4 = "/communication-preferences/VERSION", "/communication-preferences/v4"

ROUTES: dict[str, Route] = {
    "objects": _same(_OBJECTS, _OBJECTS_V3),
    "object": _same(_OBJECTS + "/{id}", _OBJECTS_V3 + "/{id}"),
    "objects.search": _same(_OBJECTS + "/search", _OBJECTS_V3 + "/search", reads_by_post=True),
    "objects.read": _same(_OBJECTS + "/batch/read", _OBJECTS_V3 + "/batch/read", reads_by_post=True),
    "objects.update": _same(_OBJECTS + "/batch/update", _OBJECTS_V3 + "/batch/update"),
    "associations.read": _same(
        "/crm/associations/VERSION/{from}/{to}/batch/read",
        "/crm/v4/associations/{from}/{to}/batch/read",
        reads_by_post=True,
    ),
    "properties": _same(_PROPERTIES, _PROPERTIES_V3),
    "property": _same(_PROPERTIES + "/{name}", _PROPERTIES_V3 + "/{name}"),
    "property.groups": _same(_PROPERTIES + "/groups", _PROPERTIES_V3 + "/groups"),
    "lists": _same(_LISTS, _LISTS_V3),
    "list": _same(_LISTS + "/{id}", _LISTS_V3 + "/{id}"),
    "list.by_name": _same(
        _LISTS + "/object-type-id/{type}/name/{name}", _LISTS_V3 + "/object-type-id/{type}/name/{name}"
    ),
    "lists.search": _same(_LISTS + "/search", _LISTS_V3 + "/search", reads_by_post=True),
    "list.members": _same(_LISTS + "/{id}/memberships", _LISTS_V3 + "/{id}/memberships"),
    "list.add": _same(_LISTS + "/{id}/memberships/add", _LISTS_V3 + "/{id}/memberships/add"),
    "list.remove": _same(_LISTS + "/{id}/memberships/remove", _LISTS_V3 + "/{id}/memberships/remove"),
    "list.add_and_remove": _same(
        _LISTS + "/{id}/memberships/add-and-remove", _LISTS_V3 + "/{id}/memberships/add-and-remove"
    ),
    "records.lists": _same(
        _LISTS + "/records/memberships/batch/read",
        _LISTS_V3 + "/records/memberships/batch/read",
        reads_by_post=True,
    ),
    "subscriptions": _same(_CONSENT + "/definitions", _CONSENT_V4 + "/definitions"),
    "statuses": _same(_CONSENT + "/statuses/{email}", _CONSENT_V4 + "/statuses/{email}"),
    "statuses.read": _same(
        _CONSENT + "/statuses/batch/read", _CONSENT_V4 + "/statuses/batch/read", reads_by_post=True
    ),
    # No dated twin of the marketing e-mail events was found; event occurrences do not carry them.
    "email.events": _same("/email/public/v1/events", "/email/public/v1/events"),
    "account": _same("/account-info/2026-03/details", "/account-info/v3/details"),
    # Tells the scopes of a private app's token; a service key or OAuth has no such page.
    "token.info": _same(
        "/oauth/v2/private-apps/get/access-token-info",
        "/oauth/v2/private-apps/get/access-token-info",
        reads_by_post=True,
    ),
    "oauth.token": _same("/oauth/2026-03/token", "/oauth/v1/token", reads_by_post=True),
}
"""Every call this package and its writer make."""
