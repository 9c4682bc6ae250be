"""The results of a batch: an archive of answers, one per operation, as outcomes of our changes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from consentric import Outcome, RemoteKind
from consentric_mailchimp.failures import kind_of, problem, title

_MOST_BYTES = 256_000_000
"""Unpacked; 500 refusals are a hundredth of it."""


def outcomes(archive: bytes) -> Iterator[Outcome]:
    """One outcome per answer that names a change; none of an archive that cannot be read to its end.

    Nothing is unpacked to disk: answers name people.
    """
    try:
        found = list(_answers(archive))
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError):
        return
    for answer in found:
        op = str(answer.get("operation_id"))
        status = answer.get("status_code")
        if op.isdigit() and isinstance(status, int):
            yield _outcome(int(op), status, answer.get("response"))


def _answers(archive: bytes) -> Iterator[Mapping[str, Any]]:
    # Unpacked whole first: the check sum at its end tells an archive that was cut short.
    with gzip.GzipFile(fileobj=io.BytesIO(archive)) as packed:
        unpacked = packed.read(_MOST_BYTES)
    if len(unpacked) >= _MOST_BYTES:
        raise ValueError("the archive is too large")
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as files:
        for entry in files:
            file = files.extractfile(entry) if entry.isfile() else None
            text = file.read() if file is not None else b""
            # Some of the files are empty (tap-mailchimp meets them too).
            found = json.loads(text) if text.strip() else []
            yield from (one for one in found if isinstance(one, dict))


def _outcome(op: int, status: int, response: object) -> Outcome:
    if 200 <= status < 300:
        return Outcome(op=op, state="done")
    body = problem(response) if isinstance(response, str) else {}
    code = title(body)
    kind = kind_of(status, body, is_write=True)
    message = f"{status} {code}".strip()
    if status == 404:
        return Outcome(op=op, state="gone", vendor_code=code, message=message)
    if kind is RemoteKind.AMBIGUOUS:
        return Outcome(op=op, state="ambiguous", vendor_code=code, message=message)
    if kind in (RemoteKind.THROTTLED, RemoteKind.AUTH):
        return Outcome(op=op, state="retry", vendor_code=code or str(status), message=message)
    return Outcome(op=op, state="rejected", vendor_code=code or str(status), message=message)
