"""Which label each record should carry, from memberships and permissions in a real warehouse."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from consentric.sync.settings import DestinationSettings
from consentric.sync.wanted import read_wanted
from consentric.warehouse import results
from consentric.warehouse.store import Warehouse

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PAST, FUTURE = datetime(2026, 11, 21, 2, 0), datetime(2026, 11, 22)  # noqa: DTZ001 - as DuckDB keeps UTC
PROCESS = ("segmentation", "none", "process")
SET_WRITES = ("segmentation", "none", "write_back")
MAIL_WRITES = ("email_marketing", "email", "write_back")
ALLOW = ("ALLOW", "LEGITIMATE_INTEREST", None, None)


def rref(name: str) -> bytes:
    return name.encode().ljust(16, b"_")


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse.open(tmp_path, memory_limit_mb=200, threads=1) as opened:
        yield opened


def put_people(warehouse, *names, account="hubspot"):
    rows = [
        {
            "rref": rref(name),
            "pid": f"p-{name.split('.')[0]}",
            "account": account,
            "object": "contact",
            "partition": "",
            "live": True,
        }
        for name in names
    ]
    warehouse.put_records(pa.Table.from_pylist(rows))


def permit(warehouse, name, **answers):
    """All three questions allowed, but for those given by name as (verdict, reason, effect, valid_until)."""
    rows = []
    for key, question in (("process", PROCESS), ("set", SET_WRITES), ("mail", MAIL_WRITES)):
        answer = answers.get(key, ALLOW)
        if answer is not None:
            verdict, reason, effect, valid_until = answer
            purpose, channel, action = question
            rows.append(
                {
                    "pid": f"p-{name}",
                    "purpose": purpose,
                    "channel": channel,
                    "action": action,
                    "verdict": verdict,
                    "reason": reason,
                    "effect": effect,
                    "valid_until": valid_until,
                }
            )
    schema = pa.schema(
        [(n, pa.string()) for n in ("pid", "purpose", "channel", "action", "verdict", "reason", "effect")]
        + [("valid_until", pa.timestamp("us"))]
    )
    warehouse.put_permissions(pa.Table.from_pylist(rows, schema=schema))


def note_computed(warehouse, *sets):
    results.note_computed(warehouse.connection, sets)


def put_member(warehouse, name, segment, *, to_run=None, set_name="rfm5"):
    note_computed(warehouse, "rfm5", "value")
    warehouse.connection.execute(
        "INSERT INTO membership SELECT ?, subject, ?, 'run-1', ? FROM subject WHERE pid = ?",
        [set_name, segment, to_run, f"p-{name}"],
    )


def wanted(warehouse, sets=None, account="hubspot", is_covered=True):
    purposes = sets or {"rfm5": "segmentation"}
    destination = DestinationSettings(
        name="prod",
        to=account,
        sets=tuple(purposes),
        purpose="email_marketing",
        channel="email",
        transfer="eea" if is_covered else None,
    )
    rows = read_wanted(warehouse.connection, destination, purposes=purposes, at=AT)
    return [(row.rref.rstrip(b"_").decode(), row.set, row.segment, row.reason, row.effect) for row in rows]


def test_member_whom_both_purposes_allow_gets_the_label(warehouse):
    put_people(warehouse, "ann")
    permit(warehouse, "ann")
    put_member(warehouse, "ann", "loyal")
    assert wanted(warehouse) == [("ann", "rfm5", "loyal", "", "")]


def test_without_a_ground_for_the_transfer_what_is_allowed_is_refused_and_a_no_stays_a_no(warehouse):
    put_people(warehouse, "ann", "bob")
    permit(warehouse, "ann")
    permit(warehouse, "bob", mail=("DENY", "CONSENT_WITHDRAWN", "remove", None))
    put_member(warehouse, "ann", "loyal")
    put_member(warehouse, "bob", "loyal")
    assert wanted(warehouse, is_covered=False) == [
        ("ann", "rfm5", "loyal", "TRANSFER_NOT_COVERED", "refuse"),
        ("bob", "rfm5", "loyal", "CONSENT_WITHDRAWN", "remove"),
    ]


def test_every_live_record_of_a_person_is_a_row_and_others_are_not(warehouse):
    put_people(warehouse, "ann", "ann.2", "ann.3")
    put_people(warehouse, "ann.4", account="other")
    warehouse.retire_records([rref("ann.3")])
    permit(warehouse, "ann")
    put_member(warehouse, "ann", "champions", to_run="run-2")
    put_member(warehouse, "ann", "loyal")
    assert wanted(warehouse) == [("ann.2", "rfm5", "loyal", "", ""), ("ann", "rfm5", "loyal", "", "")]


DENIALS = {
    "remove": ("DENY", "CONSENT_WITHDRAWN", "remove", None),
    "refuse": ("DENY", "LIA_MISSING", "refuse", None),
    "expire": ("DENY", "CONSENT_EXPIRED", "expire", None),
    "hold": ("DENY", "SOURCE_STALE", "hold", None),
}


@pytest.mark.parametrize("question", ["process", "set", "mail"])
@pytest.mark.parametrize("effect", list(DENIALS))
def test_denial_of_any_of_the_three_questions_counts(warehouse, question, effect):
    put_people(warehouse, "ann")
    permit(warehouse, "ann", **{question: DENIALS[effect]})
    put_member(warehouse, "ann", "loyal")
    assert wanted(warehouse) == [("ann", "rfm5", "loyal", DENIALS[effect][1], effect)]


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ("hold", "remove", "remove"),
        ("expire", "refuse", "refuse"),
        ("hold", "expire", "expire"),
        ("refuse", "remove", "remove"),
    ],
)
def test_of_two_effects_the_stronger_counts(warehouse, first, second, counts):
    put_people(warehouse, "ann", "bob")
    permit(warehouse, "ann", set=DENIALS[first], mail=DENIALS[second])
    permit(warehouse, "bob", set=DENIALS[second], mail=DENIALS[first])
    put_member(warehouse, "ann", "loyal")
    assert [(row[3], row[4]) for row in wanted(warehouse)] == [(DENIALS[counts][1], counts)] * 2


@pytest.mark.parametrize("question", ["process", "set", "mail"])
def test_missing_permission_is_a_hold(warehouse, question):
    put_people(warehouse, "ann")
    permit(warehouse, "ann", **{question: None})
    put_member(warehouse, "ann", "loyal")
    assert wanted(warehouse) == [("ann", "rfm5", "loyal", "PERMISSION_MISSING", "hold")]


def test_permission_that_ran_out_is_a_hold_and_one_that_will_is_not(warehouse):
    put_people(warehouse, "ann", "bob")
    permit(warehouse, "ann", mail=("ALLOW", "CONSENT_VALID", None, PAST))
    permit(warehouse, "bob", mail=("ALLOW", "CONSENT_VALID", None, FUTURE))
    put_member(warehouse, "ann", "loyal")
    put_member(warehouse, "bob", "loyal")
    assert wanted(warehouse) == [
        ("ann", "rfm5", "loyal", "PERMISSION_OUTDATED", "hold"),
        ("bob", "rfm5", "loyal", "", ""),
    ]


def test_set_that_was_never_computed_is_a_hold_but_a_no_still_counts(warehouse):
    put_people(warehouse, "ann", "bob")
    permit(warehouse, "ann")
    permit(warehouse, "bob", mail=DENIALS["remove"])
    assert wanted(warehouse) == [
        ("ann", "rfm5", None, "SEGMENTS_NOT_COMPUTED", "hold"),
        ("bob", "rfm5", None, "CONSENT_WITHDRAWN", "remove"),
    ]


def test_set_that_was_computed_and_has_nobody_anywhere_is_no_hold(warehouse):
    put_people(warehouse, "ann")
    permit(warehouse, "ann")
    note_computed(warehouse, "rfm5")
    assert wanted(warehouse) == [("ann", "rfm5", None, "", "")]


def test_two_sets_of_two_purposes_are_judged_apart(warehouse):
    put_people(warehouse, "ann")
    permit(warehouse, "ann")
    put_member(warehouse, "ann", "loyal")
    put_member(warehouse, "ann", "high", set_name="value")
    assert wanted(warehouse, {"rfm5": "segmentation", "value": "pricing"}) == [
        ("ann", "rfm5", "loyal", "", ""),
        ("ann", "value", "high", "PERMISSION_MISSING", "hold"),
    ]
