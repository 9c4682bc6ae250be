"""Units and crontab lines: what they say of the workspace, and that systemd itself takes them."""

from __future__ import annotations

import os
import shutil
import subprocess
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consentric.app import cli
from consentric.app.schedule_files import install_files, marked
from consentric.app.timetable import Timetable
from consentric.app.units import Service, crontab, unit_files

TIMETABLE = Timetable(zone=ZoneInfo("Europe/Paris"), sync="02:05", has_consents=True)
SERVICE = Service(
    program=("/opt/consentric/bin/consentric",),
    config=Path("/srv/crm/config.toml"),
    writable=(Path("/srv/crm"),),
    secrets=("CONSENTRIC_ROOT_KEY", "HUBSPOT_TOKEN"),
    user="consentric",
)


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_there_is_a_service_and_a_timer_for_each_job_and_one_unit_for_failures() -> None:
    assert sorted(unit_files(SERVICE, TIMETABLE)) == [
        "consentric-consents.service",
        "consentric-consents.timer",
        "consentric-failed@.service",
        "consentric-sync.service",
        "consentric-sync.timer",
    ]
    assert sorted(unit_files(SERVICE, Timetable(sync="02:00"))) == [
        "consentric-failed@.service",
        "consentric-sync.service",
        "consentric-sync.timer",
    ]


def test_a_service_runs_as_the_owner_may_write_to_the_workspace_alone_and_tells_of_its_failure() -> None:
    files = unit_files(SERVICE, TIMETABLE)
    sync = parsed(files["consentric-sync.service"])
    assert sync["Unit"]["OnFailure"] == "consentric-failed@sync.service"
    service = sync["Service"]
    command = "/opt/consentric/bin/consentric --config /srv/crm/config.toml sync --quiet"
    assert (service["User"], service["ExecStart"]) == ("consentric", command)
    hardening = (
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectSystem",
        "ReadWritePaths",
        "UMask",
    )
    assert [service[name] for name in hardening] == ["yes", "yes", "yes", "strict", "/srv/crm", "0077"]
    assert "LoadCredential=HUBSPOT_TOKEN:%E/consentric/HUBSPOT_TOKEN\n" in files["consentric-sync.service"]
    hourly = parsed(files["consentric-consents.service"])["Service"]
    assert hourly["ExecStart"].endswith(" sync consents --quiet")
    assert (service["SuccessExitStatus"], hourly["SuccessExitStatus"]) == ("3", "3 6")
    failed = parsed(files["consentric-failed@.service"])["Service"]
    assert failed["ExecStart"].endswith(" schedule failed %i")


def test_a_timer_counts_in_the_zone_of_the_business_and_makes_up_for_what_it_slept_through() -> None:
    files = unit_files(SERVICE, TIMETABLE)
    nightly = parsed(files["consentric-sync.timer"])["Timer"]
    assert nightly["OnCalendar"] == "*-*-* 02:05:00 Europe/Paris"
    assert (nightly["Persistent"], nightly["RandomizedDelaySec"]) == ("true", "10min")
    assert parsed(files["consentric-consents.timer"])["Timer"]["OnCalendar"] == "*-*-* *:35:00 UTC"


def test_a_unit_of_a_user_leaves_out_what_only_the_system_may_do() -> None:
    text = unit_files(replace(SERVICE, user=None), TIMETABLE)["consentric-sync.service"]
    assert "User=" not in text.replace("PrivateUsers=", "")
    assert "CapabilityBoundingSet" not in text
    assert "ProtectSystem=strict" in text


def test_odd_characters_of_a_path_stand_for_themselves() -> None:
    odd = replace(SERVICE, config=Path('/srv/a "b" 100% $x/config.toml'))
    unit = unit_files(odd, TIMETABLE)["consentric-sync.service"]
    assert '--config "/srv/a \\"b\\" 100%% $$x/config.toml" sync' in unit
    line = crontab(odd, TIMETABLE).splitlines()[-2]
    assert "--config '/srv/a \"b\" 100\\% $x/config.toml' sync" in line


def test_a_crontab_has_a_line_for_each_job() -> None:
    lines = [line for line in crontab(SERVICE, TIMETABLE).splitlines() if not line.startswith("#")]
    program = "/opt/consentric/bin/consentric --config /srv/crm/config.toml"
    assert lines == [
        "CRON_TZ=Europe/Paris",
        f"5 2 * * *  {program} sync --quiet",
        f"35 * * * *  {program} sync consents --quiet",
    ]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "consentric"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = replace(SERVICE, program=(str(program),), user="root")
    install_files(unit_files(service, TIMETABLE), tmp_path, is_forced=False)
    (tmp_path / "consentric-failed@sync.service").symlink_to("consentric-failed@.service")
    units = ["consentric-sync.timer", "consentric-consents.timer", "consentric-failed@sync.service"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        cwd=tmp_path,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "consentric" in line]
    assert (done.returncode, said) == (0, [])


def test_a_file_that_somebody_changed_is_kept_until_forced(tmp_path: Path) -> None:
    def installed(text: str, *, is_forced: bool = False) -> list[str]:
        found = install_files({"a.timer": text, "b.timer": "b\n"}, tmp_path, is_forced=is_forced)
        return [one.outcome for one in found]

    assert installed("one\n") == ["written", "written"]
    assert installed("one\n") == ["unchanged", "unchanged"]
    assert installed("two\n") == ["updated", "unchanged"]
    (tmp_path / "a.timer").write_text(marked("two\n") + "Nice=19\n")
    assert installed("three\n") == ["kept", "unchanged"]
    assert (tmp_path / "a.timer").read_text().endswith("two\nNice=19\n")
    assert installed("three\n", is_forced=True) == ["replaced", "unchanged"]
    assert (tmp_path / "a.timer").read_text() == marked("three\n")


def test_what_the_page_shows_is_what_is_written() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    service, timer = (block.partition("```")[0] for block in page.split("```ini\n")[1:3])
    files = unit_files(
        replace(SERVICE, secrets=("HUBSPOT_TOKEN",)), Timetable(zone=ZoneInfo("Europe/Paris"), sync="02:00")
    )
    written = files["consentric-sync.service"].splitlines()
    assert [line for line in service.splitlines() if line not in written] == []
    assert timer == files["consentric-sync.timer"]


def test_without_jobs_there_are_no_timers_to_show_and_that_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[workspace]\nroot_key = "env:CONSENTRIC_ROOT_KEY"\n')
    assert cli.run(["-c", str(config), "schedule", "show"]) == 0
    assert capsys.readouterr().out == (
        "No timers yet: no job has a time.\n"
        'Next:  in config.toml  [jobs] consents = "hourly" and sync = "02:00"\n'
    )
