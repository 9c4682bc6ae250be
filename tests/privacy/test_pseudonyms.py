"""Fingerprints and pseudonyms: stable, apart by purpose, readable under old keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consentric_privacy.keyset import Keyset, PurposeKey
from consentric_privacy.pseudonyms import Pseudonyms

PURPOSES: Any = ("match", "source", "pseudonym", "suppress", "wrap", "anchor")
OLD = PurposeKey(version=1, secret=bytes(range(32)), state="lookup")
NEW = PurposeKey(version=2, secret=bytes(range(1, 33)), state="active")
FIRST = Pseudonyms(Keyset({p: (PurposeKey(version=1, secret=OLD.secret, state="active"),) for p in PURPOSES}))
ROTATED = Pseudonyms(Keyset(dict.fromkeys(PURPOSES, (OLD, NEW))))
SIDS = st.binary(min_size=16, max_size=16)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@given(SIDS, st.text(max_size=12))
def test_pid_is_stable_and_of_one_form(sid: bytes, domain: str) -> None:
    pid = FIRST.pid(sid, domain)
    assert pid == FIRST.pid(sid, domain)
    assert re.fullmatch(r"p1\.[a-z2-7]{26}", pid)


@given(SIDS)
def test_two_domains_give_different_pids(sid: bytes) -> None:
    assert len({FIRST.pid(sid), FIRST.pid(sid, "export:agency"), FIRST.pid(sid, "export:other")}) == 3


def test_pid_of_a_new_key_says_its_version() -> None:
    assert ROTATED.pid(bytes(16)).startswith("p2.")
    assert ROTATED.pid(bytes(16))[3:] != FIRST.pid(bytes(16))[3:]


@given(st.lists(SIDS, unique=True, min_size=2, max_size=20))
def test_people_have_different_pids(sids: list[bytes]) -> None:
    assert len({FIRST.pid(sid) for sid in sids}) == len(sids)


def test_one_value_has_another_fingerprint_for_each_kind_and_use() -> None:
    value = "+33612345678"
    fingerprints = {
        FIRST.match_key("email", value),
        FIRST.match_key("phone", value),
        FIRST.match_key("external:loyalty", value),
        FIRST.match_key("external:shop", value),
        FIRST.suppression("phone", value)[:16],
        FIRST.source_key("hubspot", value),
        FIRST.source_key("shop", value),
        FIRST.record_key("hubspot", "contact", "", value),
        FIRST.record_key("shop", "contact", "", value),
        FIRST.record_key("hubspot", "lead", "", value),
        FIRST.record_key("hubspot", "contact", "audience", value),
    }
    assert len(fingerprints) == 11
    assert {len(fingerprint) for fingerprint in fingerprints} == {16}


def test_suppression_keeps_all_256_bits() -> None:
    assert len(FIRST.suppression("email", "alice@example.com")) == 32


def test_values_under_old_keys_are_still_found_the_active_key_first() -> None:
    email = ("email", "alice@example.com")
    assert ROTATED.match_key_all(*email) == (ROTATED.match_key(*email), FIRST.match_key(*email))
    assert ROTATED.suppression_all(*email) == (ROTATED.suppression(*email), FIRST.suppression(*email))
    place = ("hubspot", "contact", "", "101")
    assert ROTATED.record_key_all(*place) == (ROTATED.record_key(*place), FIRST.record_key(*place))
    assert ROTATED.record_key_under(1, *place) == FIRST.record_key(*place)
    assert ROTATED.active_version("match") == 2


def test_event_id_is_the_same_for_the_same_moment_in_any_zone() -> None:
    in_paris = NOON.astimezone(timezone(timedelta(hours=2)))
    said = [FIRST.event_id(bytes(16), "news", "email", "granted", time) for time in (NOON, in_paris)]
    assert said[0] == said[1]
    assert len(said[0]) == 16


def test_event_id_differs_in_each_of_its_parts() -> None:
    statements: list[tuple[bytes, str, str, str, datetime | None]] = [
        (bytes(16), "news", "email", "granted", NOON),
        (b"\1" * 16, "news", "email", "granted", NOON),
        (bytes(16), "*", "email", "granted", NOON),
        (bytes(16), "news", "sms", "granted", NOON),
        (bytes(16), "news", "email", "withdrawn", NOON),
        (bytes(16), "news", "email", "granted", NOON + timedelta(seconds=1)),
        (bytes(16), "news", "email", "granted", None),
    ]
    assert len({FIRST.event_id(*statement) for statement in statements}) == len(statements)
