"""Files that others cannot read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentric_privacy.errors import UnsafeStoreError
from consentric_privacy.files import (
    check_private,
    create_private,
    forbid_others,
    make_private_folder,
    write_atomic,
)


@pytest.fixture(autouse=True)
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_written_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    write_atomic(tmp_path / "keyset.json", b"{}")
    assert (mode(tmp_path / "keyset.json"), (tmp_path / "keyset.json").read_bytes()) == (0o600, b"{}")


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_atomic(tmp_path / "f", b"a long first content")
    write_atomic(tmp_path / "f", b"short")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("f", b"short")]


def test_failed_writing_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(UnsafeStoreError, match="could not be written"):
        write_atomic(tmp_path / "f", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_folders_are_made_private_with_their_parents(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o610, 0o602])
def test_file_reachable_by_others_is_refused_with_the_remedy(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "people.sqlite"
    create_private(path)
    check_private(path)
    path.chmod(bits)
    with pytest.raises(UnsafeStoreError) as caught:
        create_private(path)
    assert (caught.value.code, caught.value.exit_code, caught.value.hint) == ("CS502", 5, f"chmod 600 {path}")


def test_existing_folder_reachable_by_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(UnsafeStoreError) as caught:
        make_private_folder(tmp_path / "open")
    assert caught.value.hint == f"chmod 700 {tmp_path / 'open'}"


def test_umask_keeps_group_and_others_out(tmp_path: Path) -> None:
    forbid_others()
    (tmp_path / "f").write_bytes(b"")
    assert mode(tmp_path / "f") == 0o600


def test_core_dumps_are_off_also_for_children() -> None:
    program = (
        "import resource; from consentric_privacy.files import forbid_core_dumps; forbid_core_dumps();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"
