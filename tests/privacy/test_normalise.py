"""One spelling for each identifier."""

from __future__ import annotations

import unicodedata

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from consentric_privacy import normalise

LOCALS = st.text("abcXYZ019.+-_!#éÉßİıÅ", min_size=1, max_size=12)
DOMAINS = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.com",
        "bücher.example",
        "BÜCHER.example",
        "xn--bcher-kva.example",
        "a.b.test",
        "mail.local",
        "straße.example",
        "ex--ample.com",
        "-a.example",
        "example",
        "example.c",
        "1.2.3.4",
        "a_b.example",
    ]
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("alice@example.com", "alice@example.com"),
        ("  Alice.Doe@Example.COM\t", "alice.doe@example.com"),
        ("alice+shop@example.com", "alice+shop@example.com"),
        ("a.l.i.c.e@example.com", "a.l.i.c.e@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("user@bücher.example", "user@xn--bcher-kva.example"),
        ("user@BU\u0308CHER.example", "user@xn--bcher-kva.example"),
        ("user@ＥＸＡＭＰＬＥ.com", "user@example.com"),
        ("Re\u0301mi@example.com", "r\u00e9mi@example.com"),
        ("someone@shop.test", "someone@shop.test"),
    ],
)
def test_address_has_one_spelling(written: str, expected: str) -> None:
    assert normalise.email(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "alice",
        "@example.com",
        "alice@",
        "a@b@example.com",
        '"a@b"@example.com',
        "a b@example.com",
        "alice@example",
        "alice@-example.com",
        ".a@example.com",
        "a..b@example.com",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@example.com\n.org",
        "n/a",
        "x" * 65 + "@example.com",
        "Alice <alice@example.com>",
    ],
)
def test_what_is_no_address_gives_none(written: str) -> None:
    assert normalise.email(written) is None


@given(LOCALS, DOMAINS)
@example("İ", "example.com")
def test_address_is_stable_under_normalising_again(local: str, domain: str) -> None:
    once = normalise.email(f"{local}@{domain}")
    assert once is None or normalise.email(once) == once


@given(LOCALS, DOMAINS)
def test_equal_spellings_of_an_address_meet(local: str, domain: str) -> None:
    written = f"{local}@{domain}"
    once = normalise.email(written)
    assert normalise.email(f" {unicodedata.normalize('NFD', written)} ") == once
    assert normalise.email(unicodedata.normalize("NFC", written)) == once


@given(st.text("abcXYZ019.+-_", min_size=1, max_size=12), DOMAINS)
def test_quick_way_agrees_with_the_validator(local: str, domain: str) -> None:
    written = f"{local}@{domain}"
    try:
        valid = validate_email(written, check_deliverability=False, test_environment=True, strict=True)
        expected = f"{valid.local_part.lower()}@{(valid.ascii_domain or '').lower()}"
    except EmailNotValidError:
        expected = None
    assert normalise.email(written) == expected


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_none(text: str) -> None:
    once = normalise.email(text)
    assert once is None or (once.count("@") == 1 and once == once.strip().lower())


def test_different_people_stay_different() -> None:
    written = [
        "a@example.com",
        "a.b@example.com",
        "ab@example.com",
        "a+b@example.com",
        "a@example.org",
        "b@example.com",
    ]
    assert len({normalise.email(one) for one in written}) == len(written)


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "fr", "+33612345678"),
        ("+33 6 12 34 56 78", None, "+33612345678"),
        ("+33 (0)6 12 34 56 78", None, "+33612345678"),
        ("0033612345678", None, "+33612345678"),
        ("0033612345678", "DE", "+33612345678"),
        ("(+33) 6-12-34-56-78", "DE", "+33612345678"),
        ("06\u00a012\u202f34\u201356\u201178", "FR", "+33612345678"),
        ("\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "FR", "+33612345678"),
        ("030 1234567", "DE", "+49301234567"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("+39 02 1234567", None, "+39021234567"),
    ],
)
def test_phone_has_one_spelling(written: str, country: str | None, expected: str) -> None:
    assert normalise.phone(written, country) == expected


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("", "FR"),
        ("06 12 34 56 78", None),
        ("06 12 34 56 78", ""),
        ("06 12 34 56 78", "XX"),
        ("12", "FR"),
        ("+33 6 12", None),
        ("+33 6 12 34 56 78 ext 5", None),
        ("1-800-FLOWERS", "US"),
        ("n/a", "FR"),
        ("+", "FR"),
        ("++33612345678", None),
        ("+999123456789", None),
        ("0" * 30, "FR"),
        ("06 12 34 56 78 / 06 00 00 00 00", "FR"),
    ],
)
def test_what_is_no_phone_gives_none(written: str, country: str | None) -> None:
    assert normalise.phone(written, country) is None


