"""Finds out what an org lacks for our labels: fields are its admin's, campaigns we create."""

from __future__ import annotations

from collections.abc import Sequence

from consentric import LabelSet, Provision, RemoteError, RemoteKind
from consentric_salesforce.schema import Described

from .labels import FieldLabel, ListLabel, field_labels, list_label, list_labels, stem
from .office import Campaign, Office


def missing(office: Office, labels: Sequence[LabelSet]) -> list[Provision]:
    """What is not there; reads only.

    A field is ours when its help text carries our marker, the one text of a field that the API shows
    beside its label; a campaign by its description.

    Raises:
        RemoteError: FATAL when a field or campaign of that name is somebody else's.
    """
    found = [
        Provision(target=field.target, description=lack, is_possible=False)
        for field in field_labels(labels)
        if (lack := _lack(office, field))
    ]
    there, may = own_lists(office, labels), office.can_create_campaigns()
    return found + [
        Provision(
            target=one.target,
            description=f'creates the campaign "{one.name}"'
            if may
            else f'create the campaign "{one.name}" with the description "{_description(one)}", or let the'
            " integration user create campaigns (Marketing User)",
            is_possible=may,
        )
        for one in list_labels(labels)
        if one.target not in there
    ]


def create(office: Office, labels: Sequence[LabelSet], target: str) -> None:
    """Creates the campaign of one target; nothing when it is there.

    Raises:
        RemoteError: FATAL for fields that are missing, and for a name that is somebody else's.
    """
    for field in field_labels(labels):
        if field.target == target and (lack := _lack(office, field)):
            raise _error(f"Salesforce lacks fields that only its admin can create: {lack}", "CS108")
    for one in list_labels(labels):
        if one.target == target and target not in own_lists(office, labels):
            office.create_campaign(one.name, _description(one))


def own_lists(office: Office, labels: Sequence[LabelSet]) -> dict[str, Campaign]:
    """Our campaigns that are there, by target; those of segments that left the configuration too.

    Raises:
        RemoteError: FATAL when a name we need is taken by somebody else's campaign alone.
    """
    found: dict[str, Campaign] = {}
    for one in labels:
        needed = {label.name for label in list_labels([one])}
        there = office.campaigns(stem(one))
        for campaign in there:
            if one.marker in campaign.description:
                label = list_label(one, campaign.name.removeprefix(stem(one)))
                found.setdefault(label.target, campaign)
        ours = {campaign.name for campaign in found.values()}
        for campaign in there:
            if campaign.name in needed - ours:
                raise _foreign(f'campaign "{campaign.name}"')
    return found


def ready_fields(office: Office, labels: Sequence[LabelSet], entity: str) -> list[FieldLabel]:
    """The sets whose three fields are there on contacts, or on leads, and ours."""
    return [
        field
        for field in field_labels(labels)
        for described in office.people()
        if described.name == entity and not _absent(described, field)
    ]


def _lack(office: Office, field: FieldLabel) -> str:
    """What the admin has to do for the fields of a set, empty when nothing is missing."""
    absent = {one.name: names for one in office.people() if (names := _absent(one, field))}
    if absent:
        wanted = dict.fromkeys(name for names in absent.values() for name in names)
        definitions = ", ".join(field.definition(name) for name in wanted)
        return (
            f"create on {' and '.join(absent)} the custom fields {definitions}, each with the help text"
            f' "{field.labels.marker}", and let the integration user edit them'
        )
    closed = [
        f"{one.name}.{name}"
        for one in office.people()
        for name in field.names
        if not one.fields[name].is_updateable
    ]
    return f"let the integration user edit {', '.join(closed)}" if closed else ""


def _absent(described: Described, field: FieldLabel) -> list[str]:
    for name in described.present(field.names):
        if field.labels.marker not in described.fields[name].help:
            raise _foreign(f'field "{name}" of {described.name}')
    return [name for name in field.names if name not in described.fields]


def _description(label: ListLabel) -> str:
    return f"{label.labels.title}. {label.labels.marker}"


def _foreign(thing: str) -> RemoteError:
    return _error(f"Salesforce has a {thing} that does not carry the mark of this installation", "CS105")


def _error(message: str, code: str) -> RemoteError:
    hint = (
        "restore control.sqlite if it was lost; if another workspace writes to this Salesforce, as after a"
        " restore or on one pretend CRM, go on there or set another prefix; else rename the thing"
    )
    return RemoteError(
        message,
        kind=RemoteKind.FATAL,
        operation="prepare",
        hint=hint if code == "CS105" else "let the admin create them, then plan again",
        code=code,
    )
