"""Who serves a pretend CRM: a lock that the kernel frees, on the file that says where the server listens."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from consentric.sdk.errors import ConfigError

_LOOK_SECONDS = 0.1
_LOOKS = 1200
"""Two minutes: a portal of a million records is loaded, or saved, in less."""


class Claim:
    """The right to serve, until it is left or its process dies; a file left behind means nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, url_file: Path) -> Self | None:
        """Takes the file that will say where the server listens, None when somebody else serves."""
        descriptor = os.open(url_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        return cls(descriptor)

    def announce(self, url: str) -> None:
        """Says where the server listens; others connect to it from now on."""
        os.pwrite(self._descriptor, url.encode() + b"\n", 0)

    def withdraw(self) -> None:
        """Says that the server listens no more; the file stays taken while the rest is saved."""
        os.ftruncate(self._descriptor, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.withdraw()
        os.close(self._descriptor)


def claim_or_join(url_file: Path, *, sleep: Callable[[float], None] = time.sleep) -> Claim | str:
    """Takes the file, or gives the URL of the process that serves; waits while that one starts or ends.

    Raises:
        ConfigError: Another process holds the file and does not answer.
    """
    for _ in range(_LOOKS):
        claim = Claim.take(url_file)
        if claim is not None:
            return claim
        url = url_file.read_text().strip()
        # Between lock and first word of a new server the URL of a killed one may still stand there.
        if url and _answers(url):
            return url
        sleep(_LOOK_SECONDS)
    raise _busy(f"another process holds {url_file} and does not answer", hint="end it, then run again")


def claim_alone(url_file: Path) -> Claim:
    """Takes the file for this process alone.

    Raises:
        ConfigError: Another process serves.
    """
    claim = Claim.take(url_file)
    if claim is None:
        hint = "connections that name this folder use that one; or end it"
        raise _busy(f"another process serves {url_file.parent}", hint=hint)
    return claim


def _busy(message: str, *, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, code="CS218")


def _answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname, address.port), timeout=1.0):
            return True
    except OSError:
        return False
