"""Which files of a workspace other users of the machine could read."""

from __future__ import annotations

import grp
import stat
from pathlib import Path

from consentric.sdk.errors import UnsafeStoreError

from .places import (
    ANALYTICS_FOLDER,
    AUDIT_FOLDER,
    CACHE_FOLDER,
    CONTROL_FILE,
    DEK_FILE,
    KEYSET_FILE,
    PEOPLE_FILE,
    PLANS_FOLDER,
    RUNS_FOLDER,
)

_FILES = (PEOPLE_FILE, DEK_FILE, CONTROL_FILE, KEYSET_FILE)
_FOLDERS = (AUDIT_FOLDER, PLANS_FOLDER, RUNS_FOLDER, CACHE_FOLDER)


def require_private_stores(folder: Path, *, analytics_group: str | None = None) -> None:
    """Refuses a workspace whose stores others can read.

    Raises:
        UnsafeStoreError: With the command that mends it (exit 5).
    """
    found = readable_by_others(folder, analytics_group=analytics_group)
    if not found:
        return
    fixes = "; ".join(f"chmod {'700' if path.is_dir() else '600'} {path}" for path in found[:3])
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    raise UnsafeStoreError(
        f"{found[0]}{more} can be read by other users of this machine",
        happened="nothing was read or written.",
        hint=fixes,
        code="CS502",
    )


def readable_by_others(folder: Path, *, analytics_group: str | None = None) -> list[Path]:
    """Stores, and the folders of the workspace, that group or others can read or enter.

    `analytics/` may be 0750 and its files 0640 when they belong to the named group, which is then the
    domain that knows people by pseudonym only.
    """
    candidates = [folder] if any((folder / name).exists() for name in _FILES) else []
    for name in _FILES:
        candidates += [path for path in folder.glob(f"{name}*") if path.is_file()]
    for name in _FOLDERS:
        candidates += _with_content(folder / name)
    found = [path for path in candidates if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if analytics_group is not None and folder in found and not _is_open_beyond(folder, analytics_group):
        found.remove(folder)
    for path in _with_content(folder / ANALYTICS_FOLDER):
        if _is_open_beyond(path, analytics_group):
            found.append(path)
    return found


def _with_content(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [folder, *sorted(folder.rglob("*"))]


def _is_open_beyond(path: Path, group: str | None) -> bool:
    """Whether anybody but the owner, and the readers in the named group, can reach it."""
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o077:
        return False
    if group is None or mode & 0o027:
        return True
    return status.st_gid != _group_id(group)


def _group_id(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return -1
