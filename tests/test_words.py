"""The code and the docs use the words of Temporal and asyncio, as docs/glossary.md defines them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("asyncworker", "tests", "benchmarks", "scripts", "examples")

# A docstring names the domain's action: "Return the activity registered under *name*".
OPENERS = re.compile(r"(?:Answer|Learn|Say|Tell)\b")
# As subjects these hide who acts: the server, the worker, the caller.
PRONOUNS = re.compile(r"\b(?:whoever|somebody|nobody)\b", re.IGNORECASE)
# In names, comments, docstrings and messages of the package, each with the word to use.
BANNED = {
    "house": "package",
    "floor": "layer",
    "room": "slots, capacity or limit",
    "alarm": "timer",
    "alarms": "timers",
    "moments": "times or a timer queue",
    "goodbye": "shutdown",
    "farewell": "shutdown heartbeat",
    "hurry": "escalate",
    "news": "log throttle",
    "turnstile": "rate limiter",
    "borne": "retried",
    "patience": "timeout or grace period",
    "presence": "worker heartbeat",
    "vitals": "worker heartbeat",
    "passport": "worker identity",
    "enrol": "register",
    "unless": "a name for the race",
}
# Words that a name may have in it, and a sentence may not be judged by.
ONLY_IN_NAMES = {"unless", "presence", "patience"}


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"temporal", "google", "__pycache__"} & set(path.parts):
                yield path


def pages() -> Iterator[Path]:
    yield from [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield node.body[0].lineno, text


def tokens(path: Path, *kinds: int) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments and strings of a module, the texts of f-strings too."""
    # From 3.12 on these have tokens of their own.
    f_string = getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)
    return tokens(path, tokenize.COMMENT, tokenize.STRING, f_string)


def parts_of(name: str) -> list[str]:
    """Split an identifier into lower-case words: ``_startPoll_now`` into ``start``, ``poll``, ``now``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def checked_files() -> list[Path]:
    return [path for path in python_files() if path != Path(__file__)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", checked_files(), ids=name_of)
def test_docstrings_open_with_a_verb_of_the_domain(path):
    """No docstring answers, learns, says or tells."""
    assert [f"{name_of(path)}:{line}: {text}" for line, text in docstrings(path) if OPENERS.match(text)] == []


@pytest.mark.parametrize("path", checked_files(), ids=name_of)
def test_python_texts_name_who_acts(path):
    """Comments, docstrings and messages have no whoever, somebody or nobody."""
    assert [f"{name_of(path)}:{line}: {text}" for line, text in prose(path) if PRONOUNS.search(text)] == []


@pytest.mark.parametrize("path", [page for page in pages() if page.exists()], ids=name_of)
def test_pages_name_who_acts(path):
    """Neither have the documentation and the README."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)

    assert [f"{name_of(path)}:{number}: {line}" for number, line in lines if PRONOUNS.search(line)] == []


@pytest.mark.parametrize(
    "path", [path for path in checked_files() if name_of(path).startswith("asyncworker/")], ids=name_of
)
def test_package_has_no_private_vocabulary(path):
    """Names and sentences of the package use the standard terms."""
    in_names = [
        f"{name_of(path)}:{line}: {name} (use: {BANNED[part]})"
        for line, name in tokens(path, tokenize.NAME)
        for part in parts_of(name)
        if part in BANNED
    ]
    sentences = re.compile(rf"\b(?:{'|'.join(sorted(BANNED.keys() - ONLY_IN_NAMES))})\b", re.IGNORECASE)
    in_sentences = [f"{name_of(path)}:{line}: {text}" for line, text in prose(path) if sentences.search(text)]

    assert in_names + in_sentences == []
