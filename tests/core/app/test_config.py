"""Loading a configuration: every fault of every file at once, each with its place and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentric.app import cli
from consentric.app.config import Config, check_config, load_config
from consentric.app.documents import MAX_BYTES
from consentric.sdk.errors import ConfigError, Fault

GOOD = """\
[workspace]
root_key = "env:CONSENTRIC_ROOT_KEY"
[controller]
name = "Acme SAS"
dpo = "dpo@acme.example"
country = "FR"
[connections.hubspot]
connector = "hubspot"
token = "env:CONSENTRIC_TEST_TOKEN"
consents = { "Newsletter" = "email_marketing" }
[[purpose]]
id = "segmentation"
basis = ["legitimate_interest"]
assessment = "file:lia.pdf"
[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"
authorities = ["hubspot"]
[purchases]
from = ["hubspot"]
[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"
[[destination]]
name = "prod"
to = "hubspot"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"
"""


def load(folder: Path, text: str, **others: str) -> Config:
    (folder / "lia.pdf").write_bytes(b"signed")
    (folder / "config.toml").write_text(text)
    for name, content in others.items():
        (folder / f"{name}.toml").write_text(content)
    return load_config(folder / "config.toml")


def faults(folder: Path, text: str, **others: str) -> list[Fault]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **others)
    assert caught.value.exit_code == 2
    return list(caught.value.faults)


def only_fault(folder: Path, text: str) -> tuple[str, str, str]:
    found = faults(folder, text)
    assert len(found) == 1, [fault.message for fault in found]
    return found[0].message, found[0].where, found[0].hint


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_sound_configuration_is_loaded(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    assert config.folder == tmp_path
    assert [purpose.id for purpose in config.settings.purpose] == ["segmentation", "email_marketing"]
    assert config.where("connections", "hubspot", "token") == "config.toml:9  [connections.hubspot] token"


def test_unknown_missing_and_mistyped_settings_of_three_files_are_told_at_once(tmp_path: Path) -> None:
    config = 'include = ["segments.toml", "privacy.toml"]\n[workspace]\nroot_kye = "env:X"\n'
    segments = '[[segment_set]]\nname = "rfm5"\n'
    privacy = '[controller]\nname = "Acme"\ndpo = "d"\ncountry = "FR"\n[time]\nzone = "Europe/Pariss"\n'
    assert [
        (fault.message, fault.where, fault.hint)
        for fault in faults(tmp_path, config, segments=segments, privacy=privacy)
    ] == [
        ('unknown setting "root_kye"', "config.toml:3  [workspace] root_kye", 'did you mean "root_key"?'),
        ('setting "purpose" is missing', "segments.toml:1  [[segment_set]] purpose", "add  purpose = ..."),
        (
            'setting "zone" = "Europe/Pariss": no time zone has this name; write it as Europe/Paris',
            "privacy.toml:6  [time] zone",
            "",
        ),
    ]


def test_an_unknown_section_names_the_nearest(tmp_path: Path) -> None:
    assert only_fault(tmp_path, '[[segmnet_set]]\nname = "x"\n') == (
        'unknown section "segmnet_set"',
        "config.toml:1  segmnet_set",
        'did you mean "segment_set"?',
    )


def test_a_section_nobody_reads_is_refused(tmp_path: Path) -> None:
    message, where, _ = only_fault(tmp_path, '[alarms]\nping = "env:X"\n')
    assert (message, where) == ('unknown section "alarms"', "config.toml:1  alarms")


@pytest.mark.parametrize(
    ("old", "new", "message", "where", "hint"),
    [
        (
            'purpose = "segmentation"',
            'purpose = "segmentatoin"',
            'no purpose is named "segmentatoin"',
            "config.toml:24  [[segment_set]] purpose",
            'did you mean "segmentation"?',
        ),
        (
            'to = "hubspot"',
            'to = "hubspto"',
            'no connection is named "hubspto"',
            "config.toml:28  [[destination]] to",
            'did you mean "hubspot"?',
        ),
        (
            'sets = ["rfm5"]',
            'sets = ["rfm6"]',
            'no segment set is named "rfm6"',
            "config.toml:29  [[destination]] sets",
            'did you mean "rfm5"?',
        ),
        (
            'authorities = ["hubspot"]',
            'authorities = ["salesforce"]',
            'no connection is named "salesforce"',
            "config.toml:19  [[purpose]] authorities",
            "there are: hubspot",
        ),
        (
            '"Newsletter" = "email_marketing"',
            '"Newsletter" = "email_marketting"',
            'no purpose is named "email_marketting"',
            "config.toml:10  [connections.hubspot] consents.Newsletter",
            'did you mean "email_marketing"?',
        ),
        (
            'connector = "hubspot"',
            'connector = "hubspott"',
            'no connector is named "hubspott"',
            "config.toml:8  [connections.hubspot] connector",
            'did you mean "hubspot"?',
        ),
        (
            'channel = "email"\ntransfer',
            'channel = "sms"\ntransfer',
            'purpose "email_marketing" does not cover the channel "sms" (it covers: email)',
            "config.toml:31  [[destination]] channel",
            "",
        ),
        (
            'transfer = "adequacy"',
            'transfer = "adequancy"',
            "setting \"transfer\" = \"adequancy\": input should be 'eea', 'adequacy', 'scc' or 'bcr'",
            "config.toml:32  [[destination]] transfer",
            'did you mean "adequacy"?',
        ),
    ],
)
def test_a_wrong_name_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, message: str, where: str, hint: str
) -> None:
    assert only_fault(tmp_path, changed(old, new)) == (message, where, hint)


def test_a_name_taken_twice_is_told_with_both_places(tmp_path: Path) -> None:
    text = GOOD + '[[segment_set]]\nname = "rfm5"\npurpose = "segmentation"\nmethod = "rfm"\n'
    message, where, _ = only_fault(tmp_path, text)
    assert message == '"rfm5" is the name of two [[segment_set]]; the other is in config.toml:23'
    assert where == "config.toml:34  [[segment_set]] name"


def test_a_special_field_needs_a_purpose_with_explicit_consent(tmp_path: Path) -> None:
    field = '[[field]]\nconnection = "hubspot"\nname = "diet"\nclass = "special"\n'
    message, _, _ = only_fault(tmp_path, GOOD + field)
    assert message.endswith('a field of class "special" must name the purpose with explicit consent')
    message, where, hint = only_fault(tmp_path, GOOD + field + 'purpose = "email_marketing"\n')
    assert message == 'purpose "email_marketing" cannot cover a special category of data (GDPR art. 9)'
    assert where == "config.toml:37  [[field]] purpose"
    assert "special_category = true" in hint


def test_two_sources_of_purchases_need_an_order_number(tmp_path: Path) -> None:
    shop = '[connections.shop]\nconnector = "hubspot"\ntoken = "env:X"\norder_number = "number"\n'
    two = changed('from = ["hubspot"]', 'from = ["hubspot", "shop"]') + shop
    message, where, _ = only_fault(tmp_path, two)
    assert message == (
        'purchases come from 2 sources, and "hubspot" does not say which field holds the order number'
    )
    assert where == "config.toml:7  [connections.hubspot] order_number"
    numbered = two.replace("[[purpose]]", 'order_number = "order_no"\n[[purpose]]', 1)
    assert load(tmp_path, numbered).settings.purchases.sources == ("hubspot", "shop")


def test_a_fixed_clock_is_for_pretend_crms_only(tmp_path: Path) -> None:
    clock = "[clock]\nat = 2026-06-15T12:00:00Z\n"
    message, where, _ = only_fault(tmp_path, GOOD + clock)
    assert message == "a fixed clock is for pretend CRMs only, and a connection here is real"
    assert where == "config.toml:33  clock"
    pretend = changed('connector = "hubspot"', 'connector = "hubspot"\nsandbox = "../sandbox"')
    config = load(tmp_path, pretend + clock)
    assert config.settings.clock is not None
    assert config.settings.clock.at.isoformat() == "2026-06-15T12:00:00+00:00"


@pytest.mark.parametrize(
    "secret", ["pat-eu1-01234567-89ab-cdef-0123-456789abcdef", "short", "0123456789abcdef" * 2 + "-us6"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, secret: str) -> None:
    found = faults(tmp_path, changed("env:CONSENTRIC_TEST_TOKEN", secret))
    assert len(found) == 1
    assert found[0].code == "CS203"
    assert found[0].message == (
        '"token" holds a secret itself; a configuration only says where a secret is kept'
    )
    assert found[0].where == "config.toml:9  [connections.hubspot] token"
    assert secret not in "".join((found[0].message, found[0].hint, found[0].where))


def test_a_secret_under_any_other_name_is_refused_too(tmp_path: Path) -> None:
    secret = "pat-eu1-01234567-89ab-cdef-0123-456789abcdef"
    found = faults(tmp_path, changed('name = "Acme SAS"', f'name = "{secret}"'))
    assert [fault.code for fault in found] == ["CS203"]


def test_secrets_are_read_late_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENTRIC_TEST_TOKEN", "the-token-itself")
    settings = load(tmp_path, GOOD).connection_settings("hubspot")
    assert settings.token.get_secret_value() == "the-token-itself"  # type: ignore[attr-defined]
    assert "the-token-itself" not in repr(settings)


def test_an_unset_variable_of_a_connection_exits_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSENTRIC_TEST_TOKEN", raising=False)
    config = load(tmp_path, GOOD)
    with pytest.raises(ConfigError) as caught:
        config.connection_settings("hubspot")
    error = caught.value
    assert error.exit_code == 2
    assert error.message == ('connection "hubspot": setting "token": env:CONSENTRIC_TEST_TOKEN is not set')
    assert error.where == "config.toml:9  [connections.hubspot] token"
    assert error.happened == "nothing was read or written."


def test_text_that_is_no_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    found = faults(tmp_path, '[workspace]\nroot_key = "env:X\n')
    assert [(fault.code, fault.where) for fault in found] == [("CS221", "config.toml:2:18")]


def test_a_broken_file_does_not_hide_faults_of_the_others(tmp_path: Path) -> None:
    config = 'include = ["segments.toml"]\n[workspace]\nroot_kye = "env:X"\n'
    found = faults(tmp_path, config, segments="[[segment_set]\n")
    assert [fault.code for fault in found] == ["CS221", "CS202"]


def test_included_files_must_exist_in_the_workspace(tmp_path: Path) -> None:
    found = faults(tmp_path, 'include = ["../other.toml", "gone.toml"]\n')
    assert [(fault.message, fault.where) for fault in found] == [
        ('included file "../other.toml" must lie in the workspace', "config.toml:1  include"),
        ('included file "gone.toml" does not exist', "config.toml:1  include"),
    ]


def test_a_setting_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    config = 'include = ["privacy.toml"]\n[time]\nzone = "UTC"\n'
    found = faults(tmp_path, config, privacy='[time]\nzone = "Europe/Paris"\n')
    assert [(fault.message, fault.where) for fault in found] == [
        ('"zone" is set twice; first in config.toml:3', "privacy.toml:2  [time] zone")
    ]


def test_a_file_beyond_the_size_limit_is_not_read(tmp_path: Path) -> None:
    found = faults(tmp_path, "#" * (MAX_BYTES + 1))
    assert [fault.code for fault in found] == ["CS220"]


def test_a_missing_configuration_names_init(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["-c", str(tmp_path / "config.toml"), "config", "check"]) == 2
    assert "consentric init" in capsys.readouterr().err


def test_the_hash_changes_with_a_value_and_not_with_a_comment(tmp_path: Path) -> None:
    first = load(tmp_path, GOOD).hash
    assert load(tmp_path, "# hello\n" + GOOD).hash == first
    assert load(tmp_path, changed('dpo = "dpo@acme.example"', 'dpo = "other@acme.example"')).hash != first


RULE_SET = """\
[[segment_set]]
name = "winback"
purpose = "segmentation"
[[segment]]
set = "winback"
key = "late"
name = { fr = "En retard", en = "Late" }
when = "RULE"
[[segment]]
set = "winback"
key = "rest"
name = { fr = "Autres", en = "Others" }
otherwise = true
"""


def test_a_misspelt_rule_is_told_with_line_and_column(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + RULE_SET.replace("RULE", "days_since_last_ordr > 90"))
    assert len(found) == 1
    assert found[0].where == "config.toml:40:9  [[segment]] when"
    assert "days_since_last_order" in found[0].message + found[0].hint


def test_a_rule_of_the_wrong_type_is_told_with_line_and_column(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + RULE_SET.replace("RULE", "orders > 1 and days_since_last_order > 'x'"))
    assert len(found) == 1
    assert found[0].where.startswith("config.toml:40:")


def test_show_says_where_each_setting_was_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(tmp_path, GOOD)
    assert cli.run(["-c", str(tmp_path / "config.toml"), "config", "show", "--origin"]) == 0
    lines = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert '[workspace] root_key = "env:CONSENTRIC_ROOT_KEY" config.toml:2' in lines
    assert '[time] zone = "Europe/Paris" default' in lines
    assert '[connections.hubspot] token = "env:CONSENTRIC_TEST_TOKEN" config.toml:9' in lines


def test_check_says_what_the_configuration_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(tmp_path, GOOD)
    assert cli.run(["-c", str(tmp_path / "config.toml"), "config", "check"]) == 0
    assert capsys.readouterr().out == (
        "The configuration is sound: config.toml\n"
        "  1 connection, 2 purposes, 1 segment set, 1 destination\n"
        "Next:  consentric doctor\n"
    )


@pytest.mark.parametrize(
    ("taken_out", "message", "where"),
    [
        (
            'transfer = "adequacy"\n',
            'destination "prod" names no ground for the transfer of personal data (GDPR chapter V)',
            "config.toml:26  [[destination]] transfer",
        ),
        (
            'assessment = "file:lia.pdf"\n',
            'purpose "segmentation" rests on legitimate interest alone and names no assessment of it',
            "config.toml:11  [[purpose]] assessment",
        ),
    ],
)
def test_what_would_refuse_a_destination_loads_but_does_not_pass_the_check(
    tmp_path: Path, taken_out: str, message: str, where: str
) -> None:
    load(tmp_path, changed(taken_out, ""))

    with pytest.raises(ConfigError) as caught:
        check_config(tmp_path / "config.toml")

    assert caught.value.exit_code == 2
    assert [(fault.message, fault.where) for fault in caught.value.faults] == [(message, where)]


CELLS = """\
[[segment_set]]
name = "value"
purpose = "segmentation"
method = "rfm"
allow_other = true
[segment_set.rfm]
map = "MAP"
[[segment]]
set = "value"
key = "best"
name = { fr = "Meilleurs", en = "Best" }
cells = [
  "champions", "CELL",
]
"""


def test_a_cell_that_there_is_not_is_told_with_line_and_column(tmp_path: Path) -> None:
    found = only_fault(tmp_path, GOOD + CELLS.replace("MAP", "rf").replace("CELL", "loyl"))
    assert found == (
        'method "rfm" has no cell "loyl"',
        "config.toml:45:17  [[segment]] cells",
        'did you mean "loyal"?',
    )


def test_a_cell_named_twice_is_told_with_line_and_column(tmp_path: Path) -> None:
    message, where, _ = only_fault(tmp_path, GOOD + CELLS.replace("MAP", "rf").replace("CELL", "champions"))
    assert message == 'cell "champions" belongs to segment "best"; it can make one segment only'
    assert where == "config.toml:45:17  [[segment]] cells"


def test_a_map_that_there_is_not_is_told_with_line_and_column(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + CELLS.replace("MAP", "r_f").replace("CELL", "loyal"))
    assert [one.where for one in found] == ["config.toml:39:8  [[segment_set]] rfm.map"]
