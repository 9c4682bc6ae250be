"""The properties API: definitions with options, and property groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .api import Answer, ApiError, Request, batch, fields, inputs, invalid, not_found
from .portal import Portal
from .properties import FIELD_TYPES, GROUPS, TYPES, Option, Property

_UPDATE: dict[str, type | tuple[type, ...]] = {
    "label": str,
    "type": str,
    "fieldType": str,
    "groupName": str,
    "description": str,
    "options": list,
    "displayOrder": int,
    "hidden": bool,
    "formField": bool,
    "calculationFormula": str,
}
_CREATE: dict[str, type | tuple[type, ...]] = {
    **_UPDATE,
    "name": str,
    "hasUniqueValue": bool,
    "externalOptions": bool,
    "referencedObjectType": str,
}
_OPTION: dict[str, type | tuple[type, ...]] = {
    "label": str,
    "value": str,
    "hidden": bool,
    "displayOrder": int,
    "description": (str, type(None)),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def list_all(portal: Portal, request: Request) -> Answer:
    """`GET /properties/{type}`: every definition with its options."""
    return 200, {"results": [one.shown() for one in _definitions(portal, request).values()]}


def get(portal: Portal, request: Request) -> Answer:
    """`GET /properties/{type}/{name}`."""
    return 200, _definition(portal, request).shown()


def batch_read(portal: Portal, request: Request) -> Answer:
    """`POST /properties/{type}/batch/read`."""
    body = fields(request.body, {"inputs": list, "archived": bool, "dataSensitivity": str}, "inputs")
    known, results, errors = _definitions(portal, request), [], []
    for row in inputs(body):
        name = fields(row, {"name": str}, "name")["name"]
        if name in known:
            results.append(known[name].shown())
        else:
            errors.append(
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": f"Unable to find property {name}",
                    "context": {"name": [name]},
                }
            )
    return batch(request, results, errors)


def create(portal: Portal, request: Request) -> Answer:
    """`POST /properties/{type}`: 201, 409 when the name is taken."""
    store = portal.store(request.params["type"])
    body = fields(request.body, _CREATE, "name", "label", "type", "fieldType", "groupName")
    known = portal.state.properties[store.name]
    if body["name"] in known:
        raise ApiError(409, "OBJECT_ALREADY_EXISTS", f"A property named '{body['name']}' already exists.")
    if not _NAME.fullmatch(body["name"]):
        raise invalid("name must start with a letter and hold only lower-case letters, digits and _")
    _check(portal, store.name, body)
    made = Property(
        name=body["name"],
        label=body["label"],
        type=body["type"],
        field_type=body["fieldType"],
        group=body["groupName"],
        description=body.get("description", ""),
        options=_options(body.get("options", [])),
        has_unique_value=body.get("hasUniqueValue", False),
        created_at=request.at,
        updated_at=request.at,
    )
    known[made.name] = made
    if made.has_unique_value:
        store.unique[made.name] = {}
    portal.accept("provision", request, [made.name])
    return 201, made.shown()


def update(portal: Portal, request: Request) -> Answer:
    """`PATCH /properties/{type}/{name}`: `options` replaces the whole list."""
    store = portal.store(request.params["type"])
    definition = _definition(portal, request)
    body = fields(request.body, _UPDATE)
    if definition.hubspot_defined:
        raise invalid(f"{definition.name} is defined by HubSpot and cannot be changed", code="READ_ONLY")
    _check(portal, store.name, body)
    definition.label = body.get("label", definition.label)
    definition.description = body.get("description", definition.description)
    definition.group = body.get("groupName", definition.group)
    definition.type = body.get("type", definition.type)
    definition.field_type = body.get("fieldType", definition.field_type)
    if "options" in body:
        definition.options = _options(body["options"])
    definition.updated_at = request.at
    portal.accept("provision", request, [definition.name])
    return 200, definition.shown()


def archive(portal: Portal, request: Request) -> Answer:
    """`DELETE /properties/{type}/{name}`: 204; its values are no longer shown."""
    store = portal.store(request.params["type"])
    definition = _definition(portal, request)
    if definition.hubspot_defined:
        raise invalid(f"{definition.name} is defined by HubSpot and cannot be archived", code="READ_ONLY")
    del portal.state.properties[store.name][definition.name]
    portal.accept("other", request, [definition.name])
    return 204, None


def list_groups(portal: Portal, request: Request) -> Answer:
    """`GET /properties/{type}/groups`."""
    groups = _groups(portal, portal.store(request.params["type"]).name)
    return 200, {"results": [_group(name, label) for name, label in groups.items()]}


def get_group(portal: Portal, request: Request) -> Answer:
    """`GET /properties/{type}/groups/{name}`."""
    groups, name = _groups(portal, portal.store(request.params["type"]).name), request.params["name"]
    if name not in groups:
        raise not_found(f"No property group named {name}")
    return 200, _group(name, groups[name])


def create_group(portal: Portal, request: Request) -> Answer:
    """`POST /properties/{type}/groups`: 201, 409 when the name is taken."""
    store = portal.store(request.params["type"])
    body = fields(request.body, {"name": str, "label": str, "displayOrder": int}, "name", "label")
    if body["name"] in _groups(portal, store.name):
        raise ApiError(
            409, "OBJECT_ALREADY_EXISTS", f"A property group named '{body['name']}' already exists."
        )
    portal.state.property_groups[store.name][body["name"]] = body["label"]
    portal.accept("provision", request, [body["name"]])
    return 201, _group(body["name"], body["label"])


def _definitions(portal: Portal, request: Request) -> dict[str, Property]:
    return portal.state.properties[portal.store(request.params["type"]).name]


def _definition(portal: Portal, request: Request) -> Property:
    definition = _definitions(portal, request).get(request.params["name"])
    if definition is None:
        raise not_found(f'Property "{request.params["name"]}" does not exist')
    return definition


def _check(portal: Portal, object_type: str, body: Mapping[str, Any]) -> None:
    if body.get("type", "string") not in TYPES:
        raise invalid(f"type must be one of {sorted(TYPES)}")
    if body.get("fieldType", "text") not in FIELD_TYPES:
        raise invalid(f"fieldType must be one of {sorted(FIELD_TYPES)}")
    group = body.get("groupName")
    if group is not None and group not in _groups(portal, object_type):
        raise invalid(f"Property group '{group}' does not exist")


def _options(rows: list[Any]) -> list[Option]:
    options = []
    for row in rows:
        wanted = fields(row, _OPTION, "label", "value")
        wanted["description"] = wanted.get("description") or ""
        options.append(Option(**wanted))
    for part in ("value", "label"):
        if len({getattr(option, part) for option in options}) < len(options):
            raise invalid(f"Option {part}s must be unique")
    return options


def _groups(portal: Portal, object_type: str) -> dict[str, str]:
    shipped = GROUPS.get(object_type, "engagement")
    return {shipped: "Information", "custom": "Custom", **portal.state.property_groups[object_type]}


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
