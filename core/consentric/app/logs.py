"""The log of one command on standard error, for whoever asked for it; identifiers never reach it."""

from __future__ import annotations

import logging
import sys

from consentric_privacy.redaction import install

_LEVELS = {1: logging.INFO}


def log_to_stderr(verbosity: int) -> None:
    """Shows our log: with 1 what happens, with more the details."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    install(handler)
    logger = logging.getLogger("consentric")
    logger.addHandler(handler)
    logger.setLevel(_LEVELS.get(verbosity, logging.DEBUG))


def redact_logs() -> None:
    """Masks identifiers and secrets in whatever any library logs."""
    install()
