"""Nothing that names a person, and no secret, passes into a log line."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentric_privacy.redaction import install, redact


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    install(handler)
    logger = logging.getLogger("consentric.test_redaction")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


LOGGER = logging.getLogger("consentric.test_redaction")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("found alice.doe+x@example.com.", "found <e-mail>"),
        ("GET /search?email=alice%40example.com&limit=1", "GET /search?email=<e-mail>&limit=1"),
        ("<re\u0301mi@bücher.example>", "<<e-mail>>"),
        ("call 06 12 34 56 78 today", "call <phone> today"),
        ("phone=+33612345678,", "phone=<phone>,"),
        ("0033 (6) 12-34-56-78", "<phone>"),
        ("Authorization: Bearer abcdef123", "Authorization: Bearer <secret>"),
        ("token=abcdef123", "token=<secret>"),
        ("pat-eu1-11111111-2222-3333-4444-555555555555", "<secret>"),
        ("key 0123456789abcdef0123456789abcdef", "key <secret>"),
    ],
)
def test_identifiers_and_secrets_are_masked(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "run 2026-11-21T02-00-00Z ended",
        "2026-11-21 02:00:00,123",
        "11 204 records in 12.5 s",
        "HTTP 200, 1048576 bytes",
        "plan 7f3a: 12 480 people",
        "connection hubspot: stream contacts",
        "count 1000000000",
        "127.0.0.1:17077",
    ],
)
def test_ordinary_lines_stay_readable(text: str) -> None:
    assert redact(text) == text


@given(
    st.from_regex(r"[a-z]{1,8}[.+]?[a-z0-9]{1,8}@[a-z]{2,8}\.(com|example|fr)", fullmatch=True),
    st.text(max_size=10),
)
def test_no_address_survives_whatever_stands_around_it(address: str, around: str) -> None:
    assert address not in redact(f"{around} {address} {around}")


def test_control_characters_cannot_forge_a_line(written: io.StringIO) -> None:
    LOGGER.warning("name %s", "x\n2026-01-01 ERROR forged\x1b[31m\u2028\u202e")
    assert written.getvalue() == "name x\\n2026-01-01 ERROR forged\\x1b[31m\\u2028\\u202e\n"


def test_arguments_are_masked_like_the_text(written: io.StringIO) -> None:
    LOGGER.info("subject %s of %d", "alice@example.com", 3)
    assert written.getvalue() == "subject <e-mail> of 3\n"


def test_traceback_is_cut_to_the_names_of_its_exceptions(written: io.StringIO) -> None:
    try:
        try:
            raise KeyError("alice@example.com")
        except KeyError as error:
            raise ValueError("Alice Doe") from error
    except ValueError:
        LOGGER.exception("page failed")
    assert written.getvalue() == "page failed [ValueError from KeyError]\n"


def test_arguments_that_do_not_fit_are_not_shown(written: io.StringIO) -> None:
    LOGGER.info("%d people", "alice@example.com")
    assert written.getvalue() == "log message whose arguments do not fit\n"


def test_http_layers_are_pinned_and_a_handler_is_guarded_once() -> None:
    handler = logging.StreamHandler(io.StringIO())
    install(handler)
    install(handler)
    assert len(handler.filters) == 1
    names = ("urllib3", "requests", "http.client", "hubspot")
    assert [logging.getLogger(name).level for name in names] == [logging.WARNING] * 4


def test_handlers_of_the_root_logger_are_guarded_when_none_is_named() -> None:
    handler = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(handler)
    try:
        install()
        assert len(handler.filters) == 1
    finally:
        logging.getLogger().removeHandler(handler)
