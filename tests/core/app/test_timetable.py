"""When jobs are due: by the clocks of the zone, also on the two nights when they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from consentric.app.lock import hold_workspace
from consentric.app.status import status_of
from consentric.app.timetable import Timetable
from consentric.control.runs import end_run, start_run
from consentric.control.store import ControlStore

PARIS = ZoneInfo("Europe/Paris")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nightly(at: str, zone: str = "Europe/Paris") -> Timetable:
    return Timetable(zone=ZoneInfo(zone), sync=at, has_consents=True)


def test_the_nightly_run_is_due_by_the_clocks_of_the_zone() -> None:
    assert nightly("02:00").next_due("sync", utc("2026-06-15T12:00")) == utc("2026-06-16T00:00")
    assert nightly("02:00").next_due("sync", utc("2026-12-15T12:00")) == utc("2026-12-16T01:00")
    assert nightly("23:30", "America/New_York").next_due("sync", utc("2026-06-15T12:00")) == utc(
        "2026-06-16T03:30"
    )


def test_a_due_time_is_later_than_the_instant_asked_from() -> None:
    due = utc("2026-06-16T00:00")
    assert nightly("02:00").next_due("sync", due) == utc("2026-06-17T00:00")
    assert nightly("02:00").next_due("sync", due - timedelta(seconds=1)) == due


def test_a_time_that_the_clocks_skip_is_due_at_the_next_minute_they_show() -> None:
    """On 29 March 2026 Paris goes from 01:59 to 03:00, which is 01:00 UTC."""
    table = nightly("02:30")
    assert table.next_due("sync", utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")
    assert table.next_due("sync", utc("2026-03-29T01:00")) == utc("2026-03-30T00:30")


def test_a_time_that_the_clocks_show_twice_is_due_once() -> None:
    """On 25 October 2026 Paris shows 02:30 at 00:30 and at 01:30 UTC."""
    table = nightly("02:30")
    assert table.next_due("sync", utc("2026-10-24T12:00")) == utc("2026-10-25T00:30")
    assert table.next_due("sync", utc("2026-10-25T00:30")) == utc("2026-10-26T01:30")


def test_every_day_of_two_years_in_six_zones_has_one_night() -> None:
    zones = (
        "Europe/Paris",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Casablanca",
    )
    for zone in zones:
        for at in ("00:30", "02:00", "02:30"):
            table, moment, days = nightly(at, zone), utc("2025-12-31T12:00"), []
            for _ in range(730):
                moment = table.next_due("sync", moment)
                days.append(moment.astimezone(ZoneInfo(zone)).date())
            assert [later - earlier for earlier, later in pairwise(days)] == ([timedelta(days=1)] * 729), (
                zone,
                at,
            )


def test_the_hourly_run_keeps_half_an_hour_from_the_nightly_one() -> None:
    assert nightly("02:00").next_due("consents", utc("2026-06-15T12:00")) == utc("2026-06-15T12:30")
    assert nightly("02:45").next_due("consents", utc("2026-06-15T12:00")) == utc("2026-06-15T12:15")
    assert Timetable(has_consents=True).next_due("consents", utc("2026-06-15T12:00")) == utc(
        "2026-06-15T13:00"
    )


def test_missed_runs_are_counted_once_their_grace_is_over() -> None:
    table, ended = nightly("02:00"), utc("2026-06-15T00:20")
    assert table.missed("sync", since=ended, now=utc("2026-06-16T01:59")) == 0
    assert table.missed("sync", since=ended, now=utc("2026-06-16T02:00")) == 1
    assert table.missed("sync", since=ended, now=utc("2026-06-18T12:00")) == 3
    assert table.missed("consents", since=ended, now=utc("2026-06-15T04:30")) == 4


def test_jobs_that_nobody_asked_for_are_not_expected() -> None:
    assert Timetable().jobs == ()
    assert Timetable(sync="02:00").jobs == ("sync",)
    assert nightly("02:00").jobs == ("sync", "consents")


def test_a_long_night_does_the_work_of_the_hours_it_takes(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path / "control.sqlite")
    for job, began, ended in (
        ("consents", "2026-06-14T23:30", "2026-06-14T23:31"),
        ("sync", "2026-06-15T00:00", "2026-06-15T05:00"),
    ):
        run = start_run(store, job=job, config_hash="0" * 64, engine_version="0.1.0", now=utc(began))
        end_run(store, run, state="done", now=utc(ended), summary={})
    store.close()
    sync, consents = status_of(tmp_path, now=utc("2026-06-15T06:29"), timetable=nightly("02:00")).jobs
    assert (sync.missed, sync.next_due, sync.is_overdue) == (0, utc("2026-06-16T00:00"), False)
    assert (consents.missed, consents.next_due, consents.is_overdue) == (0, utc("2026-06-15T06:30"), False)
    _, later = status_of(tmp_path, now=utc("2026-06-15T08:00"), timetable=nightly("02:00")).jobs
    assert (later.missed, later.is_overdue) == (2, True)


def test_a_job_that_is_expected_and_never_ran_is_overdue(tmp_path: Path) -> None:
    [sync] = status_of(tmp_path, now=utc("2026-06-15T06:29"), timetable=Timetable(sync="02:00")).jobs
    assert (sync.run, sync.missed, sync.is_overdue) == ("", 0, True)


def test_while_a_run_is_at_work_nothing_is_missed(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path / "control.sqlite")
    began = utc("2026-06-15T00:00")
    run = start_run(store, job="sync", config_hash="0" * 64, engine_version="0.1.0", now=began)
    end_run(store, run, state="done", now=began, summary={})
    store.close()
    later = utc("2026-06-16T03:00")
    with hold_workspace(tmp_path, run="sync", now=later):
        jobs = status_of(tmp_path, now=later, timetable=nightly("02:00")).jobs
        assert [(one.missed, one.is_overdue) for one in jobs] == [(0, False), (0, False)]
    jobs = status_of(tmp_path, now=later, timetable=nightly("02:00")).jobs
    assert [one.missed for one in jobs] == [1, 26]
