"""`consentric completion`: the script that teaches a shell our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      consentric completion bash > ~/.local/share/bash-completion/completions/consentric
      consentric completion zsh  > ~/.zfunc/_consentric
      consentric completion fish > ~/.config/fish/completions/consentric.fish
    """
    root = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(root, {}, "consentric", "_CONSENTRIC_COMPLETE").source())
