"""Files and folders that only their owner can read, written whole or not at all."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

from consentric_privacy.errors import UnsafeStoreError

PRIVATE_UMASK = 0o077
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def forbid_others() -> None:
    """Sets the umask of this process so that whatever it creates is its owner's alone."""
    os.umask(PRIVATE_UMASK)


def forbid_core_dumps() -> None:
    """Keeps the memory of this process, keys included, out of core files (also for its children)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make_private_folder(path: Path) -> None:
    """Creates a folder and its missing parents, mode 0700; an existing one is only checked.

    Raises:
        UnsafeStoreError: It exists and others can read it (CS502).
    """
    for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        missing.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    check_private(path)


def create_private(path: Path) -> None:
    """Creates an empty file of mode 0600, whatever the umask; an existing one is only checked.

    Raises:
        UnsafeStoreError: It exists and others can read it (CS502).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE))
    except FileExistsError:
        check_private(path)


def check_private(path: Path) -> None:
    """Refuses a file or folder that group or others can reach.

    Raises:
        UnsafeStoreError: Its mode gives anything to group or others (CS502).
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & PRIVATE_UMASK:
        wanted = _PRIVATE_FOLDER if path.is_dir() else _PRIVATE_FILE
        raise UnsafeStoreError(
            f"{path} can be reached by other users of this machine (mode {mode:04o})",
            hint=f"chmod {wanted:o} {path}",
            code="CS502",
        )


def write_atomic(path: Path, content: bytes) -> None:
    """Writes a file of mode 0600 that is there whole or not at all, also after a power cut.

    Raises:
        UnsafeStoreError: It could not be written: the disk is full (CS504) or the folder closed (CS501).
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        from consentric_privacy.store_faults import disk_fault  # brings sqlite3, which `--help` does without

        raise disk_fault(error) or UnsafeStoreError(
            f"{path} could not be written: {error.strerror}",
            hint=f"let the user who runs this write in {path.parent}",
            happened="the file is as it was before",
        ) from error


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable: the name lives in the folder, not in the file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
