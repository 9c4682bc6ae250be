"""What a label set is in Salesforce: names of three custom fields and of one campaign per segment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from consentric import Change, ConfigError, LabelSet

MEMBER = "member"
"""What `Shown.value` says of somebody on a campaign."""
_FIELD_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_LONGEST_FIELD = 40
"""Of a custom field's name with `__c`."""
_LONGEST_CAMPAIGN = 80
TEXT_LENGTH = 80
"""Of the fields with a segment: twice the longest key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabel:
    """The three custom fields of one set, the same on contacts and on leads."""

    target: str
    value: str
    previous: str
    since: str
    labels: LabelSet

    @property
    def names(self) -> tuple[str, str, str]:
        """Of the three fields."""
        return self.value, self.previous, self.since

    def values(self, change: Change) -> dict[str, str | None]:
        """What a `set` or `clear` writes; null empties a field."""
        if change.verb == "clear":
            return dict.fromkeys(self.names)
        since = change.since.isoformat() if change.since else None
        return {self.value: change.new, self.previous: change.previous or None, self.since: since}

    def kind(self, name: str) -> str:
        """Type of one of the fields, as an admin knows it."""
        return "Date" if name == self.since else f"Text({TEXT_LENGTH})"

    def title(self, name: str) -> str:
        """Label of one of the fields."""
        return self.labels.title + {self.value: "", self.previous: ": before", self.since: ": since"}[name]

    def definition(self, name: str) -> str:
        """What the admin enters for one of the fields."""
        return f'{name} ({self.kind(name)}, label "{self.title(name)}")'


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLabel:
    """The campaign of one segment."""

    target: str
    name: str
    labels: LabelSet


def field_labels(labels: Iterable[LabelSet]) -> list[FieldLabel]:
    """One per set.

    Raises:
        ConfigError: When prefix and set make no name that Salesforce takes.
    """
    found = []
    for one in labels:
        stem = f"{one.prefix}{one.name}"
        field = FieldLabel(
            target=f"field:{one.name}",
            value=f"{stem}__c",
            previous=f"{stem}_previous__c",
            since=f"{stem}_since__c",
            labels=one,
        )
        if not all(_FIELD_NAME.fullmatch(name) and len(name) <= _LONGEST_FIELD for name in field.names):
            raise ConfigError(
                f'"{field.previous}" is no name for a Salesforce field: letters, digits and single _ only,'
                f" {_LONGEST_FIELD} characters at most",
                hint="change the prefix of the destination or the name of the segment set",
                code="CS240",
            )
        found.append(field)
    return found


def list_labels(labels: Iterable[LabelSet]) -> list[ListLabel]:
    """One per segment, named by its key, so that a change of language renames nothing."""
    return [list_label(one, segment.key) for one in labels for segment in one.segments]


def list_label(labels: LabelSet, segment: str) -> ListLabel:
    """The campaign of a segment that need not be configured any more.

    Raises:
        ConfigError: When its name is longer than Salesforce takes.
    """
    name = f"{stem(labels)}{segment}"
    if len(name) > _LONGEST_CAMPAIGN:
        raise ConfigError(
            f'"{name}" is too long for the name of a Salesforce campaign',
            hint="change the prefix of the destination or the name of the segment set",
            code="CS240",
        )
    return ListLabel(target=f"list:{labels.name}.{segment}", name=name, labels=labels)


def stem(labels: LabelSet) -> str:
    """What the names of all campaigns of a set begin with."""
    return f"{labels.prefix}{labels.name}: "
