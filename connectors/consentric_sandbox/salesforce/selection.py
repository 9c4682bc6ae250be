"""Runs a query that was read: checks every name against the schema, filters, sorts, shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from .api import ApiError
from .catalogue import Visible
from .conditions import Getter, Test, compared, folded, invalid_field
from .ids import known_id
from .schema import Field
from .soql import Comparison, Condition, Junction, Ordering, Query
from .state import SalesforceState
from .tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One selected field: its spelled path, as `Account.Name`, and how a record's value is read."""

    path: tuple[str, ...]
    entities: tuple[str, ...]
    """Objects of the records on the way, for their `attributes`; empty for the record's own field."""
    parents: tuple[Getter, ...]
    field: Field
    value: Getter
    """None where a record on the way is missing."""


class Selection:
    """A query made ready to run; nothing in it is unknown any more."""

    def __init__(self, state: SalesforceState, query: Query) -> None:
        self.state = state
        self.query = query
        found = state.catalogue.entity(query.entity)
        if found is None:
            raise invalid_type(query.entity)
        self.entity = found
        self.columns = [self._column(name) for name in query.fields]
        names = [".".join(column.path).lower() for column in self.columns]
        if len(set(names)) < len(names):
            double = next(name for name in names if names.count(name) > 1)
            raise invalid_field(f"duplicate field selected: {double}")
        self._ids: list[str] | None = None
        self._test = None if query.condition is None else self._tested(query.condition)
        self._find_ids(query.condition)

    def rows(self, *, with_deleted: bool) -> list[Row]:
        """The records in the order asked for, by id where nothing else decides.

        With the deleted ones come archived tasks and events ("queryAll()", SOAP API guide).
        """
        table = self.state.tables[self.entity.name]
        candidates: Iterable[Row] = table.each(with_deleted=with_deleted)
        if self._ids is not None:
            found = (table.rows.get(id) for id in dict.fromkeys(self._ids))
            candidates = [row for row in found if row is not None and (with_deleted or not row.deleted)]
        if self.entity.name in ("Task", "Event") and not with_deleted:
            candidates = [row for row in candidates if not row.values.get("IsArchived")]
        rows = list(candidates) if self._test is None else [row for row in candidates if self._test(row)]
        rows.sort(key=attrgetter("id"))
        for ordering in reversed(self.query.order):
            rows = self._ordered(rows, ordering)
        start, limit = self.query.offset, self.query.limit
        return rows[start : None if limit is None else start + limit]

    def shown(self, row: Row, base: str) -> dict[str, Any]:
        """The JSON of a record: its attributes, then the fields in the order they were selected."""
        record: dict[str, Any] = {"attributes": attributes(self.entity.name, row.id, base)}
        for column in self.columns:
            if len(column.path) == 1:
                record[column.path[0]] = column.value(row)
            else:
                self._show_parent(record, column, row, base)
        return record

    def _show_parent(self, record: dict[str, Any], column: Column, row: Row, base: str) -> None:
        for name, entity, parent_of in zip(column.path, column.entities, column.parents, strict=False):
            parent = parent_of(row)
            if parent is None:
                record.setdefault(name, None)
                return
            inner = record.get(name)
            if inner is None:
                inner = record[name] = {"attributes": attributes(entity, parent.id, base)}
            record = inner
        record[column.path[-1]] = column.value(row)

    def _column(self, name: str) -> Column:
        """Finds a field, by way of parent records where its name has dots.

        Raises:
            ApiError: 400 INVALID_FIELD.
        """
        *steps, last = name.split(".")
        if steps and steps[0].lower() == self.entity.name.lower():
            steps = steps[1:]
        entity, spelled, entities, parents = self.entity, [], [], []
        way: Getter = _itself
        for step in steps:
            entity, link = self._parent(entity, step)
            way = self._followed(way, link, entity.name)
            spelled.append(link.relationship)
            entities.append(entity.name)
            parents.append(way)
        field = entity.field(last)
        if field is None:
            raise no_such_column(last, entity.name)
        read = self.state.value_of(entity.name, field)
        return Column(
            path=(*spelled, field.name),
            entities=tuple(entities),
            parents=tuple(parents),
            field=field,
            value=read if not steps else _through(way, read),
        )

    def _parent(self, entity: Visible, relationship: str) -> tuple[Visible, Field]:
        for field in entity.fields.values():
            if field.relationship and field.relationship.lower() == relationship.lower():
                parent = self.state.catalogue.entity(field.refers_to[0])
                if parent is not None:
                    return parent, field
        raise invalid_field(
            f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a"
            " custom relationship, be sure to append the '__r' after the custom relationship name.",
        )

    def _followed(self, way: Getter, link: Field, entity: str) -> Getter:
        rows = self.state.tables[entity].rows

        def parent(row: Row) -> Row | None:
            child = way(row)
            return None if child is None else rows.get(child.values.get(link.name, ""))

        return parent

    def _tested(self, condition: Condition) -> Test:
        if isinstance(condition, Comparison):
            column = self._column(condition.field)
            return compared(column.field, column.value, condition)
        tests = [self._tested(part) for part in condition.parts]
        if condition.word == "not":
            return lambda row: not tests[0](row)
        if condition.word == "and":
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)

    def _find_ids(self, condition: Condition | None) -> None:
        """Takes records by their id where every result must have one of a few."""
        parts = (
            condition.parts if isinstance(condition, Junction) and condition.word == "and" else (condition,)
        )
        for part in parts:
            if isinstance(part, Comparison) and part.operator in ("=", "in") and part.field.lower() == "id":
                self._ids = [known_id(value.text) or "" for value in part.values]

    def _ordered(self, rows: list[Row], ordering: Ordering) -> list[Row]:
        column = self._column(ordering.field)
        if not column.field.can_filter or column.field.type == "multipicklist":
            raise invalid_field(f"field '{column.field.name}' can not be sorted in a query call")
        empty = [row for row in rows if column.value(row) is None]
        filled = [row for row in rows if column.value(row) is not None]
        filled.sort(key=lambda row: folded(column.value(row)), reverse=ordering.is_descending)
        # Salesforce puts empty values first, in either direction, unless told otherwise.
        return filled + empty if ordering.has_nulls_last else empty + filled


def attributes(entity: str, id: str, base: str) -> dict[str, str]:
    """Type and address of a record, as every record in JSON begins."""
    return {"type": entity, "url": f"{base}/sobjects/{entity}/{id}"}


def invalid_type(name: str) -> ApiError:
    """The 400 of an object that does not exist for this user."""
    return ApiError(
        400,
        "INVALID_TYPE",
        f"\nFROM {name}\n     ^\nERROR at Row:1:Column:1\nsObject type '{name}' is not supported. If you are"
        " attempting to use a custom object, be sure to append the '__c' after the entity name. Please"
        " reference your WSDL or the describe call for the appropriate names.",
    )


def no_such_column(name: str, entity: str) -> ApiError:
    """The 400 of a field that does not exist for this user."""
    return invalid_field(
        f"\n{name}\n^\nERROR at Row:1:Column:1\nNo such column '{name}' on entity '{entity}'. If you are"
        " attempting to use a custom field, be sure to append the '__c' after the custom field name. Please"
        " reference your WSDL or the describe call for the appropriate names."
    )


def _itself(value: Any) -> Any:
    return value


def _through(way: Getter, read: Getter) -> Getter:
    def value(row: Row) -> Any:
        parent = way(row)
        return None if parent is None else read(parent)

    return value
