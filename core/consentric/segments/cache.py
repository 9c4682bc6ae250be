"""Compiled SQL kept on disk, so that a scheduled run imports neither Ibis nor pandas."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .engines import Dialect
from .sets import SegmentSet

_DISTRIBUTIONS = ("consentric", "ibis-framework", "sqlglot", "duckdb")
_PREFIX = "segments-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The statements of a run; populations and cadences by purpose, parts and scores by set."""

    population: Mapping[str, str]
    parts: Mapping[str, str]
    measures: str
    past_measures: str
    """The same measures in the words of DuckDB: methods that estimate look back with them, on any engine."""
    usual_cadence: Mapping[str, str]
    scores: Mapping[str, str]


def cache_key(
    sets: Sequence[SegmentSet],
    *,
    attributes: Collection[str],
    reporting_currency: str,
    several_sources: bool = True,
    dialect: Dialect = "duckdb",
) -> str:
    """SHA-256 over the sets, the versions of all that compiles them, and our own source text.

    The source is in it because an edited checkout keeps its version number.
    """
    versions = {name: _version(name) for name in _DISTRIBUTIONS}
    canonical = json.dumps(
        {
            "config": [one.rules for one in sets],
            "attributes": sorted(attributes),
            "reporting_currency": reporting_currency,
            "versions": versions,
            "several_sources": several_sources,
            "dialect": dialect,
            "source": _source_digest(),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return sha256(canonical.encode()).hexdigest()


def compiled(folder: Path, *, key: str, compile_now: Callable[[], Compiled]) -> Compiled:
    """The statements of this key: from the folder, else compiled and kept there in place of older ones.

    A file that does not match its own checksum is compiled anew.
    """
    path = folder / f"{_PREFIX}{key}.json"
    found = _read(path)
    if found is not None:
        return found
    made = compile_now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob(f"{_PREFIX}*.json"):
        old.unlink(missing_ok=True)
    body = json.dumps(asdict(made), sort_keys=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"sha256": sha256(body.encode()).hexdigest(), "body": body}))
    part.chmod(0o600)
    part.replace(path)
    return made


def _read(path: Path) -> Compiled | None:
    try:
        stored = json.loads(path.read_text())
        body = stored["body"]
        if sha256(body.encode()).hexdigest() != stored["sha256"]:
            return None
        return Compiled(**json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _source_digest() -> str:
    digest = sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
