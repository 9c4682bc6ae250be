"""Finds out what a portal lacks for our labels, and creates it: properties, choices, lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consentric import LabelSet, Provision, RemoteError, RemoteKind

from .labels import FieldLabel, ListLabel, field_labels, group_name, list_label, list_labels, options
from .portal import Portal


def missing(portal: Portal, labels: Sequence[LabelSet]) -> list[Provision]:
    """What has to be created; reads only.

    A property is ours when its description carries our marker. HubSpot's lists have no description
    (OpenAPI of lists, `ListCreateRequest`), so a list is ours when our property of its set already has
    the choice of its segment: that choice is always created first.

    Raises:
        RemoteError: FATAL when a property or list of that name is somebody else's.
    """
    found: list[Provision] = []
    for field in field_labels(labels):
        absent, choices = _absent_properties(portal, field), _absent_choices(portal, field)
        if absent:
            found.append(
                Provision(
                    target=field.target, description=f"creates the contact properties {', '.join(absent)}"
                )
            )
        elif choices:
            keys = ", ".join(str(choice["value"]) for choice in choices)
            found.append(
                Provision(target=field.target, description=f"adds the choices {keys} to {field.value}")
            )
    found += [
        Provision(target=one.target, description=f'creates the list "{one.name}"')
        for one in list_labels(labels)
        if _own_list(portal, one) is None
    ]
    return found


def create(portal: Portal, labels: Sequence[LabelSet], target: str) -> None:
    """Creates what one target lacks; the property of a list's set comes before the list.

    Raises:
        RemoteError: FATAL when the name is taken by somebody else's property or list.
    """
    for field in field_labels(labels):
        if field.target == target:
            _create_field(portal, field)
    for one in list_labels(labels):
        if one.target == target and _own_list(portal, one) is None:
            _create_field(portal, one.field)
            portal.create_list(one.name)
            _own_list(portal, one)


def own_lists(portal: Portal, labels: Sequence[LabelSet]) -> dict[str, ListLabel]:
    """Our lists that are there, by target.

    Those of segments that left the configuration are among them: their choices stay in the property,
    and somebody may still be in them.

    Raises:
        RemoteError: FATAL when one of them is not ours.
    """
    found = {
        label.target: label
        for field in field_labels(labels)
        for choice in _choices(portal, field)
        for label in [list_label(field, str(choice["value"]))]
    }
    found.update({label.target: label for label in list_labels(labels)})
    return {target: label for target, label in found.items() if _own_list(portal, label) is not None}


def is_ready(portal: Portal, field: FieldLabel) -> bool:
    """Whether the three properties of a set are there."""
    return not _absent_properties(portal, field)


def _create_field(portal: Portal, field: FieldLabel) -> None:
    absent = _absent_properties(portal, field)
    if absent:
        portal.create_group(group_name(field.labels), group_name(field.labels).capitalize())
    for definition in field.definitions():
        if definition["name"] in absent:
            portal.create_property(definition)
    _absent_properties(portal, field)  # one created by somebody else in between is refused here
    choices = _absent_choices(portal, field)
    if choices:
        # What stands there stays: a choice that is taken away would empty the field of who has it.
        portal.set_options(field.value, [*_choices(portal, field), *choices])


def _absent_properties(portal: Portal, field: FieldLabel) -> list[str]:
    known = portal.properties()
    for name in (field.value, field.previous, field.since):
        if name in known and field.labels.marker not in str(known[name].get("description") or ""):
            raise _foreign(f'contact property "{name}"')
    return [name for name in (field.value, field.previous, field.since) if name not in known]


def _choices(portal: Portal, field: FieldLabel) -> list[dict[str, Any]]:
    return list(portal.properties().get(field.value, {}).get("options") or ())


def _absent_choices(portal: Portal, field: FieldLabel) -> list[dict[str, Any]]:
    there = _choices(portal, field)
    values = {choice["value"] for choice in there}
    absent = [segment for segment in field.labels.segments if segment.key not in values]
    return options(absent, after=len(there))


def _own_list(portal: Portal, label: ListLabel) -> dict[str, Any] | None:
    found = portal.find_list(label.name)
    if found is None:
        return None
    is_chosen = any(choice["value"] == label.segment for choice in _choices(portal, label.field))
    if not is_chosen or _absent_properties(portal, label.field) or found.get("processingType") != "MANUAL":
        raise _foreign(f'list "{label.name}"')
    return found


def _foreign(thing: str) -> RemoteError:
    return RemoteError(
        f"HubSpot has a {thing} that this installation did not create",
        kind=RemoteKind.FATAL,
        operation="prepare",
        hint="restore control.sqlite if it was lost; if another workspace writes to this HubSpot, as after a"
        " restore or on one pretend CRM, go on there or set another prefix; else rename the thing",
        code="CS105",
    )
