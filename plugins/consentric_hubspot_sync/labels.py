"""What a label set is in HubSpot: names and definitions of three properties and one list per segment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from consentric import Change, ConfigError, LabelSet, SegmentLabel

MEMBER = "member"
"""What `Shown.value` says of somebody in a list."""
_PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabel:
    """The three properties of one set."""

    target: str
    value: str
    previous: str
    since: str
    labels: LabelSet

    def properties(self, change: Change) -> dict[str, str]:
        """What a `set` or `clear` writes; the empty text clears a property."""
        if change.verb == "clear":
            return {self.value: "", self.previous: "", self.since: ""}
        since = change.since.isoformat() if change.since else ""
        return {self.value: change.new, self.previous: change.previous, self.since: since}

    def definitions(self) -> list[dict[str, Any]]:
        """Bodies that create the three properties."""
        kinds = {self.value: ("enumeration", "select"), self.previous: ("string", "text")}
        titles = {self.value: "", self.previous: ": before", self.since: ": since"}
        return [
            {
                "name": name,
                "label": f"{self.labels.title}{title}",
                "groupName": group_name(self.labels),
                "description": f"{self.labels.title}. {self.labels.marker}",
                "type": kinds.get(name, ("date", "date"))[0],
                "fieldType": kinds.get(name, ("date", "date"))[1],
                **({"options": options(self.labels.segments)} if name == self.value else {}),
            }
            for name, title in titles.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLabel:
    """The list of one segment."""

    target: str
    name: str
    segment: str
    field: FieldLabel


def field_labels(labels: Iterable[LabelSet]) -> list[FieldLabel]:
    """One per set.

    Raises:
        ConfigError: When prefix and set make no name that HubSpot takes.
    """
    found = []
    for one in labels:
        value = f"{one.prefix}{one.name}"
        if not _PROPERTY_NAME.fullmatch(f"{value}_previous"):
            raise ConfigError(
                f'"{value}" is no name for a HubSpot property: lower-case letters, digits and _ only',
                hint="change the prefix of the destination or the name of the segment set",
                code="CS240",
            )
        found.append(
            FieldLabel(
                target=f"field:{one.name}",
                value=value,
                previous=f"{value}_previous",
                since=f"{value}_since",
                labels=one,
            )
        )
    return found


def list_labels(labels: Iterable[LabelSet]) -> list[ListLabel]:
    """One per segment, named by its key, so that a change of language renames nothing."""
    return [
        list_label(field, segment.key) for field in field_labels(labels) for segment in field.labels.segments
    ]


def list_label(field: FieldLabel, segment: str) -> ListLabel:
    """The list of a segment that need not be configured any more."""
    return ListLabel(
        target=f"list:{field.labels.name}.{segment}",
        name=f"{field.value}: {segment}",
        segment=segment,
        field=field,
    )


def group_name(labels: LabelSet) -> str:
    """The property group under which HubSpot shows our properties."""
    return labels.prefix.strip("_") or "consentric"


def options(segments: Sequence[SegmentLabel], *, after: int = 0) -> list[dict[str, Any]]:
    """Choices of the enumeration: the key is the value, the title is what people see."""
    return [
        {
            "label": segment.title,
            "value": segment.key,
            "description": segment.meaning,
            "displayOrder": after + at,
            "hidden": False,
        }
        for at, segment in enumerate(segments)
    ]
