"""The lock of a workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consentric.app.lock import hold_workspace, holder_of, network_file_system
from consentric.sdk.errors import LockedError

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from consentric.app.lock import hold_workspace
with hold_workspace(Path(sys.argv[1]), run="sync", now=datetime(2026, 6, 15, 2, 0, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_whose_run_it_is(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    try:
        with pytest.raises(LockedError) as caught, hold_workspace(tmp_path, run="pull", now=NOW):
            pass
    finally:
        process.communicate("")
    assert caught.value.message == (
        f'another run holds this workspace: run "sync" (process {process.pid}, started 2026-06-15T02:00:00Z)'
    )
    assert caught.value.exit_code == 6


def test_a_paused_holder_still_holds(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(LockedError), hold_workspace(tmp_path, run="pull", now=NOW):
            pass
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.communicate("")


def test_a_killed_holder_leaves_a_file_that_means_nothing(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / ".lock").exists()
    assert holder_of(tmp_path) is None
    with hold_workspace(tmp_path, run="pull", now=NOW):
        pass


def test_readers_see_the_holder_and_disturb_nobody(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    with hold_workspace(tmp_path, run="apply", now=NOW):
        holder = holder_of(tmp_path)
        assert holder is not None
        assert (holder.run, holder.pid, holder.started) == ("apply", os.getpid(), "2026-06-15T12:00:00Z")
    assert (tmp_path / ".lock").stat().st_mode & 0o077 == 0


def test_a_network_file_system_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"rootfs / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert network_file_system(tmp_path, mounts) == "nfs4"
    mounts.write_text(f"server:/x / nfs rw 0 0\n/dev/sda1 {tmp_path} ext4 rw 0 0\n")
    assert network_file_system(tmp_path, mounts) is None
