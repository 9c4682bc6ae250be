"""Queries as text: names are checked, values are quoted by the SDK, nothing else gets in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from consentric.sdk.errors import ConfigError

NAME = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
"""Objects and fields; a parent's field is two of them with a dot between."""
IDS = 300
"""Ids in one `IN (...)`: quoted and encoded they take 8 kB of the 16 kB that a URL may have."""
_NAME = re.compile(NAME)


def select(entity: str, fields: Sequence[str], condition: str = "", *values: object, order: str = "") -> str:
    """A query.

    Args:
        entity: Name of the object.
        fields: Names; `Individual.ShouldForget` reaches into a parent.
        condition: Template with a `{}` for each value; written in this package, never made of data.
        values: Quoted by their type; a datetime must be aware.
        order: Names, separated by commas.

    Raises:
        ConfigError: When a name is none.

    >>> select("Contact", ["Id"], "Id IN {}", ["0031", "it's"])
    "SELECT Id FROM Contact WHERE Id IN ('0031','it\\\\'s')"
    """
    from simple_salesforce.format import format_soql

    for value in values:
        assert not isinstance(value, datetime) or value.tzinfo is not None
    listed = ", ".join(name(field) for field in dict.fromkeys(fields))
    where = f" WHERE {format_soql(condition, *values)}" if condition else ""
    last = f" ORDER BY {', '.join(name(one.strip()) for one in order.split(','))}" if order else ""
    return f"SELECT {listed} FROM {name(entity)}{where}{last}"  # noqa: S608 -- names checked, values quoted


def name(text: str) -> str:
    """The name itself.

    Raises:
        ConfigError: When it could be anything but the name of an object or field.
    """
    parts = text.split(".")
    if len(parts) > 2 or not all(_NAME.fullmatch(part) for part in parts):
        raise ConfigError(
            f'"{text}" is no name of a Salesforce object or field',
            hint="letters, digits and _ only, 40 at most, beginning with a letter",
            code="CS240",
        )
    return text
