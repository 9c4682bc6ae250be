"""`doctor`: each thing that can be out of order is found, with its fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric.app import doctor
from consentric.app.config import Config
from consentric.app.doctor import Check, Examination, examine
from consentric.app.store_modes import readable_by_others, require_private_stores
from consentric.control.runs import start_run
from consentric.control.store import ControlStore
from consentric.sdk.contracts import Account, Connector
from consentric.sdk.errors import ConfigError, RemoteError, RemoteKind, UnsafeStoreError

from .conftest import PretendConnector

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

CONFIG = """\
[connections.hubspot]
connector = "hubspot"
token = "env:CONSENTRIC_TEST_TOKEN"
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSENTRIC_ROOT_KEY", bytes(range(32)).hex())
    (tmp_path / "config.toml").write_text(CONFIG)
    tmp_path.chmod(0o700)
    return tmp_path


class Answering(PretendConnector):
    account = Account(id="4711", name="Acme prod")

    def check(self) -> Account:
        return self.account


@contextmanager
def opened(_config: Config, _name: str) -> Iterator[Connector]:
    yield Answering.__new__(Answering)


def checks(workspace: Path, **others: Any) -> dict[str, Check]:
    found = examine(workspace / "config.toml", now=NOW, **{"open_connector": opened, **others})
    return {check.name: check for check in found}


def test_a_sound_workspace_has_no_finding(workspace: Path) -> None:
    found = checks(workspace)
    assert {name: check.state for name, check in found.items()} == dict.fromkeys(
        ("config", "modes", "keys", "plugins", "disk", "filesystem", "clock", "hubspot"), "ok"
    )
    assert found["hubspot"].finding == '"Acme prod" answers (account 4711)'


def test_it_changes_nothing(workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    checks(workspace)
    assert sorted(workspace.rglob("*")) == before


def test_a_broken_configuration_is_the_only_finding(workspace: Path) -> None:
    (workspace / "config.toml").write_text("[worksapce]\n")
    [check] = checks(workspace).values()
    assert check.finding.endswith('the first: unknown section "worksapce"')
    assert check.fix == "consentric config check"


def test_an_unset_root_key_is_found(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSENTRIC_ROOT_KEY")
    check = checks(workspace)["keys"]
    assert check.state == "failed"
    assert "CONSENTRIC_ROOT_KEY" in check.finding


def test_a_store_that_others_can_read_is_found_with_its_chmod(workspace: Path) -> None:
    (workspace / "people.sqlite").touch()
    (workspace / "people.sqlite").chmod(0o644)
    check = checks(workspace)["modes"]
    assert (check.state, check.fix) == ("failed", f"chmod 600 {workspace / 'people.sqlite'}")
    with pytest.raises(UnsafeStoreError) as caught:
        require_private_stores(workspace)
    assert caught.value.exit_code == 5
    assert caught.value.message == (
        f"{workspace / 'people.sqlite'} can be read by other users of this machine"
    )


def test_the_analytics_group_may_read_analytics_and_nothing_else(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace / "analytics"
    folder.mkdir()
    folder.chmod(0o750)
    assert readable_by_others(workspace) == [folder]
    monkeypatch.setattr("consentric.app.store_modes._group_id", lambda _name: folder.stat().st_gid)
    assert readable_by_others(workspace, analytics_group="analysts") == []
    folder.chmod(0o755)
    assert readable_by_others(workspace, analytics_group="analysts") == [folder]


def test_a_refused_token_is_found(workspace: Path) -> None:
    @contextmanager
    def refusing(_config: Config, _name: str) -> Iterator[Connector]:
        raise RemoteError("HubSpot refused the token (401)", kind=RemoteKind.AUTH, hint="renew it")
        yield

    check = checks(workspace, open_connector=refusing)["hubspot"]
    assert (check.state, check.finding, check.fix) == (
        "failed",
        "HubSpot refused the token (401)",
        "renew it",
    )


def test_a_missing_scope_is_found(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(id="4711", name="Acme prod", missing_scopes=("crm.lists.write",))
    monkeypatch.setattr(Answering, "account", account)
    assert checks(workspace)["hubspot"].finding == '"Acme prod" answers, without the scopes crm.lists.write'


def test_a_full_disk_is_found(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 10**18)
    assert checks(workspace)["disk"].fix == "free at least 1 GB"


def test_a_network_file_system_is_found(workspace: Path) -> None:
    mounts = workspace / "mounts"
    mounts.write_text(f"server:/x {workspace} nfs4 rw 0 0\n")
    config = doctor.load_config(workspace / "config.toml")
    examination = Examination(config=config, now=NOW, open_connector=opened, mounts=mounts)
    [check] = doctor._CHECKS["filesystem"](examination)
    assert check.fix == "move it to a local disk"


def test_a_clock_that_jumped_back_is_found(workspace: Path) -> None:
    store = ControlStore.open(workspace / "control.sqlite")
    later = datetime(2026, 6, 15, 13, 0, tzinfo=UTC)
    start_run(store, job="sync", config_hash="", engine_version="", now=later)
    store.close()
    assert checks(workspace)["clock"].finding == (
        "the last run started at 2026-06-15 13:00 UTC, which is still to come"
    )


def test_a_job_that_never_ran_is_found(workspace: Path) -> None:
    (workspace / "config.toml").write_text('[jobs]\nsync = "02:00"\n' + CONFIG)
    assert checks(workspace)["jobs"].finding == 'job "sync" is due every day and never ran'


def test_a_missing_sandbox_is_found(workspace: Path) -> None:
    (workspace / "config.toml").write_text(CONFIG + 'sandbox = "../sandbox"\n')
    check = checks(workspace)["sandbox"]
    assert check.fix == "consentric sandbox up ../sandbox"


def test_an_unsigned_assessment_is_found(workspace: Path) -> None:
    purpose = (
        '[[purpose]]\nid = "segmentation"\nbasis = ["legitimate_interest"]\nassessment = "file:lia.pdf"\n'
    )
    (workspace / "config.toml").write_text(CONFIG + purpose)
    check = checks(workspace)["assessments"]
    assert check.finding == (
        'purpose "segmentation" allows nothing: lia.pdf is not signed, or was altered since'
    )
    assert check.fix == 'consentric records lia --sign lia.pdf --by "NAME"'


def test_one_check_or_connection_can_be_asked_for(workspace: Path) -> None:
    assert list(checks(workspace, only="hubspot")) == ["hubspot"]
    assert list(checks(workspace, only="disk")) == ["disk"]
    with pytest.raises(ConfigError) as caught:
        checks(workspace, only="hubspto")
    assert caught.value.hint == 'did you mean "hubspot"?'


def test_it_says_of_the_configuration_what_config_check_says(workspace: Path) -> None:
    purpose = '[[purpose]]\nid = "segmentation"\nbasis = ["legitimate_interest"]\n'
    (workspace / "config.toml").write_text(CONFIG + purpose)
    check = checks(workspace)["config"]
    assert (check.state, check.fix) == ("failed", "consentric config check")
    assert check.finding.startswith(
        'config.toml: 1 to mend; the first: purpose "segmentation" rests on legitimate interest alone'
    )
