"""Hooks of this package: the commands `sandbox` and `demo`, loaded when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from consentric.sdk.hooks import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `sandbox up`, `sandbox reset` and `demo`."""
    import click

    from .commands import sandbox

    @click.command(
        name="demo",
        help="The whole job on published purchases in three pretend CRMs.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        add_help_option=False,
    )
    @click.pass_context
    def demo(context: click.Context) -> Any:
        command = import_module("consentric_sandbox.demo").demo
        with command.make_context("demo", list(context.args), parent=context.parent) as inner:
            return command.invoke(inner)

    cli.add_command(sandbox)
    cli.add_command(demo)
