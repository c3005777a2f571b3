"""What the documentation says is there: tests, links, code, commands."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from installed_plugin import install_plugin
from shared_servers import SharedServer
from typer.main import get_command

import asyncworker
from asyncworker.cli import app

ROOT = Path(__file__).parents[1]
# Where the package is installed, which need not be beside its tests.
PACKAGE = Path(asyncworker.__file__).parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

_BLOCK = re.compile(r"^(<!-- not run -->\n)?```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"`([\w/]+\.py)::([\w:]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def each_page() -> Any:
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def blocks(page: Path, language: str) -> Iterator[tuple[str, bool]]:
    """Yield each block of code, at the line where it stands, and whether it is to be run."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        if match[2] == language:
            yield "\n" * text.count("\n", 0, match.start(3)) + match[3], match[1] is None


def prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Name the headings as a forge does: lower case, spaces as dashes, punctuation left out."""
    headings = _HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def names_in(path: Path) -> set[str]:
    """List a module's tests as pytest names them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name for node in tree.body if isinstance(node, functions)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, functions)}
    return found


def flags_of_commands() -> dict[str, set[str]]:
    """List the flags of each subcommand; the empty one stands for none."""
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    return {
        name: {"", "--help"}.union(*[(*it.opts, *it.secondary_opts) for it in command.params])
        for name, command in commands.items()
    }


def compiled(source: str, page: Path) -> Any:
    # The inside of a coroutine, where there is a bare `await`.
    return compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@each_page()
def test_links_lead_somewhere(page: Path):
    """Each relative link is to a file or folder of this repository, and its anchor to a heading there."""
    broken = []
    for link in _LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@each_page()
def test_code_compiles(page: Path):
    """Each block of Python is Python."""
    for source, _ in blocks(page, "python"):
        assert compiled(source, page)


def test_each_page_is_in_the_index():
    """Who starts at the index finds every page."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in PAGES if page.parent.name == "docs" and page.name != "README.md"]

    assert [name for name in pages if f"({name})" not in index] == []


def test_each_public_module_has_a_page_in_the_reference():
    """The reference shows every module that has public names, and the site lists its pages."""
    paths = [path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py")]
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}
    names = {name for name in names if "._" not in name and not name.startswith(("asyncworker.cli", "asyncworker.__"))}
    public = {name for name in names if hasattr(importlib.import_module(name), "__all__")}
    pages = {path: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md")}
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")

    lines = [line for page in pages.values() for line in page.splitlines()]

    assert public - {line.removeprefix("::: ") for line in lines} == set()
    assert [path.name for path in pages if f"reference/{path.name}" not in site] == []


def test_tests_of_the_feature_table_exist():
    """Each test that the feature table names is there."""
    named = _TEST.findall((ROOT / "docs" / "features.md").read_text(encoding="utf-8"))
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / "tests" / path).exists() or name not in names_in(ROOT / "tests" / path)
    ]

    assert len(named) > 100
    assert missing == []


def test_rows_of_the_feature_table_are_whole():
    """Each row has its five cells, and one that says "yes" for asyncworker names a test."""
    rows = [
        [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| feature")
    ]

    assert [row for row in rows if len(row) != 5] == []
    assert [row[0] for row in rows if row[3].startswith("yes") and "::" not in row[4]] == []


def test_commands_exist():
    """Each `make` target, and each subcommand of `asyncworker` with its flags, that a page names is there."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    known = flags_of_commands()
    wrong = []
    for page in PAGES:
        shell = "\n".join([source for source, _ in blocks(page, "sh")] + re.findall(r"`([^`\n]+)`", prose(page)))
        wrong += [name for name in re.findall(r"^make ([a-z]+)", shell, re.MULTILINE) if name not in targets]
        for name, rest in re.findall(r"^asyncworker ([a-z-]+)(.*)", shell, re.MULTILINE):
            used = set(re.findall(r"(?<=\s)--[a-z-]+", rest.partition("#")[0]))
            wrong += [f"{name} {flag}".strip() for flag in (used or {""}) - known.get(name, set())]

    assert wrong == []


def test_flags_of_the_command_line_exist():
    """Each flag that the pages about the command line and configuration name is there."""
    known = set().union(*flags_of_commands().values())
    named: set[str] = set()
    for name in ("cli.md", "configuration.md"):
        named |= set(re.findall(r"`(--[a-z-]+)", (ROOT / "docs" / name).read_text(encoding="utf-8")))

    assert named - known == set()


def test_variables_exist():
    """Each variable that the page about configuration names is read somewhere in the code."""
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:TEMPORAL|ASYNCWORKER)_[A-Z_]*[A-Z])`", text))

    assert len(named) > 20
    assert {name for name in named if f'"{name}"' not in code} == set()


# Those of the other pages are fragments.
@pytest.mark.parametrize(
    "name",
    [
        "activities",
        "cancellation",
        "cli",
        "client",
        "completion",
        "configuration",
        "converters",
        "dependencies",
        "fastapi",
        "interceptors",
        "logging",
        "metrics",
        "migrating",
        "tracing",
        "temporalio",
        "workers",
    ],
)
async def test_examples_run(name: str, dev_server: SharedServer, monkeypatch: pytest.MonkeyPatch):
    """The Python of a page runs from its first line to its last, against a real server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.target)
    namespace: dict[str, Any] = {"__name__": "docs"}
    page = ROOT / "docs" / f"{name}.md"
    async with asyncio.timeout(30):
        for source, is_run in blocks(page, "python"):
            if is_run:
                result = eval(compiled(source, page), namespace)
                if inspect.isawaitable(result):
                    await result

    assert len(namespace) > 2


@pytest.mark.server
def test_recipes_pass(tmp_path: Path):
    """The recipes for tests are a module that pytest runs, and whose tests pass."""
    recipes = [source for source, is_run in blocks(ROOT / "docs" / "testing.md", "python") if is_run]
    module = tmp_path / "test_recipes.py"
    module.write_text("\n".join(source.lstrip("\n") for source in recipes), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:asyncio",
        "-p",
        "no:cacheprovider",
        module.name,
    ]
    path = os.pathsep.join([install_plugin(tmp_path), str(PACKAGE.parent)])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=110, check=False
    )

    assert done.returncode == 0, done.stdout
