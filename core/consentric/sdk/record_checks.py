"""What is wrong with a record that a connector yielded: its types at run time, said without its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from .records import (
    Activity,
    ActivityKind,
    Bookmark,
    Complete,
    ConsentEvent,
    ConsentState,
    Contact,
    Counting,
    Deletion,
    Grade,
    Incomplete,
    Merge,
    Objection,
    RecordRef,
)

Kind = Literal["contacts", "activities", "consents"]
Check = Callable[[Any], str]
"""Gives what is wrong with a value, as `is no text`; an empty text when nothing is."""

_LARGEST_AMOUNT = Decimal(10) ** 13
"""A tenth of what the analytics tables hold in minor units of any currency."""
_BELONGS: Mapping[type, tuple[Kind, ...]] = {
    Contact: ("contacts",),
    Activity: ("activities",),
    ConsentEvent: ("contacts", "consents"),
}
"""Streams that a record may come in; others come in any."""


def fault_of(record: object, kind: Kind, *, partition: str | None = None) -> str:
    """What is wrong with one yielded object, or an empty text; values never stand in it.

    Args:
        record: Anything at all.
        kind: Kind of the stream it came in.
        partition: Of the stream, where contacts must be of it.

    >>> fault_of({"id": "7"}, "contacts")
    'a dict, which is no record'
    >>> fault_of(Deletion(record=RecordRef(object="contact", id="7")), "contacts")
    ''
    """
    name = type(record).__name__
    checks = _CHECKS.get(type(record))
    if checks is None:
        return f"{_article(name)} {name}, which is no record"
    if kind not in _BELONGS.get(type(record), (kind,)):
        return f"{_article(name)} {name} in a stream of {kind}"
    for attribute, check in checks.items():
        fault = check(getattr(record, attribute))
        if fault:
            return f'{_article(name)} {name} whose "{attribute}" {fault}'
    return _fault_of_whole(record, partition)


def _fault_of_whole(record: object, partition: str | None) -> str:
    """What is wrong between the fields of a record."""
    if isinstance(record, Contact) and partition is not None and record.ref.partition != partition:
        return 'a Contact whose "ref" is of another partition than its stream'
    if isinstance(record, ConsentEvent) and record.record is None:
        return "a ConsentEvent outside a contact that names no record"
    if isinstance(record, ConsentEvent) and _grants_everything(record):
        return 'a ConsentEvent for every purpose ("*") that is no denial'
    if isinstance(record, Merge) and record.loser == record.winner:
        return "a Merge of a record with itself"
    return ""


def _article(name: str) -> str:
    return "an" if name[:1] in "AEIOUaeiou" else "a"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "is no text" if not isinstance(value, str) else "is empty"
    return _any_text(value)


def _any_text(value: Any) -> str:
    if not isinstance(value, str):
        return f"is {_article(type(value).__name__)} {type(value).__name__}, no text"
    if value.isascii():
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half a character, which no file can keep"
    return ""


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "is neither True nor False"


def _count(value: Any) -> str:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_count else "is no number of records"


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        return "is no datetime"
    if value.utcoffset() is None:
        return "has no time zone"
    return "" if 2 <= value.year <= 9998 else "lies outside all calendars"


def _day(value: Any) -> str:
    return "" if isinstance(value, date) and not isinstance(value, datetime) else "is no date"


def _country(value: Any) -> str:
    is_code = isinstance(value, str) and len(value) == 2 and value.isascii() and value.isupper()
    return "" if is_code else "is no ISO 3166-1 code of two capitals"


def _currency(value: Any) -> str:
    is_code = isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()
    return "" if is_code else "is no ISO 4217 code of three capitals"


def _amount(value: Any) -> str:
    if not isinstance(value, Decimal):
        return f"is {_article(type(value).__name__)} {type(value).__name__}, no Decimal"
    return "" if value.is_finite() and abs(value) < _LARGEST_AMOUNT else "is no amount of money"


def _ref(value: Any) -> str:
    if not isinstance(value, RecordRef):
        return "is no RecordRef"
    for part, check in (("object", _text), ("id", _text), ("partition", _any_text)):
        fault = check(getattr(value, part))
        if fault:
            return f"has {_article(part)} {part} that {fault}"
    return ""


def _maybe(check: Check) -> Check:
    return lambda value: "" if value is None else check(value)


def _one_of(choices: Any) -> Check:
    known = get_args(choices)

    def check(value: Any) -> str:
        return "" if isinstance(value, str) and value in known else f"is none of {', '.join(known)}"

    return check


def _mapping(check: Check) -> Check:
    def inside(value: Any) -> str:
        if not isinstance(value, Mapping):
            return "is no mapping"
        for key, item in value.items():
            fault = _text(key) or check(item)
            if fault:
                return f"holds something that {fault}"
        return ""

    return inside


def _tuple_of(kind: type[ConsentEvent] | type[Objection]) -> Check:
    def inside(value: Any) -> str:
        if not isinstance(value, tuple):
            return "is no tuple"
        for item in value:
            if type(item) is not kind:
                return f"holds something that is no {kind.__name__}"
            for attribute, check in _INSIDE[kind].items():
                fault = check(getattr(item, attribute))
                if fault:
                    return f'has one whose "{attribute}" {fault}'
            if isinstance(item, ConsentEvent) and _grants_everything(item):
                return 'has one for every purpose ("*") that is no denial'
        return ""

    return inside


def _grants_everything(event: ConsentEvent) -> bool:
    return event.purpose == "*" and event.state not in ("denied", "withdrawn")


def _field(value: Any) -> str:
    if isinstance(value, str):
        return _any_text(value)
    return "" if value is None or isinstance(value, int | date) else "is no text, number, flag or date"


def _nothing(value: Any) -> str:
    return "" if value is None else "is set, though it travels inside its contact"


_CONSENT: Mapping[str, Check] = {
    "state": _one_of(ConsentState),
    "purpose": _text,
    "channel": _text,
    "grade": _one_of(Grade),
    "occurred_at": _maybe(_moment),
    "method": _one_of(
        Literal["doi", "form", "preference_centre", "phone", "paper", "import", "crm_flag", "api"]
    ),
    "notice": _maybe(_any_text),
    "origin": _maybe(_any_text),
    "parental": _flag,
    "counts": _one_of(Counting),
}
_INSIDE: Mapping[type, Mapping[str, Check]] = {
    ConsentEvent: {**_CONSENT, "record": _nothing},
    Objection: {"kind": _one_of(Literal["21.1", "21.2"]), "received_at": _maybe(_moment)},
}
_CHECKS: Mapping[type, Mapping[str, Check]] = {
    Contact: {
        "ref": _ref,
        "email": _maybe(_any_text),
        "phone": _maybe(_any_text),
        "external_ids": _mapping(_any_text),
        "fields": _mapping(_field),
        "consents": _tuple_of(ConsentEvent),
        "objections": _tuple_of(Objection),
        "bounced": _flag,
        "created_at": _maybe(_moment),
        "last_contact_at": _maybe(_moment),
        "country": _maybe(_country),
        "birth_date": _maybe(_day),
        "optout_offered": _maybe(_flag),
        "is_complete": _flag,
    },
    Activity: {
        "record": _ref,
        "key": _text,
        "kind": _one_of(ActivityKind),
        "at": _moment,
        "amount": _maybe(_amount),
        "currency": _maybe(_currency),
        "order_number": _maybe(_any_text),
        "refund_of": _maybe(_any_text),
        "campaign": _maybe(_any_text),
        "category": _maybe(_any_text),
        "machine": _flag,
        "is_cancelled": _flag,
    },
    ConsentEvent: {**_CONSENT, "record": _maybe(_ref)},
    Merge: {"loser": _ref, "winner": _ref},
    Deletion: {"record": _ref, "at": _maybe(_moment)},
    Bookmark: {"watermark": _text, "tie": _maybe(_any_text)},
    Complete: {"count": _count},
    Incomplete: {"reason": _any_text},
}
