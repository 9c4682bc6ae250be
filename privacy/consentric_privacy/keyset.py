"""The keyset: random keys, one per purpose and version, wrapped by the root key in one small file."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from consentric_privacy.encoding import Mac, derive, lp
from consentric_privacy.errors import KeyMaterialError
from consentric_privacy.files import check_private, write_atomic
from consentric_privacy.secrets import describe, read_reference

Purpose = Literal["match", "source", "pseudonym", "suppress", "wrap", "anchor"]
KeyState = Literal["active", "lookup", "destroyed"]

_FORMAT = 1
_ROOT_VERSION = 1
_KEY_BYTES = 32
_HEX = re.compile(rb"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeKey:
    """One version of one purpose's key."""

    version: int
    secret: bytes = field(repr=False)
    """32 random bytes; empty when destroyed."""
    state: KeyState


class Keyset:
    """The keys of a workspace, unwrapped, in memory.

    Args:
        keys: For each purpose its versions, exactly one of them active.
    """

    __slots__ = ("_keys", "_readable")

    def __init__(self, keys: dict[Purpose, tuple[PurposeKey, ...]]) -> None:
        for purpose in get_args(Purpose):
            if sum(key.state == "active" for key in keys.get(purpose, ())) != 1:
                raise _damaged(f"purpose {purpose} has not exactly one active key")
        self._keys = keys
        self._readable = {purpose: _readable_first(versions) for purpose, versions in keys.items()}

    @classmethod
    def create(cls, path: Path, root: bytes) -> Keyset:
        """Draws a key for every purpose and writes the wrapped keyset, mode 0600.

        Raises:
            KeyMaterialError: There is a keyset already; replacing it would orphan every store (CS404).
        """
        if path.exists():
            raise KeyMaterialError(
                f"{path} exists already and is not replaced: every store depends on it", code="CS404"
            )
        check_key(root)
        first: dict[Purpose, tuple[PurposeKey, ...]] = {
            purpose: (PurposeKey(version=1, secret=secrets.token_bytes(_KEY_BYTES), state="active"),)
            for purpose in get_args(Purpose)
        }
        keyset = cls(first)
        write_atomic(path, keyset._wrapped_by(root))
        return keyset

    @classmethod
    def load(cls, path: Path, root: bytes) -> Keyset:
        """Reads and unwraps a keyset.

        A wrong root key stops here: going on would make a second universe of pseudonyms.

        Raises:
            KeyMaterialError: No file, or damaged (CS404); another root key (CS402).
            UnsafeStoreError: The file can be read by others (CS502).
        """
        check_key(root)
        document = _read_document(path)
        try:
            version = int(document["root_version"])
            check_value = bytes.fromhex(document["kcv"])
            rows = list(document["keys"])
        except (KeyError, TypeError, ValueError):
            raise _damaged("its form is not known") from None
        if not hmac.compare_digest(check_value, key_check_value(root)):
            raise KeyMaterialError(
                f"the root key is not the one that {path.name} was made with",
                hint="set the source of the root key back to the old key; do not make a new keyset",
                happened="nothing was read or written",
                code="CS402",
            )
        return cls(_unwrapped(rows, AESSIV(derive(root, version, "keyset", "", 64))))

    def active(self, purpose: Purpose) -> PurposeKey:
        """Gives the key that new values are made with."""
        return self._readable[purpose][0]

    def readable(self, purpose: Purpose) -> tuple[PurposeKey, ...]:
        """Gives the keys that stored values may have been made with: the active one, then newest first."""
        return self._readable[purpose]

    def version(self, purpose: Purpose, version: int) -> PurposeKey:
        """Gives one version that is not destroyed.

        Raises:
            KeyMaterialError: It is destroyed or never was (CS404).
        """
        for key in self.readable(purpose):
            if key.version == version:
                return key
        raise KeyMaterialError(
            f"key {purpose} v{version} is needed and is not in the keyset",
            hint="the keyset is older than the stores: restore both from one backup",
            code="CS404",
        )

    def _wrapped_by(self, root: bytes) -> bytes:
        cipher = AESSIV(derive(root, _ROOT_VERSION, "keyset", "", 64))
        rows = [
            {
                "purpose": purpose,
                "version": key.version,
                "state": key.state,
                "wrapped": base64.b64encode(
                    cipher.encrypt(key.secret, [_binding(purpose, key.version)])
                ).decode(),
            }
            for purpose, versions in self._keys.items()
            for key in versions
        ]
        document = {
            "format": _FORMAT,
            "root_version": _ROOT_VERSION,
            "kcv": key_check_value(root).hex(),
            "keys": rows,
        }
        return json.dumps(document, indent=1).encode() + b"\n"


