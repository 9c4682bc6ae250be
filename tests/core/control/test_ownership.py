"""Mirror and ownership move together with their record, and a change of them makes plans stale."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from consentric.control.ownership import (
    MirrorRow,
    Owned,
    drop_owned,
    merged_records,
    mirror_rows,
    move_record,
    owned_by,
    owned_labels,
    put_mirror,
    put_owned,
    replace_mirror,
    revision,
)
from consentric.control.store import ControlStore
from consentric.sdk.errors import GuardError

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ANN, BOB = b"a" * 16, b"b" * 16
FIELD = "field:rfm5"


@pytest.fixture
def store(tmp_path):
    opened = ControlStore.open(tmp_path / "control.sqlite")
    yield opened
    opened.close()


def label(rref, segment="loyal", target=FIELD):
    return Owned(rref=rref, label=target, segment=segment, previous="new", since=date(2026, 11, 1))


def seen(rref, value=b"v" * 16, target=FIELD):
    return MirrorRow(rref=rref, target=target, value_hash=value)


def own(store, *labels):
    with store.transaction() as database:
        for one in labels:
            put_owned(database, "prod", one)


def test_owned_label_comes_back_as_written(store):
    own(store, label(BOB), label(ANN, "champions"))
    assert list(owned_labels(store, "prod")) == [label(ANN, "champions"), label(BOB)]
    assert owned_by(store, "prod", [BOB, b"c" * 16]) == {BOB: [label(BOB)]}
    assert list(owned_labels(store, "other")) == []


def test_dropped_label_is_no_longer_ours(store):
    own(store, label(ANN))
    with store.transaction() as database:
        drop_owned(database, "prod", ANN, FIELD)
    assert list(owned_labels(store, "prod")) == []


def test_damaged_row_of_ownership_stops_everything(store):
    own(store, label(ANN))
    store.connection.execute("UPDATE owned SET segment = 'other'")
    with pytest.raises(GuardError) as caught:
        list(owned_labels(store, "prod"))
    assert caught.value.code == "CS524"


def test_reading_the_same_labels_again_changes_nothing(store):
    assert replace_mirror(store, "prod", [seen(ANN), seen(BOB)], now=NOW) == 2
    assert revision(store, "prod") == 1
    assert replace_mirror(store, "prod", [seen(BOB), seen(ANN)], now=NOW) == 0
    assert revision(store, "prod") == 1


def test_label_that_a_human_removed_leaves_the_mirror_and_makes_plans_stale(store):
    replace_mirror(store, "prod", [seen(ANN), seen(BOB)], now=NOW)
    assert replace_mirror(store, "prod", [seen(BOB)], now=NOW) == 1
    assert list(mirror_rows(store, "prod")) == [seen(BOB)]
    assert revision(store, "prod") == 2


def test_empty_value_removes_the_row_of_the_mirror(store):
    with store.transaction() as database:
        put_mirror(database, "prod", [seen(ANN), seen(BOB)], observed_at=NOW)
        put_mirror(database, "prod", [seen(ANN, b"")], observed_at=NOW)
    assert list(mirror_rows(store, "prod")) == [seen(BOB)]


def test_merge_moves_labels_and_mirror_to_the_survivor(store):
    own(store, label(ANN), label(ANN, "member", "list:rfm5.loyal"), label(BOB, "champions"))
    replace_mirror(store, "prod", [seen(ANN), seen(ANN, b"m" * 16, "list:rfm5.loyal")], now=NOW)
    move_record(store, ANN, BOB)
    assert list(owned_labels(store, "prod")) == [
        label(BOB, "champions"),
        label(BOB, "member", "list:rfm5.loyal"),
    ]
    assert list(mirror_rows(store, "prod")) == [seen(BOB), seen(BOB, b"m" * 16, "list:rfm5.loyal")]
    assert merged_records(store, "prod") == {BOB}
    assert revision(store, "prod") == 2


def test_merge_told_twice_moves_once(store):
    own(store, label(ANN))
    move_record(store, ANN, BOB)
    move_record(store, ANN, BOB)
    assert list(owned_labels(store, "prod")) == [label(BOB)]
    assert revision(store, "prod") == 1


def test_of_two_labels_of_one_merge_the_one_that_the_crm_kept_is_ours(store):
    survivor = b"c" * 16
    own(store, label(ANN, "champions"), label(BOB, "dormant"))
    move_record(store, ANN, survivor)
    move_record(store, BOB, survivor)
    assert list(owned_labels(store, "prod")) == [label(survivor, "champions")]
    before = revision(store, "prod")
    replace_mirror(store, "prod", [seen(survivor, store.hash_value("dormant"))], now=NOW)
    assert list(owned_labels(store, "prod")) == [label(survivor, "dormant")]
    assert revision(store, "prod") > before
    replace_mirror(store, "prod", [seen(survivor, store.hash_value("champions"))], now=NOW)
    assert list(owned_labels(store, "prod")) == [label(survivor, "dormant")]


def test_what_a_first_merge_left_open_is_settled_after_a_second(store):
    first, second = b"c" * 16, b"d" * 16
    own(store, label(ANN, "champions"), label(BOB, "dormant"))
    move_record(store, ANN, first)
    move_record(store, BOB, first)
    move_record(store, first, second)
    replace_mirror(store, "prod", [seen(second, store.hash_value("dormant"))], now=NOW)
    assert list(owned_labels(store, "prod")) == [label(second, "dormant")]
