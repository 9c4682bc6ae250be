"""CRM search: filters, one sort, at most 200 a page and 10,000 a query, as "Search the CRM" describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .api import Answer, Request, fields, invalid, next_page
from .object_store import ObjectStore, StoredObject
from .objects import reader, shown
from .portal import Portal
from .properties import Property
from .search_index import Query, Test
from .values import instant, milliseconds

PAGE = 200
CEILING = 10_000
GROUPS, FILTERS, FILTERS_IN_ALL, QUERY_LENGTH = 5, 6, 18, 3_000
_BODY: dict[str, type | tuple[type, ...]] = {
    "query": str,
    "limit": int,
    "after": (str, int),
    "sorts": list,
    "properties": list,
    "filterGroups": list,
}
_FILTER: dict[str, type | tuple[type, ...]] = {
    "propertyName": str,
    "operator": str,
    "value": str,
    "values": list,
    "highValue": str,
}
_ONE_VALUE = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
_OPERATORS = _ONE_VALUE | {"BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}
_SEARCHED_BY_TEXT = ("email", "firstname", "lastname", "phone", "company")


def search(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/search`: never shows archived records, and may lag behind writes."""
    store = portal.store(request.params["type"])
    body = fields(request.body, _BODY)
    limit, after = body.get("limit", 10), str(body.get("after", "0") or "0")
    if not 1 <= limit <= PAGE:
        raise invalid(f"The requested page size of {limit} exceeds the maximum of {PAGE}")
    if not after.isdigit():
        raise invalid("after must be a number")
    offset = int(after)
    if offset + limit > CEILING:
        raise invalid(f"Paging through more than {CEILING} results of a search is not possible")
    query = _query(portal, store, body)
    text = json.dumps([body.get("filterGroups"), body.get("sorts"), body.get("query")], sort_keys=True)
    hits = portal.index.find(store, text, query)
    size = request.page_size(limit)
    show = reader(portal, store, body.get("properties") or [])
    views = [portal.index.seen(store, number) for number in hits[offset : offset + size]]
    answer: dict[str, Any] = {
        "total": len(hits),
        "results": [shown(view, show) for view in views if view is not None],
    }
    if offset + size < len(hits):
        answer["paging"] = next_page(str(offset + size), is_moved=size > 0)
    return 200, answer


def _query(portal: Portal, store: ObjectStore, body: Mapping[str, Any]) -> Query:
    groups = body.get("filterGroups", [])
    if len(groups) > GROUPS:
        raise invalid(f"at most {GROUPS} filterGroups are allowed")
    count, tests, spans = 0, [], []
    for group in groups:
        filters = fields(group, {"filters": list}, "filters")["filters"]
        count += len(filters)
        if len(filters) > FILTERS or count > FILTERS_IN_ALL:
            raise invalid(f"at most {FILTERS} filters a group and {FILTERS_IN_ALL} in all are allowed")
        tests.append([_test(portal, store, one) for one in filters])
        spans.append(_span(store, filters))
    words = body.get("query", "").lower()
    if len(words) > QUERY_LENGTH:
        raise invalid(f"query is limited to {QUERY_LENGTH} characters")
    if words:
        tests = [[*group, _mentions(words)] for group in tests or [[]]]
    key, is_descending, is_by_modification = _order(portal, store, body.get("sorts", []))
    return Query(
        groups=tests,
        key=key,
        is_descending=is_descending,
        is_by_modification=is_by_modification,
        first=min((first for first, _ in spans), default=""),
        last=max((last for _, last in spans), default="~"),
    )


def _definition(portal: Portal, store: ObjectStore, name: str) -> Property:
    definition = portal.state.properties[store.name].get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: no property named {name}")
    return definition


def value_of(store: ObjectStore, name: str) -> Callable[[StoredObject], str]:
    """A function that gives a property of a record as text, system properties included."""
    if name == "hs_object_id":
        return lambda record: str(record.id)
    if name == store.modified_property:
        return lambda record: record.updated_at
    if name == store.created_property:
        return lambda record: record.created_at
    return lambda record: record.properties.get(name, "")


def _test(portal: Portal, store: ObjectStore, raw: Any) -> Test:
    wanted = fields(raw, _FILTER, "propertyName", "operator")
    operator, name = wanted["operator"], wanted["propertyName"]
    if operator not in _OPERATORS:
        raise invalid(f"operator must be one of {sorted(_OPERATORS)}")
    if operator in _ONE_VALUE and "value" not in wanted:
        raise invalid(f"{operator} needs a value")
    definition = _definition(portal, store, name)
    read = value_of(store, name)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        is_wanted = operator == "HAS_PROPERTY"
        return lambda record: (read(record) != "") is is_wanted
    if operator in ("IN", "NOT_IN"):
        values = wanted.get("values")
        if not values:
            raise invalid(f"{operator} needs values")
        return _membership(read, frozenset(values), is_in=operator == "IN")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        return _token(read, wanted["value"], is_in=operator == "CONTAINS_TOKEN")
    return _comparison(definition, read, wanted)


