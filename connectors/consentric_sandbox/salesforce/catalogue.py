"""What the user of the API sees of the schema: features, object permissions and field security applied."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from .schema import Entity, Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """One object as the user sees it; fields are found whatever the letter case."""

    name: str
    prefix: str
    label: str
    fields: Mapping[str, Field]
    """Visible fields by their name in lower case."""

    def field(self, name: str) -> Field | None:
        """The field of that name, None when there is none or it is hidden."""
        return self.fields.get(name.lower())


class Catalogue:
    """Objects by name, whatever the letter case; hidden ones are as if they did not exist."""

    def __init__(
        self,
        entities: Mapping[str, Entity],
        *,
        features: Set[str],
        hidden_objects: Set[str],
        hidden_fields: Set[str],
        read_only_fields: Set[str],
    ) -> None:
        self._features = features
        self._hidden = hidden_fields
        self._read_only = read_only_fields
        self._visible = {
            name.lower(): self._seen(entity)
            for name, entity in entities.items()
            if name not in hidden_objects and self._has(entity.feature)
        }
        self._prefixes = {one.prefix: one for one in self._visible.values()}

    def entity(self, name: str) -> Visible | None:
        """The object of that name, None when there is none or it is hidden."""
        return self._visible.get(name.lower())

    def of_id(self, id: str) -> Visible | None:
        """The object that an id belongs to."""
        return self._prefixes.get(id[:3])

    def each(self) -> list[Visible]:
        """All visible objects by name."""
        return [self._visible[name] for name in sorted(self._visible)]

    def _seen(self, entity: Entity) -> Visible:
        fields = {}
        for name, definition in entity.fields.items():
            spelled = f"{entity.name}.{name}"
            if spelled in self._hidden or not self._has(definition.feature):
                continue
            if spelled in self._read_only:
                definition = replace(definition, can_create=False, can_update=False)
            fields[name.lower()] = definition
        return Visible(name=entity.name, prefix=entity.prefix, label=entity.label, fields=fields)

    def _has(self, feature: str) -> bool:
        return not feature or feature in self._features
