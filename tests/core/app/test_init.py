"""`init`: a configuration that allows no more than its answers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from consentric.app import cli
from consentric.app.config import load_config
from consentric.app.init import write_configuration
from consentric.app.init_questions import QUESTIONS, applies, default_answers, read_answers
from consentric.sdk.errors import ConfigError

ALL_ANSWERS = {
    "company": "Acme SAS",
    "country": "BE",
    "dpo": "dpo@acme.example",
    "root_key": "file:keys/root.key",
    "crm": "hubspot",
    "token": "env:ACME_HUBSPOT",
    "assessment": "lia-2026.pdf",
    "subscription": "Newsletter",
    "transfer": "scc",
}


def written(folder: Path, answers: dict[str, str]) -> dict[str, Any]:
    write_configuration(folder, {**default_answers(), **answers})
    merged: dict[str, Any] = {}
    for name in ("config.toml", "segments.toml", "privacy.toml"):
        merged |= tomllib.loads((folder / name).read_text())
    return merged


def test_nine_questions_at_most() -> None:
    assert len(QUESTIONS) == 9


def test_all_defaults_allow_nothing_read_nothing_and_write_nowhere(tmp_path: Path) -> None:
    assert written(tmp_path, {}) == {
        "include": ["segments.toml", "privacy.toml"],
        "workspace": {"root_key": "env:CONSENTRIC_ROOT_KEY"},
    }


def test_with_all_defaults_four_questions_are_asked() -> None:
    asked = [question.id for question in QUESTIONS if applies(question, default_answers())]
    assert asked == ["company", "country", "root_key", "crm"]


def test_a_crm_alone_is_read_and_allows_nothing(tmp_path: Path) -> None:
    assert written(tmp_path, {"crm": "hubspot"}) == {
        "include": ["segments.toml", "privacy.toml"],
        "workspace": {"root_key": "env:CONSENTRIC_ROOT_KEY"},
        "connections": {"hubspot": {"connector": "hubspot", "token": "env:HUBSPOT_TOKEN"}},
    }


def test_an_assessment_allows_segmenting_and_nothing_else(tmp_path: Path) -> None:
    config = written(tmp_path, {"crm": "hubspot", "assessment": "lia.pdf"})
    assert config["purpose"] == [
        {"id": "segmentation", "basis": ["legitimate_interest"], "assessment": "file:lia.pdf"}
    ]
    assert config["segment_set"] == [{"name": "rfm5", "purpose": "segmentation", "method": "rfm"}]
    assert "destination" not in config
    assert config["connections"]["hubspot"] == {
        "connector": "hubspot",
        "token": "env:HUBSPOT_TOKEN",
        "purchases": "deals",
    }


def test_a_transfer_alone_makes_the_destination(tmp_path: Path) -> None:
    config = written(tmp_path, ALL_ANSWERS)
    assert config["destination"] == [
        {
            "name": "hubspot-prod",
            "to": "hubspot",
            "sets": ["rfm5"],
            "purpose": "email_marketing",
            "channel": "email",
            "transfer": "scc",
        }
    ]


@pytest.mark.parametrize("name", ["company", "dpo", "root_key", "crm", "token", "assessment", "subscription"])
def test_the_answer_stands_beside_what_it_allows(tmp_path: Path, name: str) -> None:
    written(tmp_path, ALL_ANSWERS)
    texts = "".join(path.read_text() for path in tmp_path.glob("*.toml"))
    lines = [line for line in texts.splitlines() if f"({name}): {ALL_ANSWERS[name]}" in line]
    assert lines
    assert all("=" in line.split("#")[0] for line in lines)


def test_files_and_key_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    (tmp_path / "acme" / "keys").mkdir(parents=True, mode=0o700)
    written(folder, ALL_ANSWERS)
    key = folder / "keys" / "root.key"
    assert len(bytes.fromhex(key.read_text().strip())) == 32
    for path in (key, folder / "config.toml", folder / "segments.toml", folder / "privacy.toml"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_key_is_kept(tmp_path: Path) -> None:
    key = tmp_path / "root.key"
    key.write_text("00" * 32)
    written(tmp_path, {"root_key": "file:root.key"})
    assert key.read_text() == "00" * 32


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "privacy.toml").write_text("# mine\n")
    with pytest.raises(ConfigError, match=r"privacy\.toml exists already") as caught:
        write_configuration(tmp_path, default_answers())
    assert caught.value.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["privacy.toml"]


def test_every_fault_of_an_answers_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text('compani = "x"\ntoken = "pat-eu1-0123"\ncountry = "France"\n')
    with pytest.raises(ConfigError) as caught:
        read_answers(path)
    assert [(fault.message, fault.hint) for fault in caught.value.faults] == [
        ('no question is named "compani"', 'did you mean "company"?'),
        ('answer "token": never the secret itself: say where it is kept, as env:NAME or file:PATH', ""),
        ('answer "country": write the two letters of ISO 3166, as FR', ""),
    ]


def test_the_command_without_a_terminal_takes_the_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "acme" / "config.toml"
    assert cli.run(["-c", str(config), "--no-input", "init"]) == 0
    assert f"Next:  consentric -c {config} config check" in capsys.readouterr().out
    assert load_config(config).settings.connections == {}


def test_the_fullest_configuration_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "lia-2026.pdf").write_bytes(b"signed")
    written(tmp_path, ALL_ANSWERS)
    assert [d.name for d in load_config(tmp_path / "config.toml").settings.destination] == ["hubspot-prod"]
