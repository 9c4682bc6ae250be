"""Checks what one section says against the others: names that must exist, and rules that join them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from consentric.sdk.errors import Fault
from consentric_privacy.settings import SHIPPED

from .documents import Document
from .plugin_manager import did_you_mean
from .toml_places import Path as KeyPath

Found = tuple[KeyPath, Fault]

_EACH = "*"

REFERENCES: tuple[tuple[KeyPath, str], ...] = (
    (("purpose", _EACH, "authorities", _EACH), "connection"),
    (("purpose", _EACH, "accepted_notices", _EACH), "notice"),
    (("evidence", _EACH, "source"), "connection"),
    (("evidence", _EACH, "notice"), "notice"),
    (("field", _EACH, "connection"), "connection"),
    (("field", _EACH, "purpose"), "purpose"),
    (("purchases", "from", _EACH), "connection"),
    (("segment_set", _EACH, "purpose"), "purpose"),
    (("segment", _EACH, "set"), "segment set"),
    (("destination", _EACH, "to"), "connection"),
    (("destination", _EACH, "sets", _EACH), "segment set"),
    (("destination", _EACH, "purpose"), "purpose"),
    (("report", "set"), "segment set"),
    (("connections", _EACH, "consents", _EACH), "purpose"),
    (("selection", _EACH, "purpose"), "purpose"),
    (("selection", _EACH, "connection"), "connection"),
)
"""Every setting that names something defined elsewhere in the configuration, and what it names."""

_NAMED_BY = {
    "purpose": ("purpose", "id"),
    "notice": ("notice", "id"),
    "segment set": ("segment_set", "name"),
    "destination": ("destination", "name"),
    "persona": ("persona", "key"),
    "selection": ("selection", "name"),
}


def cross_faults(document: Document) -> list[Found]:
    """All faults between sections; works on a document whose sections have faults of their own."""
    checks: tuple[Callable[[Document], Iterator[Found]], ...] = (
        _unknown_names,
        _names_taken_twice,
        _channels,
        _special_fields,
    )
    return [found for check in checks for found in check(document)]


def refusals(document: Document) -> list[Found]:
    """What is missing so that people could be segmented or labelled at all.

    No command but `config check` stops for it: the gate denies with the effect `refuse`, destinations stop
    with exit 2, and a person's own no is carried out all the same.
    """
    return [*_transfers(document), *_assessments(document)]


def names_of(document: Document, kind: str) -> list[str]:
    """The names of all things of a kind that the configuration defines."""
    if kind == "connection":
        connections = document.content.get("connections")
        return list(connections) if isinstance(connections, dict) else []
    section, key = _NAMED_BY[kind]
    return [str(row[key]) for _, row in _rows(document, section) if isinstance(row.get(key), str)]


def _unknown_names(document: Document) -> Iterator[Found]:
    for pattern, kind in REFERENCES:
        known = names_of(document, kind)
        for path, value in _matching(document.content, pattern):
            if isinstance(value, str) and value not in known:
                hint = did_you_mean(value, known) or f"there are: {', '.join(known) or 'none'}"
                fault = Fault(
                    f'no {kind} is named "{value}"', where=document.where(path), hint=hint, code="CS205"
                )
                yield path, fault


def _names_taken_twice(document: Document) -> Iterator[Found]:
    keys = [(section, (key,)) for section, key in _NAMED_BY.values()] + [("segment", ("set", "key"))]
    for section, parts in keys:
        seen: dict[tuple[Any, ...], KeyPath] = {}
        for index, row in _rows(document, section):
            name = tuple(row.get(part) for part in parts)
            path: KeyPath = (section, index, parts[-1])
            if None in name or any(not isinstance(part, str) for part in name):
                continue
            if name in seen:
                first = document.where(seen[name]).split("  ")[0]
                message = f'"{name[-1]}" is the {parts[-1]} of two [[{section}]]; the other is in {first}'
                yield path, Fault(message, where=document.where(path), hint="rename one", code="CS206")
            seen.setdefault(name, path)


def _channels(document: Document) -> Iterator[Found]:
    """A destination serves one channel of its purpose; a set is computed without contacting anybody."""
    purposes = _purposes(document)
    asked = [
        (section, index, row, row.get("channel"), "channel")
        for section in ("destination", "selection")
        for index, row in _rows(document, section)
    ]
    asked += [("segment_set", i, row, "none", "purpose") for i, row in _rows(document, "segment_set")]
    for section, index, row, channel, key in asked:
        purpose = purposes.get(str(row.get("purpose")))
        if purpose is None or not isinstance(channel, str) or channel in purpose["channels"]:
            continue
        path: KeyPath = (section, index, key)
        covered = ", ".join(map(str, purpose["channels"]))
        message = f'purpose "{row["purpose"]}" does not cover the channel "{channel}" (it covers: {covered})'
        yield path, Fault(message, where=document.where(path), code="CS207")


def _purposes(document: Document) -> dict[str, dict[str, Any]]:
    """The purposes by id, completed as their model completes them."""
    found = {}
    for _, row in _rows(document, "purpose"):
        whole = {"channels": ["none"], "basis": [], **SHIPPED.get(str(row.get("id")), {}), **row}
        if "channel" in row:
            whole["channels"] = [row["channel"]]
        found[str(row.get("id"))] = whole
    return found


def _assessments(document: Document) -> Iterator[Found]:
    for index, row in _rows(document, "purpose"):
        if row.get("basis") == ["legitimate_interest"] and "assessment" not in row:
            path: KeyPath = ("purpose", index, "assessment")
            fault = Fault(
                f'purpose "{row.get("id")}" rests on legitimate interest alone and names no assessment of it',
                where=document.where(path),
                hint='add  assessment = "file:NAME", the signed balancing test (GDPR art. 6(1)(f))',
                code="CS216",
            )
            yield path, fault


def _transfers(document: Document) -> Iterator[Found]:
    for index, row in _rows(document, "destination"):
        if "transfer" not in row:
            path: KeyPath = ("destination", index, "transfer")
            fault = Fault(
                f'destination "{row.get("name", "")}" names no ground for the transfer of personal data'
                " (GDPR chapter V)",
                where=document.where(path),
                hint='add  transfer = "eea", "adequacy", "scc" or "bcr"',
                code="CS215",
            )
            yield path, fault


def _special_fields(document: Document) -> Iterator[Found]:
    purposes = _purposes(document)
    for index, row in _rows(document, "field"):
        purpose = purposes.get(str(row.get("purpose")))
        if row.get("class") != "special" or purpose is None:
            continue
        if purpose["basis"] != ["consent"] or purpose.get("special_category") is not True:
            path: KeyPath = ("field", index, "purpose")
            fault = Fault(
                f'purpose "{row["purpose"]}" cannot cover a special category of data (GDPR art. 9)',
                where=document.where(path),
                hint='the purpose needs  basis = ["consent"]  and  special_category = true',
                code="CS208",
            )
            yield path, fault


def _rows(document: Document, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = document.content.get(section)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield index, row


def _matching(value: Any, pattern: KeyPath, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    if not pattern:
        yield path, value
        return
    head, rest = pattern[0], pattern[1:]
    if head == _EACH:
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        )
        for key, inner in pairs:
            yield from _matching(inner, rest, (*path, key))
    elif isinstance(value, dict) and head in value:
        yield from _matching(value[head], rest, (*path, head))
