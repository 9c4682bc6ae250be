"""The keyset: made once, opened by one root key only."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from consentric_privacy.errors import KeyMaterialError, UnsafeStoreError
from consentric_privacy.keyset import Keyset, PurposeKey, read_root_key

ROOT = bytes(range(32))
PURPOSES = ("match", "source", "pseudonym", "suppress", "wrap", "anchor")


def error_of(action: Any, *arguments: Any, **named: Any) -> KeyMaterialError:
    with pytest.raises(KeyMaterialError) as caught:
        action(*arguments, **named)
    assert caught.value.exit_code == 4
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyset.json"


def test_each_purpose_gets_its_own_random_key(path: Path) -> None:
    keyset = Keyset.create(path, ROOT)
    keys = [keyset.active(purpose) for purpose in PURPOSES]
    assert [(key.version, len(key.secret), key.state) for key in keys] == [(1, 32, "active")] * 6
    assert len({key.secret for key in keys}) == 6


def test_loading_gives_the_same_keys(path: Path) -> None:
    made = Keyset.create(path, ROOT)
    read = Keyset.load(path, ROOT)
    assert [read.active(purpose) for purpose in PURPOSES] == [made.active(purpose) for purpose in PURPOSES]


def test_two_keysets_under_one_root_key_share_nothing(tmp_path: Path) -> None:
    one, other = (Keyset.create(tmp_path / name, ROOT) for name in ("one.json", "other.json"))
    assert not {one.active(p).secret for p in PURPOSES} & {other.active(p).secret for p in PURPOSES}


def test_file_is_private_and_holds_no_key_in_clear(path: Path) -> None:
    keyset = Keyset.create(path, ROOT)
    content = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for secret in [ROOT, *(keyset.active(purpose).secret for purpose in PURPOSES)]:
        assert secret not in content
        assert secret.hex().encode() not in content
        assert base64.b64encode(secret) not in content


def test_keys_are_not_shown_when_printed() -> None:
    assert "secret" not in repr(PurposeKey(version=1, secret=ROOT, state="active"))


def test_wrong_root_key_stops(path: Path) -> None:
    Keyset.create(path, ROOT)
    error = error_of(Keyset.load, path, bytes(range(1, 33)))
    assert (error.code, error.happened) == ("CS402", "nothing was read or written")


def test_existing_keyset_is_never_replaced(path: Path) -> None:
    Keyset.create(path, ROOT)
    before = path.read_bytes()
    assert error_of(Keyset.create, path, ROOT).code == "CS404"
    assert path.read_bytes() == before


def test_missing_keyset_is_said(path: Path) -> None:
    assert error_of(Keyset.load, path, ROOT).message == f"{path} is missing"


def test_keyset_that_others_can_read_is_refused(path: Path) -> None:
    Keyset.create(path, ROOT)
    path.chmod(0o640)
    with pytest.raises(UnsafeStoreError) as caught:
        Keyset.load(path, ROOT)
    assert caught.value.code == "CS502"


def test_wrapped_keys_of_two_purposes_cannot_change_places(path: Path) -> None:
    Keyset.create(path, ROOT)
    document = json.loads(path.read_text())
    first, second = document["keys"][:2]
    first["wrapped"], second["wrapped"] = second["wrapped"], first["wrapped"]
    path.write_text(json.dumps(document))
    assert error_of(Keyset.load, path, ROOT).code == "CS404"


def broken(change: str) -> dict[str, Any]:
    document: dict[str, Any] = {"format": 1, "root_version": 1, "kcv": "74a3de3f33a08151", "keys": []}
    return document | json.loads(change)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "not json",
        '"x"',
        *(
            json.dumps(broken(change))
            for change in (
                "{}",
                '{"format": 2}',
                '{"kcv": "zz"}',
                '{"kcv": 1}',
                '{"keys": 5}',
                '{"keys": [1]}',
                '{"keys": [{}]}',
                '{"keys": [{"purpose": "other", "version": 1, "state": "active", "wrapped": ""}]}',
                '{"keys": [{"purpose": "wrap", "version": 1, "state": "active", "wrapped": "AAAA"}]}',
                '{"keys": [{"purpose": "wrap", "version": 1, "state": "destroyed"}]}',
            )
        ),
    ],
)
def test_damaged_keyset_is_a_sentence(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o600)
    error = error_of(Keyset.load, path, ROOT)
    assert (error.code, error.message.split(":")[0]) == ("CS404", "keyset.json is damaged")


def versions(*states: Any) -> dict[Any, tuple[PurposeKey, ...]]:
    several = tuple(
        PurposeKey(version=number, secret=bytes([number]) * 32, state=state)
        for number, state in enumerate(states, start=1)
    )
    return dict.fromkeys(PURPOSES, several)


def test_old_versions_are_read_after_the_active_one_and_destroyed_ones_never() -> None:
    keyset = Keyset(versions("lookup", "destroyed", "active", "lookup"))
    assert [key.version for key in keyset.readable("match")] == [3, 4, 1]
    assert keyset.active("match").version == 3
    assert keyset.version("match", 1).secret == b"\x01" * 32
    assert error_of(keyset.version, "match", 2).message == "key match v2 is needed and is not in the keyset"


@pytest.mark.parametrize("states", [(), ("lookup",), ("active", "active")])
def test_each_purpose_needs_exactly_one_active_key(states: tuple[str, ...]) -> None:
    assert error_of(Keyset, versions(*states)).code == "CS404"


def key_file(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "root.key"
    path.write_bytes(content)
    path.chmod(0o600)
    return f"file:{path}"


@pytest.mark.parametrize(
    "content",
    [
        ROOT,
        ROOT.hex().encode(),
        ROOT.hex().upper().encode() + b"\n",
        base64.b64encode(ROOT),
        base64.b64encode(ROOT) + b"\n",
        base64.urlsafe_b64encode(ROOT),
    ],
)
def test_root_key_is_read_in_each_spelling(tmp_path: Path, content: bytes) -> None:
    assert read_root_key(key_file(tmp_path, content), base=tmp_path) == ROOT


def test_raw_root_key_keeps_bytes_that_look_like_white_space(tmp_path: Path) -> None:
    raw = b"\n" + bytes(range(1, 31)) + b" "
    assert read_root_key(key_file(tmp_path, raw), base=tmp_path) == raw


@pytest.mark.parametrize(
    "content",
    [
        bytes(32),
        b"a" * 32,
        b"00" * 32,
        ROOT[:31],
        ROOT + b"\0",
        ROOT.hex()[:62].encode(),
        b"hunter2",
        b"\xff" * 33,
    ],
)
def test_weak_or_malformed_root_key_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    error = error_of(read_root_key, key_file(tmp_path, content), base=tmp_path)
    assert (error.code, "32 random bytes" in error.message) == ("CS408", True)
    assert content.decode("latin-1") not in error.message


def test_unset_root_key_names_its_source(tmp_path: Path) -> None:
    error = error_of(read_root_key, "env:CONSENTRIC_NOT_SET", base=tmp_path)
    assert (error.code, error.message) == ("CS401", "env:CONSENTRIC_NOT_SET is not set")


def test_root_key_written_into_the_configuration_is_refused(tmp_path: Path) -> None:
    error = error_of(read_root_key, ROOT.hex(), base=tmp_path)
    assert (error.code, ROOT.hex() in error.message) == ("CS403", False)


def test_root_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    reference = key_file(tmp_path, ROOT)
    (tmp_path / "root.key").chmod(0o644)
    assert error_of(read_root_key, reference, base=tmp_path).code == "CS407"
