"""Mailchimp's own description, found through CONSENTRIC_SPECS."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from consentric.testing.description import Description

VARIABLE = "CONSENTRIC_SPECS"


def folder() -> Path | None:
    """The folder with the vendors' descriptions; None when the variable is unset."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


@cache
def vendor_description() -> Description | None:
    """The description, read once; None when the variable is unset."""
    found = folder()
    return None if found is None else Description.read(found / "mailchimp" / "marketing-trimmed.json")
