"""``asyncworker completion``: a script that completes commands and flags in a shell.

It is written out from the commands as they are, so that a shell starts no Python for each Tab.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

__all__ = ["completion", "script_for"]


class Shell(StrEnum):
    """A shell that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@dataclass(frozen=True, slots=True)
class _Flag:
    name: str
    help: str
    takes_value: bool


def completion(
    context: typer.Context, shell: Annotated[Shell, typer.Argument(help="The shell to write it for.")]
) -> None:
    """Print a script that completes commands and flags.

    In bash: eval "$(asyncworker completion bash)". In zsh the same, after compinit. In fish: asyncworker completion
    fish | source.
    """
    typer.echo(script_for(shell, context.find_root().command))


def script_for(shell: Shell, app: Any) -> str:
    """Return the script for the commands of *app*."""
    commands = {name: list(_flags(command)) for name, command in app.commands.items()}
    helps = {name: command.get_short_help_str(200) for name, command in app.commands.items()}
    return _SCRIPTS[shell](commands, helps)


def _flags(command: Any) -> Iterator[_Flag]:
    for parameter in command.params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("--") and not getattr(parameter, "hidden", False):
                text = (getattr(parameter, "help", None) or "").partition(". ")[0]
                yield _Flag(name, text, not getattr(parameter, "is_flag", False))
    yield _Flag("--help", "Show this message and exit.", False)


_Commands = Mapping[str, list[_Flag]]
_Helps = Mapping[str, str]

_BASH = """\
_asyncworker() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands} --help --version"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
        case "$word" in -*) ;; *) words="" ;; esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _asyncworker asyncworker"""


def _bash(commands: _Commands, helps: _Helps) -> str:
    cases = [f'            {name}) words="{" ".join(it.name for it in flags)}" ;;' for name, flags in commands.items()]
    return _BASH.format(commands=" ".join(helps), cases="\n".join(cases))


_ZSH = """\
#compdef asyncworker
_asyncworker() {{
    local -a commands flags
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    case "$words[2]" in
{cases}
    esac
    if [[ "$PREFIX" == -* ]]; then
        _describe flag flags
    else
        _files
    fi
}}
compdef _asyncworker asyncworker"""


def _zsh(commands: _Commands, helps: _Helps) -> str:
    return _ZSH.format(
        commands="\n".join(f"        {_zsh_item(name, text)}" for name, text in helps.items()),
        cases="\n".join(
            f"        {name}) flags=({' '.join(_zsh_item(it.name, it.help) for it in flags)}) ;;"
            for name, flags in commands.items()
        ),
    )


def _zsh_item(name: str, text: str) -> str:
    return _quoted(f"{name}:{text}", "'\\''")


def _fish(commands: _Commands, helps: _Helps) -> str:
    lines = [
        f"complete -c asyncworker -n __fish_use_subcommand -f -a {name} -d {_fish_quoted(text)}"
        for name, text in helps.items()
    ]
    lines += [
        f"complete -c asyncworker -n '__fish_seen_subcommand_from {name}' -l {it.name[2:]}"
        f"{' -r' if it.takes_value else ''} -d {_fish_quoted(it.help)}"
        for name, flags in commands.items()
        for it in flags
    ]
    return "\n".join(lines)


def _fish_quoted(text: str) -> str:
    return _quoted(text.replace("\\", "\\\\"), "\\'")


def _quoted(text: str, quote: str) -> str:
    return "'" + text.replace("'", quote) + "'"


_SCRIPTS: Mapping[Shell, Callable[[_Commands, _Helps], str]] = {Shell.BASH: _bash, Shell.ZSH: _zsh, Shell.FISH: _fish}
