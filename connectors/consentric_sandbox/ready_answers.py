"""The answers to `consentric init` that fit the pretend CRMs with people in them."""

from __future__ import annotations

import json
from pathlib import Path

from .people.build import NOW

NAME = "answers.toml"
CLOCK = f"[clock]\nat = {NOW:%Y-%m-%dT%H:%M:%SZ}"
"""In these CRMs it is always this day; a workspace that reads them has to know."""
_TEXT = """\
# Answers to  consentric init  for the three pretend CRMs in {folder}
company = "Acme SAS"
dpo = "dpo@acme.example"
root_key = "file:../own.key"            # made there; outside the workspace
crms = ["salesforce", "hubspot", "mailchimp"]   # the one that is right about purchases first
purposes = ["segmentation", "email_marketing"]
assessment = "lia-2026.md"              # the balancing test that you will sign

[salesforce]                            # its fields belong to the ready workspace: it is read, not written
sandbox = {folder}
domain = "pretend.my"
consumer_key = {consumer}
consumer_secret = {salesforce}
consents = ["Newsletter"]
purchases = "orders"
order_number = "Shop_Order__c"

[hubspot]
sandbox = {folder}
token = {hubspot}
consents = ["Newsletter"]
purchases = "orders"
order_number = "hs_external_order_id"
transfer = "adequacy"

[mailchimp]
sandbox = {folder}
api_key = {mailchimp}
audiences = ["4e45570001", "4e45570002"]
consents = ["4e45570001", "4e45570002"]
purchases = "orders"
transfer = "scc"
"""


def answers_text(folder: Path) -> str:
    """The file of answers; paths in it are whole, so a workspace in any folder can use it."""
    tokens = {name: _quoted(f"file:{folder / name}.token") for name in ("hubspot", "mailchimp", "salesforce")}
    consumer = _quoted(f"file:{folder / 'salesforce.consumer'}")
    return _TEXT.format(folder=_quoted(str(folder)), consumer=consumer, **tokens)


def how_to_use(folder: Path) -> str:
    """The commands that lead from the answers to a workspace of one's own."""
    own = folder / "own"
    day = CLOCK.replace("\n", "\\n")
    return (
        "Or answer nine questions of your own; the answers that fit are in a file:\n"
        f"  mkdir -m 700 {own} && cd {own}\n"
        f"  consentric init --answers ../{NAME}\n"
        f"  printf '\\n{day}\\n' >> config.toml     # in these CRMs it is always this day\n"
    )


def _quoted(text: str) -> str:
    # A basic string of TOML escapes as JSON does.
    return json.dumps(text, ensure_ascii=False)
