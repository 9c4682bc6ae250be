"""`consentric config`: is it right, what stands where, and what may stand there."""

from __future__ import annotations

import json

import click

from consentric.app.session import current_session


@click.group()
def config() -> None:
    """The three files of the configuration.

    Example:  consentric config check
    """


@config.command()
def check() -> None:
    """Find every fault of every file at once; reads no secret and no CRM.

    Example:  consentric -c acme/config.toml config check
    """
    from consentric.app.config import check_config, connections_only_read

    session = current_session()
    loaded = check_config(session.config)
    settings = loaded.settings
    counts = {
        "connections": len(settings.connections),
        "purposes": len(settings.purpose),
        "segment_sets": len(settings.segment_set),
        "destinations": len(settings.destination),
    }
    only_read = connections_only_read(loaded)
    lines = [
        f"The configuration is sound: {', '.join(loaded.document.files)}",
        "  " + ", ".join(_counted(name.replace("_", " "), count) for name, count in counts.items()),
        *(
            f"  {name} is read, not written: no [[destination]] names it, and the ground of a transfer to it"
            for name in only_read
        ),
        "Next:  consentric doctor",
    ]
    data = {"files": loaded.document.files, "hash": loaded.hash, **counts, "only_read": only_read}
    session.show("consentric.config_check/1", data, "\n".join(lines))


def _counted(name: str, count: int) -> str:
    return f"1 {name.removesuffix('s')}" if count == 1 else f"{count} {name}"


@config.command()
@click.option("--origin", is_flag=True, help="Say beside each setting where it was set.")
def show(*, origin: bool) -> None:
    """Every setting in force, defaults included; secrets are shown as their references.

    Example:  consentric config show --origin
    """
    from consentric.app.config import read_config
    from consentric.app.config_listing import listed_settings

    session = current_session()
    listed = listed_settings(read_config(session.config))
    width = max(len(f"{item.label} = {item.value}") for item in listed) if origin else 0
    lines = [
        f"{f'{item.label} = {item.value}':<{width}}  {item.origin}"
        if origin
        else f"{item.label} = {item.value}"
        for item in listed
    ]
    data = {"settings": [{"key": item.label, "value": item.value, "origin": item.origin} for item in listed]}
    session.show("consentric.config/1", data, "\n".join(lines))


@config.command()
def schema() -> None:
    """The JSON Schema of the configuration, for editors that complete and check.

    Example:  consentric config schema > consentric.schema.json
    """
    from consentric.app.settings import Settings

    click.echo(json.dumps(Settings.model_json_schema(by_alias=True), indent=2, ensure_ascii=False))
