"""Find what ``module:attribute`` names, and the workers in it."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..exceptions import ConfigurationError
from ..worker import Worker

__all__ = ["call_factory", "check_workers", "load"]


def load(target: str, app_dir: Path) -> Any:
    """Import what *target* names; modules are looked for in *app_dir* first.

    Raises:
        ConfigurationError: There is no such thing, or importing it failed.
    """
    name, _, attribute = target.partition(":")
    if not name or not attribute:
        raise ConfigurationError(f"{target!r} names nothing: expected module:attribute, such as orders:worker")
    if not app_dir.is_dir():
        raise ConfigurationError(f"--app-dir: {app_dir} is not a directory")
    sys.path.insert(0, str(app_dir.resolve()))
    module = found = _import(name, app_dir)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise ConfigurationError(f"module {name!r} has no {attribute!r}{_suggestion(module)}") from error
    return found


def _import(name: str, app_dir: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(f"there is no module {name!r} in {app_dir.resolve()} (see --app-dir)") from error
        raise ConfigurationError(f"module {name!r} cannot be imported: {_in_a_line(error)}") from error


def _in_a_line(error: Exception) -> str:
    """Say what went wrong and where, as a traceback's last lines do."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})"


def _suggestion(module: ModuleType) -> str:
    workers = [name for name, value in vars(module).items() if isinstance(value, Worker)]
    return f"; its workers: {', '.join(workers)}" if workers else ""


async def call_factory(factory: Any, target: str) -> Any:
    """Call what ``--factory`` says is a function that makes workers; it may be a coroutine function.

    Raises:
        ConfigurationError: It cannot be called without arguments.
    """
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        raise ConfigurationError(f"--factory: {target} is no function without arguments: {error}") from error
    made = factory()
    return await made if inspect.isawaitable(made) else made


def check_workers(found: Any, target: str) -> list[Worker]:
    """Take a worker, or several, for a list of workers.

    Raises:
        ConfigurationError: It is neither.
    """
    workers = list(found) if isinstance(found, Iterable) else [found]
    if workers and all(isinstance(worker, Worker) for worker in workers):
        return workers
    hint = "; is it a function that makes one? Use --factory" if callable(found) else ""
    raise ConfigurationError(f"{target} is not a Worker or a sequence of them, but a {type(found).__name__}{hint}")
