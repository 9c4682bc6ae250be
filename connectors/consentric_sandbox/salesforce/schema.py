"""What objects and fields an org has and which of them the user of the API may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .shipped_objects import SHIPPED

SYSTEM = ("Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "SystemModstamp")
# The vendor's SOAP types, which describe() repeats.
SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
NUMBERS = frozenset({"int", "double", "currency", "percent"})


@dataclass(slots=True, kw_only=True)
class Field:
    """One field of an object."""

    name: str
    type: str
    length: int = 0
    label: str = ""
    refers_to: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    is_closed: bool = False
    """A restricted picklist refuses values that are not its own."""
    can_create: bool = True
    can_update: bool = True
    is_required: bool = False
    default: str = ""
    is_custom: bool = False
    is_external_id: bool = False
    is_unique: bool = False
    feature: str = ""
    help: str = ""
    """Text that people see beside the field."""

    @property
    def can_filter(self) -> bool:
        """Long texts and compound addresses are never filtered or sorted."""
        return self.type != "address" and not (self.type == "textarea" and self.length > 255)

    @property
    def relationship(self) -> str:
        """The name under which fields of the record referred to are read, empty when there is none."""
        if self.type != "reference" or len(self.refers_to) != 1:
            return ""
        return self.name[:-1] + "r" if self.is_custom else self.name.removesuffix("Id")


@dataclass(slots=True, kw_only=True)
class Entity:
    """One object with its fields, in the order of describe()."""

    name: str
    prefix: str
    label: str
    feature: str = ""
    fields: dict[str, Field] = field(default_factory=dict)

    def add(self, definition: Field) -> None:
        """Takes in a field; its name must be new, whatever its letter case."""
        if any(definition.name.lower() == name.lower() for name in self.fields):
            raise ValueError(f"{self.name}: field {definition.name} exists")
        self.fields[definition.name] = definition


def shipped() -> dict[str, Entity]:
    """The objects of a new org by name; a fresh copy each time, since an org adds fields of its own."""
    entities: dict[str, Entity] = {}
    latest = ""
    for line in SHIPPED.strip().splitlines():
        words = line.split()
        if line.startswith("  "):
            entities[latest].add(_field(words))
            continue
        latest, prefix, label, *more = words
        feature = more[0][1:] if more else ""
        entity = Entity(name=latest, prefix=prefix, label=label.replace("_", " "), feature=feature)
        for one in _system_fields():
            entity.add(one)
        entities[latest] = entity
    return entities


def _system_fields() -> Iterator[Field]:
    types = ("id", "boolean", "datetime", "reference", "datetime", "datetime")
    for name, type in zip(SYSTEM, types, strict=True):
        refers_to = ("User",) if type == "reference" else ()
        yield Field(
            name=name, type=type, label=_label(name), refers_to=refers_to, can_create=False, can_update=False
        )


def _field(words: list[str]) -> Field:
    name, described, *flags = words
    type, _, argument = described.partition(":")
    found = Field(name=name, type=type, label=_label(name))
    if type == "reference":
        found.refers_to = tuple(argument.split(","))
    elif type == "closed":
        found.type, found.is_closed, found.values = "picklist", True, tuple(argument.split(","))
    elif argument:
        found.length = int(argument)
    for flag in flags:
        if flag in ("ro", "create"):
            found.can_update = False
            found.can_create = flag == "create"
        elif flag == "must":
            found.is_required = True
        elif flag.startswith("?"):
            found.feature = flag[1:]
        else:
            found.default = flag[1:].replace("_", " ")
    return found


def _label(name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
    return words.removesuffix(" Id") + (" ID" if words.endswith(" Id") else "")
