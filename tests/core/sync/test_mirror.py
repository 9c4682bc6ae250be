"""Reading labels back: what humans changed is known, what they put there is not taken for ours."""

from __future__ import annotations

import pytest

from consentric.control.ownership import mirror_rows, revision
from consentric.sdk.errors import RemoteError, RemoteKind


def test_labels_that_stand_as_written_change_nothing(world):
    world.sync()
    before = revision(world.store, "prod")
    report = world.read_labels()
    assert (report.shown, report.unknown, report.missing, report.gone, report.changed) == (10, 0, 0, 0, 0)
    assert revision(world.store, "prod") == before


def test_removed_changed_and_foreign_labels_are_found(world):
    world.sync()
    del world.crm.fields["crm-1", "field:rfm5"]
    world.crm.fields["crm-2", "field:rfm5"] = "VIP"
    world.crm.lists["list:rfm5.loyal"] |= {"crm-6", "crm-99"}
    report = world.read_labels()
    assert (report.missing, report.unknown, report.changed) == (2, 1, 4)


def test_text_of_others_is_kept_as_a_hash_only(world):
    world.sync()
    world.crm.fields["crm-2", "field:rfm5"] = "Jane Roe, VIP"
    world.read_labels()
    world.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Jane Roe" not in (world.folder / "control.sqlite").read_bytes()


def test_record_gone_from_the_crm_is_known_until_it_is_back(world):
    world.sync()
    world.crm.contacts.discard("crm-5")
    world.crm.fields.pop(("crm-5", "field:rfm5"))
    world.crm.lists["list:rfm5.champions"].discard("crm-5")
    assert world.read_labels().gone == 1
    assert world.plan().withheld == {"GONE": 1}
    world.crm.contacts.add("crm-5")
    assert world.read_labels().gone == 0


def test_lagging_listing_is_checked_by_id(world):
    world.sync()
    original = world.writer.labelled
    world.writer.labelled = lambda labels: (one for one in original(labels) if one.record.id != "crm-3")
    assert world.read_labels().changed == 0


def test_crm_that_does_not_answer_leaves_the_mirror_as_it_was(world):
    world.sync()
    before = list(mirror_rows(world.store, "prod"))

    def fails(labels):
        raise RemoteError("down", kind=RemoteKind.TRANSIENT)

    world.writer.labelled = fails
    with pytest.raises(RemoteError):
        world.read_labels()
    assert list(mirror_rows(world.store, "prod")) == before


def test_losing_the_control_store_leaves_labels_alone_and_reports_them(world):
    world.sync()
    written = len(world.crm.writes)
    world.store.connection.execute("DELETE FROM owned")
    world.reopen()
    world.read_labels()
    report = world.plan()
    assert (report.unchanged, report.not_adopted) == (6, 10)
    world.apply(report.plan)
    assert len(world.crm.writes) == written
