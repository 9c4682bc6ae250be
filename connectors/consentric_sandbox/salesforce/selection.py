"""Runs a query that was read: checks every name and value against the schema, filters, sorts, shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from .api import ApiError
from .catalogue import Visible
from .ids import known_id
from .schema import NUMBERS, Field
from .soql import Comparison, Condition, Junction, Ordering, Query, Value, malformed
from .state import SalesforceState
from .tables import Row
from .times import day, parsed, stamp

Getter = Callable[[Row], Any]
Test = Callable[[Row], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


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
            raise ApiError(400, "INVALID_FIELD", f"duplicate field selected: {double}")
        self._ids: list[str] | None = None
        self._test = None if query.condition is None else self._tested(query.condition)
        self._find_ids(query.condition)

    def rows(self, *, with_deleted: bool) -> list[Row]:
        """The records in the order asked for, by id where nothing else decides."""
        table = self.state.tables[self.entity.name]
        candidates: Iterable[Row] = table.each(with_deleted=with_deleted)
        if self._ids is not None:
            found = (table.rows.get(id) for id in dict.fromkeys(self._ids))
            candidates = [row for row in found if row is not None and (with_deleted or not row.deleted)]
        rows = list(candidates) if self._test is None else [row for row in candidates if self._test(row)]
        rows.sort(key=attrgetter("id"))
        for ordering in reversed(self.query.order):
            rows = self._ordered(rows, ordering)
        start, limit = self.query.offset, self.query.limit
        return rows[start : None if limit is None else start + limit]

    def visible_rows(self, *, with_deleted: bool) -> list[Row]:
        """The records as an end point gives them: archived activities show in queryAll only."""
        rows = self.rows(with_deleted=with_deleted)
        if with_deleted or self.entity.name not in ("Task", "Event"):
            return rows
        return [row for row in rows if not row.values.get("IsArchived")]

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
        raise ApiError(
            400,
            "INVALID_FIELD",
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
            return self._compared(condition)
        tests = [self._tested(part) for part in condition.parts]
        if condition.word == "not":
            return lambda row: not tests[0](row)
        if condition.word == "and":
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)

    def _compared(self, one: Comparison) -> Test:
        column = self._column(one.field)
        field, read = column.field, column.value
        if not field.can_filter:
            raise _invalid(f"field '{field.name}' can not be filtered in a query call")
        if one.operator in ("includes", "excludes"):
            return _chosen(field, read, one)
        if one.operator == "like":
            return _like(field, read, one.values[0])
        wanted = [_comparable(field, value) for value in one.values]
        fold = _folded if field.type not in NUMBERS | {"boolean", "id", "reference"} else _itself
        if one.operator in ("=", "in"):
            several = {fold(value) for value in wanted}
            return lambda row: fold(read(row)) in several
        if one.operator in ("!=", "not in"):
            others = {fold(value) for value in wanted}
            return lambda row: fold(read(row)) not in others
        if field.type in ("boolean", "multipicklist") or wanted[0] is None:
            raise _bad_operator(field)
        compare, limit = _COMPARE[one.operator], fold(wanted[0])

        def test(row: Row) -> bool:
            value = read(row)
            return value is not None and compare(fold(value), limit)

        return test

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
            raise _invalid(f"field '{column.field.name}' can not be sorted in a query call")
        empty = [row for row in rows if column.value(row) is None]
        filled = [row for row in rows if column.value(row) is not None]
        filled.sort(key=lambda row: _folded(column.value(row)), reverse=ordering.is_descending)
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
    return _invalid(
        f"\n{name}\n^\nERROR at Row:1:Column:1\nNo such column '{name}' on entity '{entity}'. If you are"
        " attempting to use a custom field, be sure to append the '__c' after the custom field name. Please"
        " reference your WSDL or the describe call for the appropriate names."
    )


def _invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_FIELD", message)


def _bad_operator(field: Field) -> ApiError:
    return ApiError(
        400, "INVALID_QUERY_FILTER_OPERATOR", f"filter operator not valid for field '{field.name}'"
    )


def _itself(value: Any) -> Any:
    return value


def _folded(value: Any) -> Any:
    """Texts are compared and sorted without regard to letter case."""
    return value.lower() if isinstance(value, str) else value


def _through(way: Getter, read: Getter) -> Getter:
    def value(row: Row) -> Any:
        parent = way(row)
        return None if parent is None else read(parent)

    return value


def _like(field: Field, read: Getter, value: Value) -> Test:
    if field.type in NUMBERS | {"boolean", "date", "datetime", "id", "reference"} or value.kind != "string":
        raise _bad_operator(field)
    pattern = re.compile(value.pattern, re.IGNORECASE | re.DOTALL)
    return lambda row: (text := read(row)) is not None and pattern.fullmatch(text) is not None


def _chosen(field: Field, read: Getter, one: Comparison) -> Test:
    if field.type != "multipicklist" or any(value.kind != "string" for value in one.values):
        raise _bad_operator(field)
    # `a;b` asks for records with both, several values for records with any of them.
    wanted = [set(value.text.split(";")) for value in one.values]

    def includes(row: Row) -> bool:
        has = set((read(row) or "").split(";"))
        return any(has >= some for some in wanted)

    return includes if one.operator == "includes" else lambda row: not includes(row)


def _comparable(field: Field, value: Value) -> Any:
    """A literal in the form in which the field's values are kept.

    Raises:
        ApiError: 400 for a literal of another type, in or out of quotes.
    """
    if value.kind == "null" or (value.kind == "string" and value.text == ""):
        return None
    expected = {"datetime": "dateTime", "date": "date", "boolean": "boolean"}.get(field.type, field.type)
    kinds = {"datetime": "datetime", "date": "date", "boolean": "boolean"}
    kind = "number" if field.type in NUMBERS else kinds.get(field.type, "string")
    if value.kind != kind:
        quoted = "should be" if kind == "string" else "should not be"
        raise _invalid(
            f"value of filter criterion for field '{field.name}' must be of type {expected} and {quoted}"
            " enclosed in quotes"
        )
    if kind == "number":
        return float(value.text)
    if kind == "boolean":
        return value.text == "true"
    if field.type in ("id", "reference"):
        id = known_id(value.text)
        if id is None:
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.text}")
        return id
    return _moment(kind, value.text)


def _moment(kind: str, text: str) -> str:
    if kind == "datetime":
        at = parsed(text)
        if at is None:
            raise malformed(f"unexpected token: '{text}'")
        return stamp(at)
    if kind == "date" and day(text) is None:
        raise malformed(f"unexpected token: '{text}'")
    return text
