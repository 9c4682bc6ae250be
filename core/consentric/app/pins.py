"""The pin of an installed plugin: one hash over its files, whoever installed them."""

from __future__ import annotations

import csv
import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

from consentric.sdk.errors import ConfigError

from .allowed import Allowed

_BY_INSTALLER = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of `*.dist-info` that differ between installers of one wheel."""


def pin_of(distribution: Distribution) -> str:
    """SHA-256 over the sorted RECORD lines of the distribution's own files, as they are on disk now.

    Left out is what another installer would write otherwise: its notes, compiled files, scripts. A file
    that is not in RECORD is not seen, nor are the packages it depends on: this is against mistakes.

    Raises:
        ConfigError: It has no list of files, or they lie in somebody's checkout and change at will.
    """
    if _is_editable(distribution):
        raise _unpinnable(distribution, "is installed in editable mode: its files change at will")
    lines = sorted(_lines(distribution))
    if not lines:
        raise _unpinnable(distribution, "came without a list of its files")
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def broken_pin(allowed: Allowed, distribution: Distribution | None) -> str:
    """Why a pinned plugin may not load, as a part of a sentence; an empty text when it may."""
    if allowed.sha256 is None:
        return ""
    if distribution is None:
        return "it is pinned, and no distribution is known for it"
    if distribution.version != allowed.version:
        return f"version {distribution.version} is installed, and {allowed.version} was trusted"
    try:
        is_same = pin_of(distribution) == allowed.sha256
    except ConfigError as error:
        return error.message
    return "" if is_same else "its files are not those that were trusted"


def _lines(distribution: Distribution) -> Iterator[str]:
    for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()):
        path = Path(row[0]) if row else Path()
        if row and not _is_left_out(path):
            yield f"{row[0]},{_digest(Path(str(distribution.locate_file(row[0]))))}"


def _is_left_out(path: Path) -> bool:
    if path.is_absolute() or ".." in path.parts or "__pycache__" in path.parts:
        return True  # scripts lie outside, and hold the path of this machine's interpreter
    return path.parent.suffix == ".dist-info" and path.name in _BY_INSTALLER


def _digest(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError:
        return "missing"
    digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def _is_editable(distribution: Distribution) -> bool:
    try:
        source = json.loads(distribution.read_text("direct_url.json") or "{}")
        return bool(source.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return False


def _unpinnable(distribution: Distribution, why: str) -> ConfigError:
    return ConfigError(
        f'distribution "{distribution.name}" {why}',
        hint="install it from its wheel, then trust it",
        happened="nothing was trusted.",
        code="CS252",
    )
