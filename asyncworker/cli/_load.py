"""Find what ``module:attribute`` names, and the workers in it."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..activity import Definition
from ..exceptions import AsyncWorkerError, ConfigurationError
from ..worker import Worker
from ._entrypoint import Entrypoint, split_target
from ._frames import in_a_line
from ._report import UserCodeError

__all__ = ["activities_in", "load", "workers_from", "workers_in"]


def workers_in(module: ModuleType) -> tuple[str, Sequence[str]]:
    """Return what workers are called in a message, and the names of those in *module*."""
    return "workers", [name for name, value in vars(module).items() if isinstance(value, Worker)]


def activities_in(module: ModuleType) -> tuple[str, Sequence[str]]:
    """Return what activities are called in a message, and the names of the declared ones in *module*."""
    declared = [name for name, value in vars(module).items() if callable(value) and Definition.find(value) is not None]
    return "activities", declared


def load(target: str, app_dir: Path, wanted: Callable[[ModuleType], tuple[str, Sequence[str]]] = workers_in) -> Any:
    """Import what *target* names; modules are looked for in *app_dir* first.

    Args:
        target: ``module:attribute``.
        app_dir: The directory that goes first on ``sys.path``.
        wanted: Lists what might have been meant, for the message if the module has no such attribute.

    Raises:
        ConfigurationError: There is no such thing, or importing it failed.
    """
    name, attribute = split_target(target)
    if not app_dir.is_dir():
        raise ConfigurationError(f"--app-dir: {app_dir} is not a directory")
    sys.path.insert(0, str(app_dir.resolve()))
    module = found = _import(name, app_dir)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise ConfigurationError(f"module {name!r} has no {attribute!r}{_suggestion(*wanted(module))}") from error
    return found


def _import(name: str, app_dir: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(f"there is no module {name!r} in {app_dir.resolve()} (see --app-dir)") from error
        raise ConfigurationError(f"module {name!r} cannot be imported: {in_a_line(error)}") from error


def _suggestion(kind: str, names: Sequence[str]) -> str:
    return f"; its {kind}: {', '.join(names)}" if names else f"; it has no {kind}"


@asynccontextmanager
async def workers_from(found: Any, entrypoint: Entrypoint) -> AsyncIterator[list[Worker]]:
    """Have the workers that an entrypoint names, in the block.

    Args:
        found: What was loaded: a worker, a sequence of them, or with ``--factory`` a function that makes them. The
            function may be a coroutine function, or return an async context manager, which is left after the block.
        entrypoint: What names it.

    Raises:
        ConfigurationError: It is none of these.
        UserCodeError: The function raised an error.
    """
    if not entrypoint.is_factory:
        yield _check_workers(found, entrypoint.target)
        return
    target = entrypoint.target
    async with AsyncExitStack() as stack:
        with _naming_the_factory(target):
            made, what = await _call(found, target), f"--factory: what {target} returns"
            # A worker is one too; that would start it.
            if isinstance(made, AbstractAsyncContextManager) and not isinstance(made, Worker):
                made, what = await stack.enter_async_context(made), f"--factory: what {target} yields"
        yield _check_workers(made, what)


@contextmanager
def _naming_the_factory(target: str) -> Iterator[None]:
    try:
        yield
    except AsyncWorkerError:
        # It says what is wrong.
        raise
    except Exception as error:
        raise UserCodeError(f"--factory: {target} raised {in_a_line(error)}") from error


async def _call(factory: Any, target: str) -> Any:
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        raise ConfigurationError(f"--factory: {target} is not a function without parameters: {error}") from error
    made = factory()
    if inspect.isasyncgen(made):
        raise ConfigurationError(f"--factory: {target} yields: decorate it with @contextlib.asynccontextmanager")
    return await made if inspect.isawaitable(made) else made


def _check_workers(found: Any, what: str) -> list[Worker]:
    workers = list(found) if isinstance(found, Iterable) else [found]
    if workers and all(isinstance(worker, Worker) for worker in workers):
        return workers
    hint = "; if it is a function that makes one, use --factory" if callable(found) else ""
    kind = "an empty one" if isinstance(found, Sequence) and not found else f"a {type(found).__name__}"
    raise ConfigurationError(f"{what} is not a Worker or a sequence of workers, but {kind}{hint}")
