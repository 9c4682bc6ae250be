"""Every known-answer vector, each by the code that runs in production where there is one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentric_privacy.deks import wrapping_cipher
from consentric_privacy.encoding import Mac, base32_lower, derive, lp
from consentric_privacy.keyset import Keyset, Purpose, PurposeKey, key_check_value
from consentric_privacy.pseudonyms import Pseudonyms

VECTORS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "vectors.json").read_text())

SECRET = bytes(range(32))
SID = bytes(range(0x10, 0x20))
DEK = bytes(range(0x20, 0x40))
PURPOSES: tuple[Purpose, ...] = ("match", "source", "pseudonym", "suppress", "wrap", "anchor")
PSEUDONYMS = Pseudonyms(
    Keyset({purpose: (PurposeKey(version=1, secret=SECRET, state="active"),) for purpose in PURPOSES})
)
AAD = lp("consentric", "vault", "link", "1", SID, "hubspot")
ENTRY = {
    "seq": 1,
    "ts": "2026-01-01T00:00:00Z",
    "actor": "cli",
    "action": "audit.start",
    "ref": "",
    "data": {},
}


def canonical() -> str:
    return json.dumps(ENTRY | {"prev": "0" * 64}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def entry_hash() -> str:
    return hashlib.sha256(canonical().encode()).hexdigest()


def subject_ref() -> str:
    return base32_lower(Mac(audit_ref_key()).digest(lp("ref"))[:16])


def audit_ref_key() -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = lp("consentric", "audit-ref")
    return HKDF(algorithm=SHA256(), length=32, salt=b"consentric/v1", info=info).derive(DEK)


COMPUTED: dict[str, Callable[[], str]] = {
    "derive(match,email,v1)": lambda: derive(SECRET, 1, "match", "email").hex(),
    "derive(match,phone,v1)": lambda: derive(SECRET, 1, "match", "phone").hex(),
    "derive(pseudonym,analytics,v1)": lambda: derive(SECRET, 1, "pseudonym", "analytics").hex(),
    "derive(pseudonym,export:demo,v1)": lambda: derive(SECRET, 1, "pseudonym", "export:demo").hex(),
    "derive(suppress,email,v1)": lambda: derive(SECRET, 1, "suppress", "email").hex(),
    "derive(anchor,,v1)": lambda: derive(SECRET, 1, "anchor").hex(),
    "derive(wrap,,v1,64)": lambda: derive(SECRET, 1, "wrap", "", 64).hex(),
    "derive(secret, 1, keyset, , 64)": lambda: derive(SECRET, 1, "keyset", "", 64).hex(),
    "kcv = HMAC(derive(secret,1,kcv), lp(kcv))[:8]": lambda: key_check_value(SECRET).hex(),
    "match_key(email, alice@example.com)": lambda: PSEUDONYMS.match_key("email", "alice@example.com").hex(),
    "match_key(phone, +33612345678)": lambda: PSEUDONYMS.match_key("phone", "+33612345678").hex(),
    "suppress_key(email, alice@example.com, 32B)": lambda: PSEUDONYMS.suppression(
        "email", "alice@example.com"
    ).hex(),
    "pid(analytics,v1,sid)": lambda: PSEUDONYMS.pid(SID),
    "pid(export:demo,v1,sid)": lambda: PSEUDONYMS.pid(SID, "export:demo"),
    "wrapped_dek": lambda: wrapping_cipher(SECRET, 1).encrypt(DEK, [lp("consentric", "dek", "1"), SID]).hex(),
    "record plaintext": lambda: json.dumps({"crm": "hubspot", "id": "101"}, separators=(",", ":")),
    "record aad": lambda: AAD.hex(),
    "record ct (nonce=00*12, test only)": lambda: (
        AESGCM(DEK).encrypt(bytes(12), VECTORS["record plaintext"].encode(), AAD).hex()
    ),
    "audit entry1 canonical": canonical,
    "audit hash1": entry_hash,
    "anchor1": lambda: Mac(derive(SECRET, 1, "anchor")).digest(lp("anchor", "1", entry_hash())).hex(),
    "subject_ref": subject_ref,
}


@pytest.mark.parametrize("name", VECTORS)
def test_vector_is_met(name: str) -> None:
    assert COMPUTED[name]() == VECTORS[name]


def test_no_vector_is_left_out_and_none_is_invented() -> None:
    assert COMPUTED.keys() == VECTORS.keys()
