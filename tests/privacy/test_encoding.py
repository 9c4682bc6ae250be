"""Byte strings that cannot collide, and the prepared MAC against the library's own."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentric_privacy.encoding import Mac, base32_lower, lp

PARTS = st.lists(st.text(max_size=8) | st.binary(max_size=8), max_size=4)


def as_bytes(parts: list[str | bytes]) -> list[bytes]:
    return [part.encode() if isinstance(part, str) else part for part in parts]


@given(PARTS, PARTS)
def test_different_parts_never_give_the_same_bytes(one: list[str | bytes], other: list[str | bytes]) -> None:
    assert (lp(*one) == lp(*other)) == (as_bytes(one) == as_bytes(other))


def test_moving_a_letter_between_parts_changes_the_bytes() -> None:
    assert lp("ab", "c") != lp("a", "bc")


@given(st.binary(max_size=64), st.binary(max_size=200), st.binary(max_size=20))
def test_prepared_mac_equals_the_standard_hmac(key: bytes, message: bytes, prefix: bytes) -> None:
    mac = Mac(key, prefix)
    expected = hmac.digest(key, prefix + message, hashlib.sha256)
    assert [mac.digest(message), mac.digest(message)] == [expected, expected]


def test_prepared_mac_refuses_a_key_longer_than_a_block() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        Mac(bytes(65))


def test_sixteen_bytes_are_twenty_six_characters() -> None:
    assert base32_lower(bytes(16)) == "a" * 26
