"""All that our labels rest on in a portal: scopes of the token, properties with their choices, lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consentric import LabelSet, Need
from consentric.sdk.contracts import NeedState

from .labels import FieldLabel, ListLabel, field_labels, group_name, list_labels
from .portal import Portal
from .setup import missing

_SCHEMAS, _LISTS = "crm.schemas.contacts.read", "crm.lists.read"
_SCOPES = {
    "crm.objects.contacts.read": "reading labels back",
    _SCHEMAS: "seeing which contact properties there are",
    "crm.objects.contacts.write": "writing labels",
    "crm.schemas.contacts.write": "creating the properties",
    _LISTS: "seeing our lists and who is in them",
    "crm.lists.write": "creating our lists, adding to them and taking out",
}


def needs(portal: Portal, labels: Sequence[LabelSet]) -> list[Need]:
    """Scopes first; what the token may not see is neither there nor missing.

    Raises:
        RemoteError: FATAL when a property or list of that name is somebody else's.
    """
    granted = portal.scopes()
    can_see = granted is None or {_SCHEMAS, _LISTS} <= granted
    lacking = {one.target for one in missing(portal, labels)} if can_see else set()
    found = list(_scope_needs(granted))
    for field in field_labels(labels):
        found += _field_needs(portal, field, can_see=can_see)
    return found + [_list_need(one, lacking, can_see=can_see) for one in list_labels(labels)]


def _scope_needs(granted: frozenset[str] | None) -> Iterator[Need]:
    for scope, use in _SCOPES.items():
        state: NeedState = "unknown" if granted is None else "there" if scope in granted else "missing"
        yield Need(
            target=f"permission:{scope}",
            kind="scope",
            name=scope,
            definition=f"for {use}",
            state=state,
            remedy=""
            if state == "there"
            else f"in HubSpot: Settings > Integrations > the app or service key > Scopes > add {scope}; a"
            " changed private app shows its token anew",
        )


def _field_needs(portal: Portal, field: FieldLabel, *, can_see: bool) -> Iterator[Need]:
    known = portal.properties() if can_see else {}
    group = group_name(field.labels)
    for definition in field.definitions():
        name = str(definition["name"])
        state: NeedState = "there" if name in known else "missing" if can_see else "unknown"
        yield Need(
            target=field.target,
            kind="contact property",
            name=name,
            definition=f'{definition["type"]} ({definition["fieldType"]}), label "{definition["label"]}",'
            f' group "{group}"',
            state=state,
        )
    there = {str(choice["value"]) for choice in known.get(field.value, {}).get("options") or ()}
    for segment in field.labels.segments:
        is_there = segment.key in there
        yield Need(
            target=field.target,
            kind="choice",
            name=f"{field.value}: {segment.key}",
            definition=f'label "{segment.title}"',
            state="there" if is_there else "missing" if can_see else "unknown",
        )


def _list_need(label: ListLabel, lacking: set[str], *, can_see: bool) -> Need:
    state: NeedState = "unknown" if not can_see else "missing" if label.target in lacking else "there"
    return Need(
        target=label.target, kind="list", name=label.name, definition="static list of contacts", state=state
    )
