"""`init`: a configuration that allows no more than its answers."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from consentric.app import cli
from consentric.app.config import check_config, load_config
from consentric.app.init import write_configuration
from consentric.app.init_answers import read_answers
from consentric.app.init_files import FILES
from consentric.app.init_questions import NUMBER_OF, PARTS, QUESTIONS, Answer, default_answers, lacking
from consentric.sdk.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden_init"
ALL_ANSWERS: dict[str, Answer] = {
    "company": "Acme SAS",
    "country": "BE",
    "dpo": "dpo@acme.example",
    "root_key": "file:keys/root.key",
    "crms": ("salesforce", "hubspot", "mailchimp"),
    "hubspot.token": "env:ACME_HUBSPOT",
    "mailchimp.api_key": "env:ACME_MAILCHIMP",
    "mailchimp.audiences": ("a1b2c3d4e5", "ffeeddccbb"),
    "salesforce.domain": "acme.my",
    "salesforce.consumer_key": "env:ACME_SF_KEY",
    "salesforce.consumer_secret": "file:../sf.secret",
    "purposes": ("segmentation", "email_marketing"),
    "assessment": "lia-2026.pdf",
    "hubspot.consents": ("Newsletter", "Offers"),
    "mailchimp.consents": ("a1b2c3d4e5",),
    "salesforce.consents": ("Newsletter",),
    "hubspot.purchases": "deals",
    "salesforce.purchases": "opportunities",
    "hubspot.order_number": "shop_order",
    "salesforce.order_number": "Shop_Order__c",
    "hubspot.transfer": "adequacy",
    "mailchimp.transfer": "scc",
    "salesforce.transfer": "bcr",
}
ALONE: dict[str, dict[str, Answer]] = {
    "defaults": {},
    "company": {"company": "Acme SAS"},
    "root_key": {"root_key": "keyring:acme/root"},
    "hubspot": {"crms": ("hubspot",)},
    "mailchimp": {"crms": ("mailchimp",), "mailchimp.audiences": ("a1b2c3d4e5",)},
    "salesforce": {"crms": ("salesforce",), "salesforce.domain": "acme.my"},
    "sandbox": {"crms": ("hubspot",), "hubspot.sandbox": "../crm"},
    "segmentation": {"purposes": ("segmentation",), "assessment": "lia.md"},
    "email_marketing": {"purposes": ("email_marketing",)},
    "consents": {"crms": ("hubspot",), "purposes": ("email_marketing",), "hubspot.consents": ("News",)},
    "purchases": {
        "crms": ("hubspot",),
        "purposes": ("segmentation",),
        "assessment": "lia.md",
        "hubspot.purchases": "orders",
    },
    "transfer": {
        "crms": ("hubspot",),
        "purposes": ("segmentation", "email_marketing"),
        "assessment": "lia.md",
        "hubspot.transfer": "scc",
    },
    "everything": ALL_ANSWERS,
}
"""Each answer alone, with those it needs."""


@pytest.fixture(autouse=True)
def pretend_plugins() -> None:
    """Not here: what is written must load with the connectors that are installed."""


def written(folder: Path, answers: dict[str, Answer]) -> dict[str, Any]:
    write_configuration(folder, {**default_answers(), **answers})
    merged: dict[str, Any] = {}
    for name in FILES:
        merged |= tomllib.loads((folder / name).read_text())
    return merged


def test_nine_questions_at_most() -> None:
    assert len(QUESTIONS) == 9


@pytest.mark.parametrize("name", ALONE)
def test_each_answer_alone_writes_what_was_agreed(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    written(tmp_path, ALONE[name])
    found = "".join(f"=== {file}\n{(tmp_path / file).read_text()}" for file in FILES)
    assert found == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", ALONE)
def test_what_is_written_loads(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    written(tmp_path, ALONE[name])
    assert check_config(tmp_path / "config.toml")


def test_all_defaults_allow_nothing_read_nothing_and_write_nowhere(tmp_path: Path) -> None:
    assert written(tmp_path, {}) == {
        "include": ["segments.toml", "privacy.toml"],
        "workspace": {"root_key": "env:CONSENTRIC_ROOT_KEY"},
    }


def test_with_all_defaults_four_things_are_asked() -> None:
    answers = default_answers()
    asked = [key for key, part in PARTS.items() if part.is_asked and not lacking(part, answers)]
    assert asked == ["company", "root_key", "crms", "purposes"]


def test_crms_alone_are_read_and_allow_nothing(tmp_path: Path) -> None:
    config = written(tmp_path, {"crms": ("hubspot", "mailchimp"), "mailchimp.audiences": ("a1b2c3d4e5",)})
    assert config["connections"] == {
        "hubspot": {"connector": "hubspot", "token": "env:HUBSPOT_TOKEN"},
        "mailchimp": {
            "connector": "mailchimp",
            "api_key": "env:MAILCHIMP_KEY",
            "audiences": ["a1b2c3d4e5"],
        },
    }
    assert set(config) == {"include", "workspace", "connections"}


def test_only_transfers_make_destinations(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    config = written(tmp_path, {**ALL_ANSWERS, "mailchimp.transfer": "none"})
    assert [(one["to"], one["transfer"]) for one in config["destination"]] == [
        ("salesforce", "bcr"),
        ("hubspot", "adequacy"),
    ]


def test_the_first_crm_that_holds_purchases_is_right_about_them(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    assert written(tmp_path, ALL_ANSWERS)["purchases"] == {"from": ["salesforce", "hubspot"]}


@pytest.mark.parametrize("key", [key for key in ALL_ANSWERS if key != "country"])
def test_the_answer_stands_beside_what_it_allows(tmp_path: Path, key: str) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    written(tmp_path, ALL_ANSWERS)
    lines = [line for name in FILES for line in (tmp_path / name).read_text().splitlines()]
    beside = [line for line in lines if line.endswith(f"  # answer {NUMBER_OF[key]}")]
    given = ALL_ANSWERS[key]
    for one in given if isinstance(given, tuple) else (given,):
        assert any(one in line for line in beside)


def test_a_crm_that_is_read_and_not_written_is_named_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(
        'crms = ["hubspot", "salesforce"]\npurposes = ["segmentation", "email_marketing"]\n'
        'assessment = "lia.md"\nhubspot.transfer = "scc"\nsalesforce.domain = "acme.my"\n'
    )
    config = tmp_path / "acme" / "config.toml"
    assert cli.run(["-c", str(config), "init", "--answers", str(answers)]) == 0
    assert "\nSalesforce is read, not written: no ground of transfer (answer 9)\n" in capsys.readouterr().out
    assert "# Salesforce is read, not written: answer 9 names no ground of transfer.\n" in config.read_text()
    assert cli.run(["-c", str(config), "config", "check"]) == 0
    said = capsys.readouterr().out
    assert (
        "  2 connections, 2 purposes, 1 segment set, 1 destination\n  salesforce is read, not written: "
        in said
    )


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


def faults_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "answers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_answers(path)
    assert caught.value.exit_code == 2
    return [
        f"{one.message} ({one.hint})" if one.code == "CS202" else one.message for one in caught.value.faults
    ]


def test_every_fault_of_an_answers_file_is_told_at_once(tmp_path: Path) -> None:
    assert faults_of(
        tmp_path,
        """
        compani = "x"
        country = "France"
        crms = ["hubspot", "mailchimp", "salesforce"]
        purposes = ["segmentation"]
        hubspot.token = "pat-eu1-0123"
        hubspot.purchases = "carts"
        mailchimp.audiences = "a1b2c3d4e5"
        mailchimp.consents = ["a1b2c3d4e5"]
        salesforce.domain = "login"
        """,
    ) == [
        'no question is named "compani" (did you mean "company"?)',
        'answer "country": write the two letters of ISO 3166, as FR',
        'answer "hubspot.token": never the secret itself: say where it is kept, as env:NAME or file:PATH',
        'answer "hubspot.purchases": one of none, deals, orders',
        'answer "mailchimp.audiences": a list of texts, as ["a", "b"]',
        'answer "salesforce.domain": the My Domain of the org, as acme.my',
        'answer "assessment": an answer is needed here',
        'answer "mailchimp.consents" needs "email_marketing" among purposes',
    ]


def test_answers_that_rest_on_one_that_was_not_given_are_faults(tmp_path: Path) -> None:
    assert faults_of(tmp_path, 'dpo = "dpo@acme.example"\nhubspot.transfer = "scc"\n') == [
        'answer "dpo" needs an answer to "company"',
        'answer "hubspot.transfer" needs "hubspot" among crms',
    ]


def test_two_crms_with_purchases_must_both_tell_the_order_number(tmp_path: Path) -> None:
    text = """
        crms = ["hubspot", "salesforce", "mailchimp"]
        purposes = ["segmentation", "email_marketing"]
        assessment = "lia.md"
        hubspot.purchases = "deals"
        mailchimp = { audiences = ["a1"], consents = ["b2"], purchases = "orders" }
        salesforce = { domain = "acme.my", purchases = "orders", order_number = "OrderNumber" }
        """
    assert faults_of(tmp_path, text) == [
        'answer "mailchimp.consents": an audience that is not among mailchimp.audiences',
        'answer "hubspot.order_number": 3 CRMs hold purchases: each must name the field with the order'
        " number",
    ]


def test_the_command_without_a_terminal_takes_the_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "acme" / "config.toml"
    assert cli.run(["-c", str(config), "--no-input", "init"]) == 0
    assert f"Next:  consentric -c {config} config check" in capsys.readouterr().out
    assert load_config(config).settings.connections == {}


def test_an_assessment_that_is_not_there_is_drafted_before_it_is_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('purposes = ["segmentation"]\nassessment = "lia.md"\n')
    for folder, step in (
        ("new", "records lia --draft --out lia.md"),
        ("written", "records lia --sign lia.md"),
    ):
        workspace = tmp_path / folder
        workspace.mkdir(mode=0o700)
        if folder == "written":
            (workspace / "lia.md").write_text("The interest prevails.\n")
        assert cli.run(["-c", str(workspace / "config.toml"), "init", "--answers", str(answers)]) == 0
        assert f"Next:  consentric -c {workspace}/config.toml {step}" in capsys.readouterr().out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_whoever_sits_at_a_terminal_is_asked_what_applies_and_again_when_it_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = [
        *("Acme SAS", "", "", "", "hubspot, mailchip", "mailchimp, hubspot"),
        *("pat-eu1-secret", "env:HUB", "", "", "a1b2c3d4e5"),
        *("segmentation", "lia.md", "deals", "orders", "", "shop_order"),
    ]
    monkeypatch.setattr(sys, "stdin", _Terminal("\n".join(typed) + "\n"))
    assert cli.run(["-c", str(tmp_path / "config.toml"), "init"]) == 0
    shown = capsys.readouterr().err
    assert "5. What the data is used for" in shown
    assert "one of hubspot, mailchimp, salesforce" in shown
    assert "never the secret itself" in shown
    assert "an answer is needed here" in shown
    assert "2 CRMs hold purchases: each must name the field with the order number" in shown
    assert "consent to e-mail marketing" not in shown
    settings = load_config(tmp_path / "config.toml").settings
    assert list(settings.connections) == ["mailchimp", "hubspot"]
    assert settings.purchases.sources == ("mailchimp", "hubspot")
    assert [purpose.id for purpose in settings.purpose] == ["segmentation"]
