"""Secrets by reference, and a type that shows nothing."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from pathlib import Path

import pytest

from consentric_privacy.errors import KeyMaterialError
from consentric_privacy.secrets import Secret, looks_like_secret, resolve

VALUE = "pat-eu1-11111111-2222-3333-4444-555555555555"


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def code_of(reference: str, base: Path) -> tuple[str, str]:
    with pytest.raises(KeyMaterialError) as caught:
        resolve(reference, base=base)
    assert caught.value.exit_code == 4
    assert VALUE not in f"{caught.value.message}{caught.value.hint}{caught.value!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.code, caught.value.message


def test_secret_never_shows_its_value() -> None:
    secret = Secret(VALUE)
    shown = [
        repr(secret),
        str(secret),
        f"{secret:>10}",
        f"{secret}",
        json.dumps({"a": secret}, default=str),
    ]
    assert not any(VALUE in text for text in shown)
    assert VALUE.encode() not in pickle.dumps(secret)
    assert pickle.loads(pickle.dumps(secret)).reveal() == "***"
    assert copy.copy(secret).reveal() == "***"
    assert secret.reveal() == VALUE
    with pytest.raises(TypeError):
        json.dumps({"a": secret})


def test_environment_gives_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENTRIC_TEST_TOKEN", f" {VALUE}\n")
    assert resolve("env:CONSENTRIC_TEST_TOKEN", base=tmp_path).reveal() == VALUE


def test_unset_environment_names_the_source(tmp_path: Path) -> None:
    assert code_of("env:CONSENTRIC_NOT_SET", tmp_path) == ("CS401", "env:CONSENTRIC_NOT_SET is not set")


def test_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    private(tmp_path / "token", f"{VALUE}\n")
    assert resolve("file:token", base=tmp_path).reveal() == VALUE


def test_missing_file_names_the_source(tmp_path: Path) -> None:
    assert code_of("file:token", tmp_path) == (
        "CS401",
        "file:token cannot be read: No such file or directory",
    )


def test_empty_file_gives_nothing(tmp_path: Path) -> None:
    private(tmp_path / "token", " \n")
    assert code_of("file:token", tmp_path) == ("CS401", "file:token is empty")


def test_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    private(tmp_path / "token", VALUE).chmod(0o644)
    code, message = code_of("file:token", tmp_path)
    assert (code, "can be read by others" in message) == ("CS407", True)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    private(tmp_path / "token", "").write_bytes(b"\xff\xfe\x00")
    assert code_of("file:token", tmp_path) == ("CS403", "file:token does not hold text")


def test_command_gives_what_it_prints(tmp_path: Path) -> None:
    assert resolve(f"exec:echo {VALUE}", base=tmp_path).reveal() == VALUE


def test_command_does_not_inherit_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", VALUE)
    script = "import os; print('HUBSPOT_TOKEN' in os.environ)"
    assert resolve(f'exec:{sys.executable} -c "{script}"', base=tmp_path).reveal() == "False"


def test_failing_command_is_named_without_its_words(tmp_path: Path) -> None:
    reference = f"exec:{sys.executable} -c \"print('{VALUE}'); raise SystemExit(3)\""
    assert code_of(reference, tmp_path) == ("CS401", f"exec:{sys.executable} ended with code 3")


def test_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    code, message = code_of(f"exec:/no/such/program {VALUE}", tmp_path)
    assert (code, message) == ("CS401", "exec:/no/such/program could not be run (FileNotFoundError)")


def test_keyring_without_its_package_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    code, message = code_of("keyring:consentric/hubspot", tmp_path)
    assert (code, "needs the package keyring" in message) == ("CS401", True)


def test_keyring_is_asked_by_service_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ring:
        @staticmethod
        def get_password(service: str, name: str) -> str | None:
            return VALUE if (service, name) == ("consentric", "hubspot") else None

    monkeypatch.setitem(sys.modules, "keyring", Ring)
    assert resolve("keyring:consentric/hubspot", base=tmp_path).reveal() == VALUE
    assert code_of("keyring:consentric/other", tmp_path)[0] == "CS401"


def test_a_variable_that_is_not_set_is_told_how_to_be_and_which_alike_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_HUBSPOT_TOKEN", VALUE)
    with pytest.raises(KeyMaterialError) as caught:
        resolve("env:ACME_HUBSPOTTOKEN", base=tmp_path)
    assert caught.value.hint == (
        "export ACME_HUBSPOTTOKEN=...   or name another source;"
        " ACME_HUBSPOT_TOKEN is set: did you mean env:ACME_HUBSPOT_TOKEN?"
    )


@pytest.mark.parametrize("text", [VALUE, "", "env:", "http://example.com", "ENV:X"])
def test_what_is_no_reference_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    code, message = code_of(text, tmp_path)
    assert (code, message) == (
        "CS403",
        "a secret must be named by where it is kept, never written down itself",
    )


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        "0123456789abcdef0123456789abcdef-us6",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "00D5e000001abcd!AQEAQPz0123456789abcdefghij",
        "sk_live_0123456789abcdefgh",
        "0" * 32,
        "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    ],
)
def test_tokens_and_keys_are_recognised(text: str) -> None:
    assert looks_like_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "env:HUBSPOT_TOKEN",
        "hubspot-prod",
        "email_marketing",
        "02:00",
        "file:lia-2026.pdf",
        "Europe/Paris",
        "form = 'Newsletter sign-up'",
        "a-very-long-segment-key-with-many-words-in-it",
    ],
)
def test_ordinary_settings_are_not(text: str) -> None:
    assert not looks_like_secret(text)


def test_a_variable_that_is_not_set_is_looked_for_among_the_credentials_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passed").mkdir()
    (tmp_path / "passed" / "SERVICE_TOKEN").write_text("from the manager\n")
    (tmp_path / "OTHER").write_text("elsewhere")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "passed"))
    monkeypatch.delenv("SERVICE_TOKEN", raising=False)
    assert resolve("env:SERVICE_TOKEN", base=tmp_path).reveal() == "from the manager"
    monkeypatch.setenv("SERVICE_TOKEN", "from the variable")
    assert resolve("env:SERVICE_TOKEN", base=tmp_path).reveal() == "from the variable"
    with pytest.raises(KeyMaterialError):
        resolve("env:../OTHER", base=tmp_path)
