"""Every known-answer vector, each by the code that runs in production where there is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentric_privacy.audit import Head, anchor_mac, canonical, entry_hash, subject_ref
from consentric_privacy.deks import wrapping_cipher
from consentric_privacy.encoding import derive, lp
from consentric_privacy.keyset import Keyset, Purpose, PurposeKey, key_check_value
from consentric_privacy.pseudonyms import Pseudonyms

VECTORS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "vectors.json").read_text())

SECRET = bytes(range(32))
SID = bytes(range(0x10, 0x20))
DEK = bytes(range(0x20, 0x40))
PURPOSES: tuple[Purpose, ...] = ("match", "source", "pseudonym", "suppress", "wrap", "anchor")
KEY = PurposeKey(version=1, secret=SECRET, state="active")
PSEUDONYMS = Pseudonyms(Keyset(dict.fromkeys(PURPOSES, (KEY,))))
AAD = lp("consentric", "vault", "link", "1", SID, "hubspot")
ENTRY = {
    "seq": 1,
    "ts": "2026-01-01T00:00:00Z",
    "actor": "cli",
    "action": "audit.start",
    "ref": "",
    "data": {},
    "prev": "0" * 64,
}


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
    "audit entry1 canonical": lambda: canonical(ENTRY).decode(),
    "audit hash1": lambda: entry_hash(ENTRY),
    "anchor1": lambda: anchor_mac(KEY, Head(seq=1, hash=entry_hash(ENTRY))),
    "subject_ref": lambda: subject_ref(DEK),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vector_is_met(name: str) -> None:
    assert COMPUTED[name]() == VECTORS[name]


def test_no_vector_is_left_out_and_none_is_invented() -> None:
    assert COMPUTED.keys() == VECTORS.keys()