def key_check_value(root: bytes) -> bytes:
    """Gives eight bytes that tell whether a root key is the right one, and nothing about it."""
    return Mac(derive(root, 1, "kcv")).digest(lp("kcv"))[:8]


def check_key(key: bytes) -> None:
    """Refuses what cannot be a random key of 32 bytes.

    Raises:
        KeyMaterialError: Another length, or one byte repeated (CS408).
    """
    if len(key) != _KEY_BYTES or len(set(key)) == 1:
        raise KeyMaterialError(
            "the root key must be 32 random bytes, as they are, as 64 hex characters or in base 64",
            hint="openssl rand -hex 32",
            code="CS408",
        )


def read_root_key(reference: str, *, base: Path) -> bytes:
    """Reads the root key from where the configuration says: 32 bytes, 64 hex characters or base 64.

    Raises:
        KeyMaterialError: The source gives nothing (CS401, naming it, never its value), the reference
            is a key itself (CS403), others can read it (CS407), or what it gives is none (CS408).
    """
    content = read_reference(reference, base=base)
    if len(content) != _KEY_BYTES:
        content = _decoded(content.strip())
    try:
        check_key(content)
    except KeyMaterialError as error:
        raise KeyMaterialError(
            f"{describe(reference)}: {error.message}", hint=error.hint, code="CS408"
        ) from None
    return content


def _decoded(text: bytes) -> bytes:
    if _HEX.fullmatch(text):
        return bytes.fromhex(text.decode())
    try:
        return base64.b64decode(text.replace(b"-", b"+").replace(b"_", b"/"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _readable_first(versions: Iterable[PurposeKey]) -> tuple[PurposeKey, ...]:
    """Gives the active key, then the others that are not destroyed, newest first."""
    readable = [key for key in versions if key.state != "destroyed"]
    return tuple(sorted(readable, key=lambda key: (key.state != "active", -key.version)))


def _binding(purpose: str, version: int) -> bytes:
    return lp("consentric", "keyset", purpose, str(version))


def _read_document(path: Path) -> dict[str, Any]:
    try:
        check_private(path)
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise KeyMaterialError(
            f"{path} is missing",
            hint="restore it from its backup; for a new workspace run  consentric init",
            code="CS404",
        ) from None
    except (ValueError, OSError):
        raise _damaged("it cannot be read") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _damaged("its form is not known")
    return document


def _unwrapped(rows: list[Any], cipher: AESSIV) -> dict[Purpose, tuple[PurposeKey, ...]]:
    keys: dict[Purpose, tuple[PurposeKey, ...]] = dict.fromkeys(get_args(Purpose), ())
    try:
        for row in rows:
            purpose, version, state = row["purpose"], int(row["version"]), row["state"]
            if purpose not in keys or state not in get_args(KeyState):
                raise _damaged("its form is not known")
            secret = b""
            if state != "destroyed":
                secret = cipher.decrypt(base64.b64decode(row["wrapped"]), [_binding(purpose, version)])
            keys[purpose] += (PurposeKey(version=version, secret=secret, state=state),)
    except (InvalidTag, KeyError, TypeError, ValueError):
        raise _damaged("a key in it was altered") from None
    return keys


def _damaged(why: str) -> KeyMaterialError:
    return KeyMaterialError(
        f"keyset.json is damaged: {why}",
        where="keyset.json",
        happened="nothing was read or written.",
        hint="restore it from its backup; do not make a new one",
        code="CS404",
    )
