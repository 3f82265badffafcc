"""The command ``coldchain completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_COLDCHAIN_COMPLETE"
EPILOG = """\b
Example: coldchain completion bash > ~/.local/share/bash-completion/completions/coldchain
Example: coldchain completion zsh > ~/.zfunc/_coldchain
Example: coldchain completion fish > ~/.config/fish/completions/coldchain.fish"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in a SHELL."""
    from click.shell_completion import get_completion_class

    of_shell = get_completion_class(shell)
    assert of_shell is not None
    click.echo(of_shell(context.find_root().command, {}, "coldchain", VARIABLE).source())
