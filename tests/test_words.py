"""The code and the docs use the words of Temporal and asyncio, as docs/glossary.md defines them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("asyncworker", "tests", "benchmarks", "scripts", "examples")

# A docstring names the domain's action: "Return the activity registered under *name*".
OPENERS = re.compile(r"\b(?:Answer|Learn|Say|Tell)\b")
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


def files_with(words: re.Pattern[str], folder: str = "") -> Iterator[Path]:
    """Yield the modules that have one of *words* anywhere: to parse only these saves seconds."""
    paths = (path for path in checked_files() if name_of(path).startswith(folder))
    return (path for path in paths if words.search(path.read_text(encoding="utf-8")))


def test_docstrings_open_with_a_verb_of_the_domain():
    """No docstring answers, learns, says or tells."""
    assert [
        f"{name_of(path)}:{line}: {text}"
        for path in files_with(OPENERS)
        for line, text in docstrings(path)
        if OPENERS.match(text)
    ] == []


def test_python_texts_name_who_acts():
    """Comments, docstrings and messages have no whoever, somebody or nobody."""
    assert [
        f"{name_of(path)}:{line}: {text}"
        for path in files_with(PRONOUNS)
        for line, text in prose(path)
        if PRONOUNS.search(text)
    ] == []


def test_pages_name_who_acts():
    """Neither have the documentation and the README."""
    assert [
        f"{name_of(path)}:{number}: {line}"
        for path in pages()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if PRONOUNS.search(line)
    ] == []


def test_names_of_the_package_are_the_standard_terms():
    """A part of a name is a word of its own: ``_startPoll_now`` has three."""
    banned = re.compile("|".join(BANNED), re.IGNORECASE)

    assert [
        f"{name_of(path)}:{line}: {name} (use: {BANNED[part]})"
        for path in files_with(banned, "asyncworker/")
        for line, name in tokens(path, tokenize.NAME)
        for part in parts_of(name)
        if part in BANNED
    ] == []


def test_sentences_of_the_package_use_the_standard_terms():
    """Comments, docstrings and messages of the package have none of the words that were its own."""
    banned = re.compile(rf"\b(?:{'|'.join(sorted(BANNED.keys() - ONLY_IN_NAMES))})\b", re.IGNORECASE)

    assert [
        f"{name_of(path)}:{line}: {text}"
        for path in files_with(banned, "asyncworker/")
        for line, text in prose(path)
        if banned.search(text)
    ] == []
