"""All that our labels rest on in an org: rights of our user, fields that its admin makes, campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consentric import LabelSet, Need
from consentric_salesforce.schema import Described

from .labels import TEXT_LENGTH, FieldLabel, field_labels, list_labels
from .office import Office
from .setup import missing

_PLACE = "in Salesforce: Setup > "
_RIGHTS = f"{_PLACE}Permission Sets > the set of the integration user > Object Settings > "
_SECURITY = (
    "Set Field-Level Security > Visible, without Read-Only, for the profile of the integration user, or Edit"
    " Access in its permission set"
)


def needs(office: Office, labels: Sequence[LabelSet]) -> list[Need]:
    """Rights first, then the fields, which only an admin can make, then the campaigns.

    Raises:
        RemoteError: FATAL when a field or campaign of that name is somebody else's.
    """
    lacking = {one.target: one for one in missing(office, labels)}
    found = list(_right_needs(office))
    for field in field_labels(labels):
        for entity in office.people():
            for name in field.names:
                found += _field_needs(entity, field, name)
    for one in list_labels(labels):
        provision = lacking.get(one.target)
        found.append(
            Need(
                target=one.target,
                kind="campaign",
                name=one.name,
                definition=f'description "{one.labels.title}. {one.labels.marker}"',
                state="there" if provision is None else "missing",
                remedy="" if provision is None or provision.is_possible else provision.description,
            )
        )
    return found


def _right_needs(office: Office) -> Iterator[Need]:
    people = office.people()
    if not any(one.name == "Contact" for one in people):
        yield _right("read and edit Contact", has=False, remedy=f"{_RIGHTS}Contacts > Read, Edit")
    for one in people:
        remedy = f"{_RIGHTS}{one.name}s > Read, Edit"
        yield _right(f"read and edit {one.name}", has=one.is_updateable, remedy=remedy)
    yield _right(
        "create Campaign",
        has=office.can_create_campaigns(),
        remedy=f"{_PLACE}Users > the integration user > Marketing User; then {_RIGHTS.removeprefix(_PLACE)}"
        "Campaigns > Read, Create, Edit",
    )


def _right(name: str, *, has: bool, remedy: str) -> Need:
    return Need(
        target=f"permission:{name}",
        kind="right",
        name=name,
        definition="of the integration user",
        state="there" if has else "missing",
        remedy="" if has else remedy,
    )


def _field_needs(entity: Described, field: FieldLabel, name: str) -> Iterator[Need]:
    """The field, and once it is there, that our user may edit it; one that is hidden looks like none."""
    shown = f"{entity.name}.{name}"
    place = f"{_PLACE}Object Manager > {entity.name} > Fields & Relationships > "
    there = entity.fields.get(name)
    yield Need(
        target=field.target,
        kind="custom field",
        name=shown,
        definition=f'{field.kind(name)}, label "{field.title(name)}", help text "{field.labels.marker}"',
        state="missing" if there is None else "there",
        remedy="" if there is not None else f"{place}New > {_steps(field, name)}",
    )
    if there is not None:
        yield Need(
            target=field.target,
            kind="field-level security",
            name=shown,
            definition="visible, not read-only, for the integration user",
            state="there" if there.is_updateable else "missing",
            remedy="" if there.is_updateable else f"{place}{field.title(name)} > {_SECURITY}",
        )


def _steps(field: FieldLabel, name: str) -> str:
    kind = "Date" if field.kind(name) == "Date" else f"Text, Length {TEXT_LENGTH}"
    return (
        f'{kind}; Field Label "{field.title(name)}"; Field Name {name.removesuffix("__c")} (API name {name});'
        f' Help Text "{field.labels.marker}"; not required, not unique; then {_SECURITY}. If it is there'
        " already, it is hidden from our user: set its field-level security alone"
    )
