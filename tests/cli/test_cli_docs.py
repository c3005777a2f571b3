"""What ``--help`` shows and what the page about the command line says are the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from asyncworker.cli import app

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
CONNECTION = (DOCS / "configuration.md").read_text()
SECTIONS = dict(
    re.findall(r"^## `asyncworker ([\w-]+)`\n(.*?)(?=^## |\Z)", (DOCS / "cli.md").read_text(), re.DOTALL | re.MULTILINE)
)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Typer makes them of every switch; the page names those that mean something.
OPPOSITES = {"--no-log-activities", "--no-tls-disable-host-verification", "--no-factory"}


def options_of(command: str) -> list[Any]:
    return [each for each in COMMANDS[command].params if each.param_type_name == "option" and not each.hidden]


def is_about_connections(option: Any) -> bool:
    return getattr(option, "rich_help_panel", None) == "Connection"


def test_each_command_has_a_section():
    """And there is no section of a command that is not there."""
    assert sorted(SECTIONS) == sorted(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_flag_of_a_command_is_on_its_page(command):
    """In the command's section; those of the connection, which most commands have, are with the settings."""
    missing = [
        name
        for option in options_of(command)
        for name in (*option.opts, *option.secondary_opts)
        if name not in FLAG.findall(CONNECTION if is_about_connections(option) else SECTIONS[command])
        and name not in OPPOSITES | {"--help", "-h", "--verbose"}
    ]

    assert missing == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_flag_has_a_variable(command):
    """Those of the connection name theirs in their help: their values are checked where all settings are."""
    bare = [
        option.name
        for option in options_of(command)
        if option.name != "help" and not option.envvar and "TEMPORAL_" not in (option.help or "")
    ]

    assert bare == []


def test_the_table_of_variables_has_each_with_its_commands():
    """Those of ``exec`` are one line."""
    rows = re.findall(r"^\| (`ASYNCWORKER_.*?) \| (.*?) \| (.*?) \|$", CONNECTION, re.MULTILINE)
    said = {
        (variable, command)
        for variables, _, commands in rows
        for variable in re.findall(r"`(\w+)`", variables)
        for command in re.findall(r"`([a-z-]+)`", commands)
    }
    read = {
        (option.envvar, command)
        for command in COMMANDS
        for option in options_of(command)
        if (option.envvar or "").startswith("ASYNCWORKER_") and not option.envvar.startswith("ASYNCWORKER_EXEC_")
    }

    assert said - read == set()
    assert read - said == set()
