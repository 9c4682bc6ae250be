"""Secrets by reference (`env:`, `file:`, `keyring:`, `exec:`), in a type that never shows its value."""

from __future__ import annotations

import difflib
import importlib
import os
import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import NoReturn

from consentric_privacy.errors import KeyMaterialError

SCHEMES = ("env", "file", "keyring", "exec")
_SHOWN = "***"
_EXEC_SECONDS = 30
# A child gets what it needs to start, never the variables that hold our other secrets.
_NEAR = 0.85
"""How alike the name of a variable that is set must be to be offered; of 1."""
_CHILD_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR")
_TOKEN_SHAPES = re.compile(
    r"pat-[a-z]{2}\d-[0-9a-f-]{20,}"  # HubSpot private app
    r"|[0-9a-f]{32}-[a-z]{2}\d{1,3}"  # Mailchimp key with its data centre
    r"|00D[A-Za-z0-9]{9,15}![A-Za-z0-9._]{20,}"  # Salesforce session
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9._-]{8,}"  # JSON Web Token
    r"|(?:sk|rk|pk|xox[a-z]|gh[a-z]|glpat|AKIA)[_-]?[A-Za-z0-9_-]{16,}"
    r"|[0-9a-fA-F]{32,}"
)
_DENSE = re.compile(r"[A-Za-z0-9+/_=-]{32,}")


class Secret:
    """A value that is shown as `***` wherever it is printed, formatted, serialised or pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Gives the value; to be called only where it is sent or turned into a key."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{_SHOWN}')"

    def __str__(self) -> str:
        return _SHOWN

    def __format__(self, format_spec: str) -> str:
        return _SHOWN

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return (Secret, (_SHOWN,))


def resolve(reference: str, *, base: Path) -> Secret:
    """Reads the secret that a reference names; surrounding white space is not part of it.

    Args:
        reference: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `exec:COMMAND ARGUMENT...`. A variable
            that is not set is looked for among the credentials that systemd passed to this service.
        base: Folder that a relative path starts from.

    Raises:
        KeyMaterialError: The source gives nothing (CS401), the reference is none (CS403), or others can
            read it (CS407).
    """
    try:
        value = read_reference(reference, base=base).decode().strip()
    except UnicodeDecodeError:
        raise KeyMaterialError(f"{describe(reference)} does not hold text", code="CS403") from None
    if not value:
        _nothing_there(reference, "is empty")
    return Secret(value)


def read_reference(reference: str, *, base: Path) -> bytes:
    """Reads the bytes that a reference names, as they are.

    Raises:
        KeyMaterialError: The source gives nothing (CS401), the reference is none (CS403), or others can
            read it (CS407).
    """
    scheme, _, place = reference.partition(":")
    if scheme not in SCHEMES or not place:
        raise KeyMaterialError(
            "a secret must be named by where it is kept, never written down itself",
            hint="use env:NAME, file:PATH, keyring:SERVICE/NAME or exec:COMMAND",
            code="CS403",
        )
    if scheme == "env":
        return _read_environment(reference, place)
    if scheme == "file":
        return _read_file(reference, base / Path(place).expanduser())
    if scheme == "keyring":
        return _read_keyring(reference, place)
    return _read_command(reference, place)


def describe(reference: str) -> str:
    """Names the source of a reference for a message; of a command only the program is named."""
    scheme, _, place = reference.partition(":")
    if scheme not in SCHEMES:
        return "the secret"
    if scheme == "exec":
        return f"exec:{place.split(' ', 1)[0]}"
    return reference


def looks_like_secret(text: str) -> bool:
    """Tells whether a literal of a config file is probably a token or key that belongs elsewhere.

    >>> looks_like_secret("env:HUBSPOT_TOKEN"), looks_like_secret("0123456789abcdef0123456789abcdef-us6")
    (False, True)
    """
    if text.partition(":")[0] in SCHEMES:
        return False
    if _TOKEN_SHAPES.fullmatch(text.strip()):
        return True
    dense = _DENSE.fullmatch(text.strip())
    kinds = (str.islower, str.isupper, str.isdigit)
    return dense is not None and all(any(map(kind, text)) for kind in kinds)


def _read_environment(reference: str, name: str) -> bytes:
    value = os.environb.get(os.fsencode(name), b"") or _read_credential(name)
    if not value:
        _nothing_there(reference, "is not set", hint=_how_to_set(name))
    return value


def _read_credential(name: str) -> bytes:
    """A service gets no variables of anybody: its manager passes secrets as files (LoadCredential=)."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / name
    return path.read_bytes() if folder and path.parent == Path(folder) and path.is_file() else b""


def _read_file(reference: str, path: Path) -> bytes:
    try:
        status = path.stat()
        content = path.read_bytes()
    except OSError as error:
        _nothing_there(reference, f"cannot be read: {error.strerror}")
    if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.getuid():
        raise KeyMaterialError(
            f"{reference} can be read by others than the user who runs this",
            hint=f"chown it to that user and  chmod 600 {path}; then replace the secret, it may be known",
            code="CS407",
        )
    return content


def _read_keyring(reference: str, place: str) -> bytes:
    service, _, name = place.rpartition("/")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise KeyMaterialError(
            f"{reference} needs the package keyring, which is not installed",
            hint="pip install keyring, or keep the secret in env: or file:",
        ) from None
    value = keyring.get_password(service, name)
    if not value:
        _nothing_there(reference, "is not in the keyring")
    return str(value).encode()


def _read_command(reference: str, command: str) -> bytes:
    environment = {name: os.environ[name] for name in _CHILD_ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 -- the operator's own command, no shell
            shlex.split(command), capture_output=True, timeout=_EXEC_SECONDS, check=False, env=environment
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        _nothing_there(reference, f"could not be run ({type(error).__name__})")
    if done.returncode:
        # What the command printed may hold the secret: only its exit code is told.
        _nothing_there(reference, f"ended with code {done.returncode}")
    return done.stdout


def _how_to_set(name: str) -> str:
    near = difflib.get_close_matches(name, os.environ, n=1, cutoff=_NEAR)
    also = f"; {near[0]} is set: did you mean env:{near[0]}?" if near else ""
    return f"export {name}=...   or name another source{also}"


def _nothing_there(reference: str, what: str, *, hint: str = "set it, or name another source") -> NoReturn:
    raise KeyMaterialError(f"{describe(reference)} {what}", hint=hint) from None
