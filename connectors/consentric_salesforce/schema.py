"""What the org has and the user may see: objects and fields by `describe`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consentric.sdk.errors import RemoteError, RemoteKind

from .client import SalesforceClient
from .soql import name

STAMP = "SystemModstamp"
"""When a record changed last, by people or by the system; indexed, and present on every object we read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as the user sees it."""

    type: str
    length: int
    is_updateable: bool
    help: str
    """The help text that people see beside the field; `describe` tells no description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One object as the user sees it; fields that field security hides are not there."""

    name: str
    prefix: str
    """First three characters of its ids."""
    is_createable: bool
    is_updateable: bool
    fields: Mapping[str, Field]

    def present(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are fields, in their order and once."""
        return tuple(one for one in dict.fromkeys(names) if one in self.fields)


class Schema:
    """Asks for each object once; make one per read, so that what was hidden meanwhile is noticed."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._known: dict[str, Described | None] = {}

    def find(self, entity: str) -> Described | None:
        """The object, None when the org does not have it or the user may not see it."""
        if entity not in self._known:
            try:
                answer = self._client.get(f"sobjects/{name(entity)}/describe", f"{entity}.describe")
            except RemoteError as error:
                if error.status != 404 and not error.vendor_code.startswith("INSUFFICIENT_ACCESS"):
                    raise
                answer = None
            self._known[entity] = _described(entity, answer)
        return self._known[entity]

    def need(self, entity: str, fields: Iterable[str]) -> Described:
        """The object with fields that everything rests on.

        Raises:
            RemoteError: With kind FATAL, naming what is missing or hidden.
        """
        found = self.find(entity)
        if found is None:
            raise self._missing(f'object "{entity}"', entity)
        for field in fields:
            if field not in found.fields:
                raise self._missing(f'field "{field}" of {entity}', entity)
        return found

    def _missing(self, what: str, entity: str) -> RemoteError:
        account = self._client.context.connection
        return RemoteError(
            f'connection "{account}": Salesforce has no {what}, or hides it',
            kind=RemoteKind.FATAL,
            account=account,
            operation=f"{entity}.describe",
            vendor_code="schema",
            hint=f"let the integration user read it, then  consentric doctor --only {account}",
            code="CS106",
        )


def lost_field(entity: str, field: str) -> str:
    """The reason an enumeration is incomplete when a configured field is gone."""
    return f'the field "{field}" of {entity} is gone from Salesforce or hidden from the user'


def _described(entity: str, answer: object) -> Described | None:
    if not isinstance(answer, dict):
        return None
    rows = [row for row in answer.get("fields") or () if isinstance(row, dict) and row.get("name")]
    return Described(
        name=entity,
        prefix=str(answer.get("keyPrefix") or ""),
        is_createable=answer.get("createable") is True,
        is_updateable=answer.get("updateable") is True,
        fields={
            str(row["name"]): Field(
                type=str(row.get("type") or ""),
                length=int(row.get("length") or 0),
                is_updateable=row.get("updateable") is True,
                help=str(row.get("inlineHelpText") or ""),
            )
            for row in rows
        },
    )