def _membership(read: Callable[[StoredObject], str], values: frozenset[str], *, is_in: bool) -> Test:
    # Text is compared in lower case against the values as given: give them in lower case.
    def test(record: StoredObject) -> bool:
        value = read(record)
        found = any(part in values or part.lower() in values for part in value.split(";")) if value else False
        return found is is_in

    return test


def _token(read: Callable[[StoredObject], str], value: str, *, is_in: bool) -> Test:
    pattern = re.compile(re.escape(value.lower()).replace(r"\*", ".*"))

    def test(record: StoredObject) -> bool:
        tokens = re.split(r"[\s;,@]+", read(record).lower())
        return any(pattern.fullmatch(token) for token in tokens) is is_in

    return test


def _comparison(definition: Property, read: Callable[[StoredObject], str], wanted: Mapping[str, Any]) -> Test:
    operator, convert = wanted["operator"], _converter(definition)
    low = _converted(convert, wanted.get("value", ""), definition.name)
    if operator == "BETWEEN":
        high = _converted(convert, wanted.get("highValue", ""), definition.name)
        return lambda record: (value := convert(read(record))) is not None and low <= value <= high
    if operator == "NEQ":
        return lambda record: convert(read(record)) != low
    compare: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda value: value == low,
        "LT": lambda value: value < low,
        "LTE": lambda value: value <= low,
        "GT": lambda value: value > low,
        "GTE": lambda value: value >= low,
    }
    chosen = compare[operator]
    return lambda record: (value := convert(read(record))) is not None and chosen(value)


def _converter(definition: Property) -> Callable[[str], Any]:
    # hs_object_id is compared as text, so "9" comes after "10" (airbyte: keyset on the raw last id).
    if definition.name == "hs_object_id":
        return lambda text: text or None
    if definition.type in ("date", "datetime"):
        return lambda text: milliseconds(text) if text else None
    if definition.type == "number":
        return lambda text: float(text) if text else None
    return lambda text: text.lower() or None


def _converted(convert: Callable[[str], Any], text: str, name: str) -> Any:
    try:
        value = convert(text)
    except ValueError:
        value = None
    if value is None:
        raise invalid(f"the value for {name} cannot be compared")
    return value


def _span(store: ObjectStore, filters: list[Any]) -> tuple[str, str]:
    """Bounds of the modification time that this group implies, for the sorted index."""
    first, last = "", "~"
    for one in filters:
        if one["propertyName"] != store.modified_property:
            continue
        low = milliseconds(one.get("value", "") or "x")
        if low is None:
            continue
        if one["operator"] in ("GTE", "GT", "EQ", "BETWEEN"):
            first = max(first, instant(low))
        high = milliseconds(one.get("highValue", "") or "x") if one["operator"] == "BETWEEN" else low
        if one["operator"] in ("LTE", "LT", "EQ", "BETWEEN") and high is not None:
            last = min(last, instant(high))
    return first, last


def _order(
    portal: Portal, store: ObjectStore, sorts: list[Any]
) -> tuple[Callable[[StoredObject], tuple[object, ...]], bool, bool]:
    if len(sorts) > 1:
        raise invalid("only one sort is allowed")
    if not sorts:
        return lambda record: (record.created_at, record.id), False, False
    if isinstance(sorts[0], str):
        name, direction = sorts[0].removeprefix("-"), "DESCENDING" if sorts[0][:1] == "-" else "ASCENDING"
    else:
        wanted = fields(sorts[0], {"propertyName": str, "direction": str}, "propertyName")
        name, direction = wanted["propertyName"], wanted.get("direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise invalid("direction must be ASCENDING or DESCENDING")
    definition = _definition(portal, store, name)
    read, convert = value_of(store, name), _converter(definition)

    def key(record: StoredObject) -> tuple[object, ...]:
        value = convert(read(record))
        return (value is not None, value if value is not None else 0, record.id)

    return key, direction == "DESCENDING", name == store.modified_property


def _mentions(words: str) -> Test:
    return lambda record: any(words in record.properties.get(name, "").lower() for name in _SEARCHED_BY_TEXT)
