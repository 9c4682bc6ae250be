"""What a no takes off between two nights: the labels of the sets it speaks of, on whoever carries some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from consentric.control.ownership import MirrorRow, Owned, put_mirror, put_owned
from consentric.control.store import ControlStore
from consentric.sync.wanted import Wanted
from consentric.sync.withdrawals import standing_denials

ANN, BOB = b"a" * 16, b"b" * 16
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DENIED = Wanted(
    rref=ANN, set="rfm5", segment="loyal", from_run="r1", reason="CONSENT_WITHDRAWN", effect="remove"
)
MOVING = Wanted(rref=ANN, set="rhythm", segment="late", from_run="r2", reason="", effect="")


@pytest.fixture
def store(tmp_path) -> Iterator[ControlStore]:
    opened = ControlStore.open(tmp_path / "control.sqlite")
    carried = (("field:rfm5", "loyal"), ("list:rfm5.loyal", "member"), ("field:rhythm", "regular"))
    with opened.transaction() as database:
        for label, shown in carried:
            segment = "loyal" if "rfm5" in label else "regular"
            since = date(2026, 6, 1)
            put_owned(
                database, "crm", Owned(rref=ANN, label=label, segment=segment, previous="", since=since)
            )
            row = MirrorRow(rref=ANN, target=label, value_hash=opened.hash_value(shown))
            put_mirror(database, "crm", [row], observed_at=NOW)
    yield opened
    opened.close()


def taken_off(store: ControlStore, *rows: Wanted) -> list[tuple[str, str]]:
    return [(op.verb, op.target) for op in standing_denials(store, "crm", rows)]


def test_a_no_to_one_set_moves_nothing_in_another(store: ControlStore) -> None:
    assert taken_off(store, DENIED, MOVING) == [("clear", "field:rfm5"), ("remove", "list:rfm5.loyal")]


def test_labels_of_a_set_that_is_no_longer_configured_go_with_a_no_to_all_the_others(
    store: ControlStore,
) -> None:
    assert taken_off(store, DENIED) == [
        ("clear", "field:rfm5"),
        ("remove", "list:rfm5.loyal"),
        ("clear", "field:rhythm"),
    ]


def test_who_carries_nothing_has_nothing_to_lose(store: ControlStore) -> None:
    assert taken_off(store, replace(DENIED, rref=BOB)) == []


def test_what_only_follows_from_age_waits_for_the_night(store: ControlStore) -> None:
    assert taken_off(store, replace(DENIED, reason="CONSENT_EXPIRED", effect="expire"), MOVING) == []
