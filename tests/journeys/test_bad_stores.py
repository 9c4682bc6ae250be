"""Keys and stores that are lost, damaged, open to others, in use or full; a run that is told to stop."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import pytest

from consentric_sandbox.hubspot import serve

from .bad_input_world import Operator, logs
from .shop import A_CHAMPION, EVERYBODY, contact_of, unsubscribe
from .world import World

NOTHING = "nothing was read or written."


# Keys and stores


def test_another_key_than_the_stores(operator: Operator) -> None:
    key = operator.world.root / "root.key"
    key.write_text(hashlib.sha256(b"another").hexdigest(), encoding="utf-8")
    operator.is_refused(
        "pull",
        exit_code=4,
        said=f"""
        error[CS402]: the root key is not the one that keyset.json was made with
          --> config.toml:{operator.line("root_key")}  [workspace] root_key
          what happened: nothing was read or written
          hint: set the source of the root key back to the old key; do not make a new keyset
        """,
    )


@pytest.mark.parametrize(
    ("lost", "exit_code", "code", "sentence", "hint"),
    [
        (
            ["keyset.json"],
            4,
            "CS405",
            "keyset.json is gone, but the stores made with it are here",
            "restore it from the backup; new keys would make everybody a stranger",
        ),
        (
            ["deks.sqlite"],
            4,
            "CS406",
            "deks.sqlite is gone, but the people whose keys it held are here",
            "restore it and people.sqlite from one backup; without it no record can be found again",
        ),
        (
            ["people.sqlite"],
            5,
            "CS506",
            "people.sqlite is gone, but the keys of its people are here",
            "restore it from the backup; an empty one would forget every withdrawal and objection",
        ),
    ],
)
def test_a_lost_store_is_not_made_anew(
    operator: Operator, lost: list[str], exit_code: int, code: str, sentence: str, hint: str
) -> None:
    for name in lost:
        (operator.world.workspace / name).unlink()
    operator.is_refused(
        "pull",
        exit_code=exit_code,
        said=f"""
        error[{code}]: {sentence}
          --> {lost[0]}
          what happened: {NOTHING}
          hint: {hint}
        """,
    )
    assert not (operator.world.workspace / lost[0]).exists()


def test_keys_are_not_made_anew_for_people_that_are_here(operator: Operator) -> None:
    for name in ("keyset.json", "deks.sqlite"):
        (operator.world.workspace / name).unlink()
    assert [operator.does(*one).exit_code for one in (["pull"], ["plan"], ["explain", "crm:hubspot:7"])] == [
        4
    ] * 3
    assert not (operator.world.workspace / "keyset.json").exists()


@pytest.mark.parametrize("name", ["people.sqlite", "analytics/analytics.duckdb", "audit/log.jsonl", "."])
def test_a_workspace_that_others_can_read(operator: Operator, name: str) -> None:
    path = operator.world.workspace / name
    path.chmod(0o750 if path.is_dir() else 0o640)
    operator.is_refused(
        "pull",
        exit_code=5,
        said=f"""
        error[CS502]: {path} can be read by other users of this machine
          what happened: {NOTHING}
          hint: chmod {"700" if path.is_dir() else "600"} {path}
        """,
    )


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("people.sqlite", "CS501"),
        ("deks.sqlite", "CS501"),
        ("control.sqlite", "CS501"),
        ("analytics/analytics.duckdb", "CS511"),
    ],
)
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_damaged_store_stops_the_run(operator: Operator, name: str, code: str, is_cut: bool) -> None:
    path = operator.world.workspace / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if is_cut else b"x" * 200 + content[200:])
    said = operator.does("pull")
    assert (said.exit_code, said.out) == (5, "")
    assert said.err.startswith(f"error[{code}]: {path.name} cannot be used: ")
    assert "\n  hint: " in said.err
    if path.suffix == ".duckdb":  # found in the middle of a run, which is noted with what ended it
        assert f'"error":"{code}"' in dict(logs(operator.world))["log.jsonl"].splitlines()[-1]


def test_a_damaged_audit_log_stops_a_run_before_it_begins(operator: Operator) -> None:
    log = operator.world.workspace / "audit" / "log.jsonl"
    log.write_text("x\n", encoding="utf-8")
    operator.is_refused(
        "pull",
        exit_code=5,
        said="""
        error[CS507]: the audit log is damaged: its last entry cannot be read
          --> audit/log.jsonl
          what happened: nothing was noted, so nothing was done.
          hint: restore the folder from its backup; what cannot be noted is not done
        """,
    )


def test_the_warehouse_can_be_deleted(operator: Operator) -> None:
    shutil.rmtree(operator.world.workspace / "analytics")
    said = operator.does("segment")
    assert (said.exit_code, said.err.splitlines()[0]) == (
        5,
        "error[CS513]: consent was never read, so nothing is allowed yet",
    )
    assert operator.does("pull").exit_code == 0
    assert operator.does("sync").exit_code == 0


# A process of its own


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["pull", "hubspto"], 2, "CS211"),
        (["explain", "crm:hubspot:7"], 7, "CS701"),
    ],
)
def test_a_real_process_says_the_same_and_shows_no_traceback(
    operator: Operator, arguments: list[str], exit_code: int, code: str
) -> None:
    said = operator.ends(operator.starts(*arguments))
    assert (said.exit_code, said.out) == (exit_code, "")
    assert said.err.startswith(f"error[{code}]: ")
    assert said.err == operator.does(*arguments).err


def test_a_second_run_at_the_same_time_names_the_first(operator: Operator) -> None:
    world, is_reading, may_go_on = operator.world, threading.Event(), threading.Event()

    def hold_up() -> None:
        is_reading.set()
        may_go_on.wait(30)

    with _served(world, hold_up):
        first = operator.starts("pull")
        assert is_reading.wait(30)
        holder = json.loads((world.workspace / ".lock").read_text(encoding="utf-8"))
        operator.is_refused(
            "sync",
            exit_code=6,
            said=f"""
            error[CS601]: another run holds this workspace: run "pull" (process {first.pid}, started {holder["started"]})
              what happened: {NOTHING}
              hint: wait for it, or look at it with  consentric status
            """,  # noqa: E501
        )
        may_go_on.set()
        assert operator.ends(first).exit_code == 0
    assert operator.does("pull").exit_code == 0


@pytest.mark.parametrize("request_number", [1, 6])
def test_a_pull_that_is_told_to_stop_is_finished_by_the_next(beginner: Operator, request_number: int) -> None:
    started: list[subprocess.Popen[str]] = []
    requests = iter(range(1, 1000))

    def stop_once() -> None:
        if started and next(requests) == request_number:
            os.kill(started[0].pid, signal.SIGTERM)

    with _served(beginner.world, stop_once):
        started.append(beginner.starts("pull"))
        said = beginner.ends(started[0])
    assert (said.exit_code, said.out) == (75, "")
    assert said.err.lstrip() == (  # after a new line, for the ^C of a terminal
        "error[CS075]: interrupted\n"
        "  what happened: what was finished is kept.\n"
        "  hint: run the same command again: it goes on where it stopped\n"
    )
    assert beginner.does("pull").exit_code == 0
    assert _read_whole(beginner.world)


@pytest.mark.parametrize("limit_bytes", [0, 200_000])
def test_a_full_disk_stops_a_pull_and_the_next_finishes_it(beginner: Operator, limit_bytes: int) -> None:
    said = beginner.ends(beginner.starts("pull", limit_bytes=limit_bytes))
    _is_told_as_full(said.exit_code, said.err)
    assert _whole_stores(beginner.world)
    assert beginner.does("pull").exit_code == 0
    assert _read_whole(beginner.world)


def test_a_full_disk_is_told_by_commands_without_a_workspace_too(operator: Operator) -> None:
    folder = operator.world.root / "another-sandbox"
    said = operator.ends(operator.starts("sandbox", "reset", str(folder), limit_bytes=0))
    _is_told_as_full(said.exit_code, said.err)


@pytest.mark.parametrize("limit_bytes", [200_000, 2_000_000])
def test_a_full_disk_stops_a_sync_and_the_next_finishes_it(operator: Operator, limit_bytes: int) -> None:
    world, gone = operator.world, {A_CHAMPION, contact_of(0)}
    at, written = world.advance(hours=1), world.last_write()
    with world.crm() as state:
        for contact in gone:
            unsubscribe(state, contact, at=at)
    with _served(world, lambda: None):
        said = operator.ends(operator.starts("sync", limit_bytes=limit_bytes))
    _is_told_as_full(said.exit_code, said.err)
    assert _whole_stores(world)
    assert operator.does("sync").exit_code == 0
    left = {contact: segment for contact, segment in EVERYBODY.items() if contact not in gone}
    assert world.segments() == world.members() == left
    changed = Counter(contact for _, contacts in world.written_since(written) for contact in contacts)
    assert changed == dict.fromkeys(gone, 2)  # each off its field and off its list, once
    written = world.last_write()
    assert operator.does("sync").exit_code == 0
    assert world.last_write() == written


@contextmanager
def _served(world: World, at_each_request: Callable[[], None]) -> Iterator[None]:
    """Serves the pretend CRM from this process, for commands in others."""

    def clock() -> datetime:
        at_each_request()
        return world.now

    with serve(world.sandbox, clock=clock):
        yield


def _is_told_as_full(exit_code: int, said: str) -> None:
    assert exit_code == 5, said
    assert said.startswith("error[CS504]: ")
    assert said.endswith(
        "  what happened: what this step wrote was taken back; what was finished before it is kept\n"
        "  hint: free space on the disk, or find out why it fails, then run the same command again\n"
    )


def _whole_stores(world: World) -> bool:
    answers = set()
    for path in world.workspace.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as connection:
            answers.add(connection.execute("PRAGMA integrity_check").fetchone()[0])
    return answers <= {"ok"}


def _read_whole(world: World) -> bool:
    """Thirty customers of whom two are in the till's file, one whom only the till knows; 90 orders."""
    with world.opened() as workspace:
        [people] = workspace.people.connection.execute("SELECT count(*) FROM person").fetchone()
        live = len(list(workspace.vault.live(None)))
        [orders] = workspace.warehouse.connection.execute("SELECT count(*) FROM activity").fetchall()[0]
    return (people, live, orders) == (31, 34, 90)
