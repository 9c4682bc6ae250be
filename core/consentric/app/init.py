"""Writes a configuration from answers; whatever it allows stands there because an answer said so."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from consentric.sdk.errors import ConfigError
from consentric_privacy.files import write_atomic

from .init_questions import QUESTIONS, Answers

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import AoT, Table

FILES = ("config.toml", "segments.toml", "privacy.toml")
_NUMBER_OF = {question.id: number for number, question in enumerate(QUESTIONS, start=1)}


def write_configuration(folder: Path, answers: Answers) -> list[Path]:
    """Writes the three files, and the root key if an answer asks for a file that is not there.

    Answered with its defaults the configuration names no CRM, allows nothing and writes nowhere.

    Args:
        folder: The new workspace; created if missing.
        answers: One for each question that applies.

    Raises:
        ConfigError: When one of the files exists; nothing is ever overwritten.
    """
    existing = [name for name in FILES if (folder / name).exists()]
    if existing:
        raise ConfigError(
            f"{', '.join(existing)} exists already in {folder}",
            hint="edit it, or name another folder with  --config FOLDER/config.toml",
            happened="nothing was written.",
            code="CS222",
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    key = _root_key_to_make(folder, answers["root_key"])
    if key is not None:
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(key, secrets.token_hex(32).encode() + b"\n")
        written.append(key)
    texts = (_config(answers), _segments(answers), _privacy(answers))
    for name, document in zip(FILES, texts, strict=True):
        write_atomic(folder / name, document.as_string().encode())
        written.append(folder / name)
    return written


def _root_key_to_make(folder: Path, reference: str) -> Path | None:
    scheme, _, place = reference.partition(":")
    path = folder / Path(place).expanduser()
    return path if scheme == "file" and not path.exists() else None


def _config(answers: Answers) -> TOMLDocument:
    import tomlkit

    document = _document("The machine's part: connections, destinations, jobs. Its folder is the workspace.")
    document["include"] = list(FILES[1:])
    workspace = tomlkit.table()
    _set(workspace, "root_key", answers["root_key"], "root_key", answers)
    document["workspace"] = workspace
    if answers["crm"] == "none":
        document.add(tomlkit.comment(f"No CRM is read: question {_NUMBER_OF['crm']} was answered with none."))
        return document
    connection = tomlkit.table()
    _set(connection, "connector", answers["crm"], "crm", answers)
    _set(connection, "token", answers["token"], "token", answers)
    if answers["assessment"]:
        # Segments by value are made of purchases; every HubSpot account has deals, few have orders.
        _set(connection, "purchases", "deals", "assessment", answers)
    if answers["subscription"]:
        consents = tomlkit.inline_table()
        consents[answers["subscription"]] = "email_marketing"
        connection["consents"] = consents
        connection["consents"].comment(_because("subscription", answers))
    connections = tomlkit.table(is_super_table=True)
    connections[answers["crm"]] = connection
    document["connections"] = connections
    if answers["transfer"] != "none":
        document["destination"] = _array(_destination(answers))
    return document


def _destination(answers: Answers) -> Table:
    import tomlkit

    table = tomlkit.table()
    table["name"] = f"{answers['crm']}-prod"
    table["to"] = answers["crm"]
    table["sets"] = ["rfm5"]
    table["purpose"] = "email_marketing"
    table["channel"] = "email"
    _set(table, "transfer", answers["transfer"], "transfer", answers)
    return table


def _segments(answers: Answers) -> TOMLDocument:
    import tomlkit

    document = _document("The campaigns' part: where purchases come from, segment sets and their segments.")
    if not answers["assessment"]:
        document.add(tomlkit.comment("Nobody is segmented: no signed assessment was named."))
        return document
    purchases = tomlkit.table()
    purchases["from"] = [answers["crm"]]
    document["purchases"] = purchases
    table = tomlkit.table()
    table["name"] = "rfm5"
    _set(table, "purpose", "segmentation", "assessment", answers)
    table["method"] = "rfm"
    document["segment_set"] = _array(table)
    return document


def _privacy(answers: Answers) -> TOMLDocument:
    import tomlkit

    document = _document("Data protection's part: controller, purposes, evidence, fields with their classes.")
    if answers["company"]:
        controller = tomlkit.table()
        _set(controller, "name", answers["company"], "company", answers)
        if answers["dpo"]:
            _set(controller, "dpo", answers["dpo"], "dpo", answers)
        _set(controller, "country", answers["country"], "country", answers)
        document["controller"] = controller
    purposes = []
    if answers["assessment"]:
        table = tomlkit.table()
        table["id"] = "segmentation"
        table["basis"] = ["legitimate_interest"]
        _set(table, "assessment", f"file:{answers['assessment']}", "assessment", answers)
        purposes.append(table)
    if answers["subscription"]:
        table = tomlkit.table()
        table["id"] = "email_marketing"
        table["basis"] = ["consent"]
        table["channel"] = "email"
        table["authorities"] = [answers["crm"]]
        table["authorities"].comment(_because("subscription", answers))
        purposes.append(table)
    if purposes:
        document["purpose"] = _array(*purposes)
    else:
        document.add(tomlkit.comment("No purpose is configured, so nothing is allowed."))
    return document


def _document(title: str) -> TOMLDocument:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(title))
    return document


def _array(*tables: Table) -> AoT:
    import tomlkit

    array = tomlkit.aot()
    for table in tables:
        array.append(table)
    return array


def _set(table: Table, key: str, value: str, question: str, answers: Answers) -> None:
    table[key] = value
    table[key].comment(_because(question, answers))


def _because(question: str, answers: Answers) -> str:
    return f"answer to question {_NUMBER_OF[question]} ({question}): {answers[question]}"
