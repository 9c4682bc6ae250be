"""Hooks of the Mailchimp connector; imports nothing heavy until a connection needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from consentric.sdk.hooks import API_VERSION, hookimpl

if TYPE_CHECKING:
    from consentric.sdk.contracts import Connector

api_version = API_VERSION


@hookimpl
def register_connectors() -> Sequence[type[Connector]]:
    """Gives the Mailchimp connector."""
    from .connector import MailchimpConnector

    return [MailchimpConnector]
