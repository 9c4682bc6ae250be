"""What the org has: API versions, objects, and the fields of one object, as far as the user may see them."""

from __future__ import annotations

from typing import Any

from .api import Reply, Request
from .catalogue import Visible
from .org import Org
from .schema import SOAP_TYPES, Field

FIRST_VERSION, LAST_VERSION = 31, 68
"""Versions 21 to 30 were retired in Summer '25; three come a year."""


def versions(_org: Org, _request: Request) -> Reply:
    """`GET /services/data`: needs no session."""
    numbers = range(FIRST_VERSION, LAST_VERSION + 1)
    return Reply(
        body=[
            {"label": f"API {one}", "url": f"/services/data/v{one}.0", "version": f"{one}.0"}
            for one in numbers
        ]
    )


def resources(_org: Org, request: Request) -> Reply:
    """`GET /services/data/vXX.0`: where things are."""
    names = ("sobjects", "query", "queryAll", "composite", "limits", "jobs")
    return Reply(body={name: f"{request.base}/{name}" for name in names})


def describe_all(org: Org, request: Request) -> Reply:
    """`GET /sobjects`: the objects."""
    listed = [_listed(one, request.base) for one in org.state.catalogue.each()]
    return Reply(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def basic(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}`: one object without its fields."""
    entity = org.entity(request.params["type"])
    return Reply(body={"objectDescribe": _listed(entity, request.base), "recentItems": []})


def describe(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}/describe`: one object with its fields."""
    entity = org.entity(request.params["type"])
    told = [_described(field, org) for field in entity.fields.values()]
    return Reply(body=_listed(entity, request.base) | {"fields": told})


def _listed(entity: Visible, base: str) -> dict[str, Any]:
    path = f"{base}/sobjects/{entity.name}"
    is_changed_by_users = entity.name != "Organization"
    return {
        "name": entity.name,
        "label": entity.label,
        "labelPlural": f"{entity.label}s",
        "keyPrefix": entity.prefix,
        "custom": False,
        "createable": is_changed_by_users,
        "updateable": is_changed_by_users,
        "deletable": is_changed_by_users,
        "queryable": True,
        "retrieveable": True,
        "replicateable": is_changed_by_users,
        "urls": {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"},
    }


def _described(field: Field, org: Org) -> dict[str, Any]:
    entities = org.state.catalogue
    return {
        "name": field.name,
        "label": field.label,
        "inlineHelpText": field.help or None,
        "type": field.type,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "length": 18 if field.type in ("id", "reference") else field.length,
        "custom": field.is_custom,
        "createable": field.can_create,
        "updateable": field.can_update,
        "nillable": not field.is_required and field.type not in ("boolean", "id"),
        "defaultedOnCreate": bool(field.default) or field.type == "boolean",
        "filterable": field.can_filter,
        "sortable": field.can_filter and field.type != "multipicklist",
        "groupable": field.can_filter and field.type not in ("datetime", "multipicklist"),
        "calculated": False,
        "externalId": field.is_external_id,
        "unique": field.is_unique,
        "restrictedPicklist": field.is_closed,
        "picklistValues": [
            {"active": True, "defaultValue": value == field.default, "label": value, "value": value}
            for value in field.values
        ],
        "referenceTo": [name for name in field.refers_to if name == "User" or entities.entity(name)],
        "relationshipName": field.relationship or None,
    }
