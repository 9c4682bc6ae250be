"""The process that keeps the time: one job at a time, each once, and an end that leaves nothing half done."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from consentric.app import timekeeper
from consentric.app.interruption import Interruption, interruptible
from consentric.app.session import Session
from consentric.app.timekeeper import keep_time, missed_jobs, run_and_report, scheduled
from consentric.app.timetable import JobName, Timetable
from consentric.control.runs import end_run, start_run
from consentric.control.store import ControlStore
from consentric.sdk.errors import ConfigError, RemoteError, RemoteKind

TIMETABLE = Timetable(zone=ZoneInfo("Europe/Paris"), sync="02:00", has_consents=True)


def filled(*jobs: JobName) -> SimpleQueue[JobName]:
    waiting: SimpleQueue[JobName] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    return waiting


def test_what_is_due_runs_once_each_the_hourly_job_first() -> None:
    waiting, interruption, ran = filled("sync", "consents", "sync", "consents"), Interruption(), []

    def run(job: JobName) -> int:
        ran.append(job)
        interruption.is_asked = job == "sync"
        return 3

    assert keep_time(waiting, run, interruption, look=0.001) == 0
    assert ran == ["consents", "sync"]


def test_a_job_that_was_interrupted_ends_the_process_with_75() -> None:
    ran: list[JobName] = []

    def run(job: JobName) -> int:
        ran.append(job)
        return 75

    assert keep_time(filled("consents", "sync"), run, Interruption(), look=0.001) == 75
    assert ran == ["consents"]


def test_a_signal_that_came_while_a_job_ended_in_peace_starts_no_other() -> None:
    """The job's own watch over signals hands on what it heard."""
    ran: list[JobName] = []
    with interruptible() as outer:

        def run(job: JobName) -> int:
            ran.append(job)
            with interruptible():
                signal.raise_signal(signal.SIGTERM)
            return 0

        assert keep_time(filled("consents", "sync"), run, outer, look=0.001) == 0
    assert ran == ["consents"]


def test_a_failing_job_is_reported_and_the_next_one_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = {
        "sync": RemoteError("HubSpot refused the token (401)", kind=RemoteKind.AUTH, code="CS104"),
        "consents": ZeroDivisionError("somebody@example.com"),
    }

    def failing(_session: Session, job: str) -> int:
        raise faults[job]

    monkeypatch.setitem(sys.modules, "consentric.app.jobs", SimpleNamespace(run_job=failing))
    session = Session(config=tmp_path / "config.toml")
    assert [run_and_report(session, job) for job in TIMETABLE.jobs] == [4, 1]
    said = capsys.readouterr().err
    assert "error[CS104]: HubSpot refused the token (401)" in said
    assert "a defect of consentric (ZeroDivisionError)" in said
    assert "somebody" not in said


def test_what_was_missed_while_nothing_ran_is_made_up_for_once(tmp_path: Path) -> None:
    ended = datetime(2026, 6, 12, 0, 20, tzinfo=UTC)
    session = Session(config=tmp_path / "config.toml")
    assert missed_jobs(session, TIMETABLE, now=ended) == []  # what never ran waits for its time
    store = ControlStore.open(tmp_path / "control.sqlite")
    run = start_run(store, job="sync", config_hash="0" * 64, engine_version="0.1.0", now=ended)
    end_run(store, run, state="done", now=ended, summary={})
    store.close()
    assert missed_jobs(session, TIMETABLE, now=ended + timedelta(minutes=30)) == []
    assert missed_jobs(session, TIMETABLE, now=ended + timedelta(hours=3)) == ["consents"]
    assert missed_jobs(session, TIMETABLE, now=ended + timedelta(days=3)) == ["sync", "consents"]


def test_apscheduler_asks_our_own_timetable_and_makes_up_for_what_is_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trigger = timekeeper._trigger(TIMETABLE, "sync")
    last, now = (datetime(2026, 3, day, 12, 0, tzinfo=UTC) for day in (28, 29))
    # On the 29th the clocks of Paris skip 02:00.
    assert trigger.get_next_fire_time(last, now) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, now) == datetime(2026, 3, 30, 0, 0, tzinfo=UTC)

    due, waiting = iter((last, now)), filled()
    monkeypatch.setattr(Timetable, "next_due", lambda *_asked: next(due, datetime.max.replace(tzinfo=UTC)))
    with scheduled(Timetable(has_consents=True), waiting):
        assert waiting.get(timeout=10) == "consents"
    assert waiting.empty()


def test_without_apscheduler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apscheduler.schedulers.background", None)
    with pytest.raises(ConfigError) as refused, scheduled(TIMETABLE, filled()):
        pass
    assert (refused.value.code, refused.value.exit_code) == ("CS283", 2)
    assert "consentric[schedule]" in refused.value.hint


def test_a_stop_signal_ends_the_process_that_waits(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[jobs]\nsync = "02:00"\nconsents = "hourly"\n')
    command = [sys.executable, "-c", "from consentric.app.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "--config", str(config), "schedule", "run"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "Waiting for: sync, consents\n"
    process.send_signal(signal.SIGTERM)
    assert (process.wait(timeout=30), process.stderr.read()) == (0, "")
