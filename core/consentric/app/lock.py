"""One run per workspace: a lock the kernel frees when the run dies, so none is ever left behind."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from consentric.sdk.errors import LockedError

LOCK_FILE = ".lock"
_SECOND_LOOK_SECONDS = 0.02
_MOUNTS = Path("/proc/self/mounts")
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "fuse.sshfs"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The run that holds, or last held, a workspace."""

    run: str
    pid: int
    started: str


@contextmanager
def hold_workspace(folder: Path, *, run: str, now: datetime) -> Iterator[None]:
    """Holds the workspace for one run; a lock file left by a dead run means nothing.

    Args:
        folder: The workspace.
        run: What a second run is told about this one, as `sync` or a run id.
        now: When this run began.

    Raises:
        LockedError: When another run holds it; the message says which.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock_or_refuse(descriptor)
        holder = {"run": run, "pid": os.getpid(), "started": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder_of(folder: Path) -> Holder | None:
    """The run that holds the workspace now, or None; a reader, so it holds up nobody."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def network_file_system(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of network file system a folder lies on, or None: there `flock` cannot be trusted."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found, kind = "", ""
    resolved = str(folder.resolve())
    for line in lines:
        _, point, file_system, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        is_above = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(found):
            found, kind = point, file_system
    return kind if kind in _NETWORK_FILE_SYSTEMS else None


def _lock_or_refuse(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # `holder_of` shares the lock for an instant: a second look tells a reader from a run.
        time.sleep(_SECOND_LOOK_SECONDS)
        _lock_at_second_look(descriptor)


def _lock_at_second_look(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read_holder(descriptor)
        whose = (
            f'run "{holder.run}" (process {holder.pid}, started {holder.started})'
            if holder
            else "a run that is just starting"
        )
        raise LockedError(
            f"another run holds this workspace: {whose}",
            happened="nothing was read or written.",
            hint="wait for it, or look at it with  consentric status",
        ) from None


def _read_holder(descriptor: int) -> Holder | None:
    try:
        raw = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(run=str(raw["run"]), pid=int(raw["pid"]), started=str(raw["started"]))
    except (ValueError, KeyError, TypeError):
        return None
