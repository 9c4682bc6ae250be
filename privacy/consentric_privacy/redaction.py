"""Keeps identifiers and secrets out of log lines, whoever writes them."""

from __future__ import annotations

import logging
import re

_PINNED = ("urllib3", "requests", "http.client", "hubspot")
"""At DEBUG these log whole URLs, and with them queries with addresses in them."""

_MASKS = (
    (
        re.compile(r"(?i)\b(bearer|basic|token|apikey|api_key|password|secret)(\s*[:=]\s*|\s+)\S{6,}"),
        r"\1\2<secret>",
    ),
    (re.compile(r"[^\s@<>\"'(),;:=/]+(?:@|%40)[^\s@<>\"'(),;:=/]+\.[^\s@<>\"'(),;:=/?&]{2,}"), "<e-mail>"),
    (re.compile(r"\b(?:pat-[a-z0-9]+-|eyJ|xox[a-z]-|gh[a-z]_|sk_|00D\w{9,15}!)[\w.\-]{12,}"), "<secret>"),
    # Long enough to be a key, short enough to leave words and run ids alone.
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_]{28,}\b"), "<secret>"),
    (re.compile(r"(?<![\w.:/-])(?:\+|00|0)\d(?:[\s().\-]{0,2}\d){7,13}(?![\w:-])"), "<phone>"),
)
# C0, DEL, C1 and the separators and direction marks that terminals and log readers obey.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Redactor(logging.Filter):
    """Rewrites each record before a handler sees it: control characters escaped, identifiers masked.

    A traceback is cut down to the names of its exceptions: their messages come from anywhere.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record; never drops one."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = "log message whose arguments do not fit"
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text} [{_exceptions(record.exc_info[1])}]"
        record.msg = redact(text)
        record.args = None
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        return True


def redact(text: str) -> str:
    r"""Masks what looks like an address, a phone or a token, and escapes control characters.

    >>> redact("sent to alice@example.com\nand +33 6 12 34 56 78")
    'sent to <e-mail>\\nand <phone>'
    """
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return _CONTROL.sub(_escaped, text)


def install(handler: logging.Handler | None = None) -> None:
    """Pins the loggers of the HTTP layers to WARNING and redacts what handlers write.

    Args:
        handler: The handler to guard; all handlers of the root logger when left out.
    """
    for name in _PINNED:
        logging.getLogger(name).setLevel(logging.WARNING)
    guarded = logging.getLogger().handlers if handler is None else [handler]
    for one in guarded:
        if not any(isinstance(known, Redactor) for known in one.filters):
            one.addFilter(Redactor())


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _exceptions(error: BaseException | None) -> str:
    names = []
    while error is not None:
        names.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return " from ".join(names)