@given(st.text("+0123456789 ().-", max_size=20), st.sampled_from([None, "FR", "DE", "US", "IT"]))
def test_phone_is_e164_and_stable(text: str, country: str | None) -> None:
    once = normalise.phone(text, country)
    if once is not None:
        assert 8 <= len(once) - 1 <= 15
        assert once.startswith("+")
        assert [normalise.phone(once, other) for other in (None, "FR", "US")] == [once] * 3


@given(st.integers(100_000_000, 999_999_999))
def test_quick_way_for_french_numbers_agrees_with_the_library(number: int) -> None:
    parsed = phonenumbers.parse(f"0{number}", "FR")
    expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    assert normalise.phone(f"0{number}", "FR") == normalise.phone(f"+33{number}", "DE") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [(" L-42 ", "L-42"), ("l-42", "l-42"), ("", None), (" \t", None), ("e\u0301", "\u00e9")],
)
def test_external_id_is_exact_but_for_space_and_unicode_form(written: str, expected: str | None) -> None:
    assert normalise.external_id(written) == expected


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("003A0000006Vm9r", "003A0000006Vm9rIAC"),
        ("00Q5e00000AbCdE", "00Q5e00000AbCdEEAV"),
        ("003000000000000", "003000000000000AAA"),
        ("003ZZZZZZZZZZZZ", "003ZZZZZZZZZZZZY55"),
    ],
)
def test_both_forms_of_a_salesforce_id_are_one(short: str, long: str) -> None:
    assert normalise.external_id(f" {short} ") == normalise.external_id(long) == long


@pytest.mark.parametrize(
    "other", ["003a0000006vm9", "001A0000006Vm9r", "003A0000006Vm-r", "003A0000006Vm9rI"]
)
def test_numbers_that_are_no_salesforce_id_stay_as_they_are(other: str) -> None:
    assert normalise.external_id(other) == other


@given(st.text(max_size=20) | st.from_regex(r"(003|00Q)[0-9A-Za-z]{12}", fullmatch=True))
def test_external_id_is_stable(text: str) -> None:
    once = normalise.external_id(text)
    assert once is None or normalise.external_id(once) == once


@pytest.mark.parametrize(
    ("address", "forms"),
    [
        ("a@example.com", ("a@example.com",)),
        ("a+x@example.com", ("a+x@example.com", "a@example.com")),
        ("a+x+y@example.com", ("a+x+y@example.com", "a@example.com")),
        ("+x@example.com", ("+x@example.com",)),
    ],
)
def test_address_is_suppressed_with_and_without_its_tag(address: str, forms: tuple[str, ...]) -> None:
    assert normalise.suppression_forms(address) == forms


@pytest.mark.parametrize(
    "address",
    [
        "info@acme.example",
        "contact+web@acme.example",
        "no-reply@acme.example",
        "no.reply@acme.example",
        "service-client@acme.example",
        "compta2@acme.example",
        "bonjour@acme.example",
    ],
)
def test_addresses_of_a_function_are_known(address: str) -> None:
    assert normalise.is_role_address(address)


@pytest.mark.parametrize(
    "address", ["alice@acme.example", "infos.dupont@acme.example", "info-lover@acme.example"]
)
def test_addresses_of_people_are_not_of_a_function(address: str) -> None:
    assert not normalise.is_role_address(address)
