"""What a command is about: its argument, or else ``[tool.asyncworker]`` in the nearest ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..exceptions import ConfigurationError

__all__ = ["Entrypoint", "find_entrypoint", "split_target"]

_FILE = "pyproject.toml"
_KEYS: Mapping[str, type] = {"entrypoint": str, "app-dir": str, "factory": bool}
_EXAMPLE = '[tool.asyncworker] with entrypoint = "orders:worker"'


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """What to run.

    Attributes:
        target: ``module:attribute``.
        app_dir: The directory that modules are imported from first.
        is_factory: Whether that is a function which makes the workers.
    """

    target: str
    app_dir: Path
    is_factory: bool


def find_entrypoint(target: str | None, app_dir: Path, *, factory: bool) -> Entrypoint:
    """Return what the command line says, and where it names nothing, what ``pyproject.toml`` says.

    That is the first one from the working directory upwards. Its ``app-dir`` is relative to it; flags go first.

    Raises:
        ConfigurationError: Neither says what to run, or the file is wrong.
    """
    if target is not None:
        return Entrypoint(target, app_dir, factory)
    here = Path.cwd()
    path = next((it / _FILE for it in (here, *here.parents) if (it / _FILE).is_file()), None)
    if path is None:
        raise ConfigurationError(
            f"nothing to run: give MODULE:ATTRIBUTE, such as orders:worker, or a {_FILE} that has {_EXAMPLE}; there is"
            f" none in {here} or above"
        )
    table = _table(path)
    if "entrypoint" not in table:
        raise ConfigurationError(f"nothing to run: give MODULE:ATTRIBUTE, or {_EXAMPLE} in {path}")
    if app_dir == Path():
        app_dir = path.parent / table.get("app-dir", ".")
        if not app_dir.is_dir():
            raise ConfigurationError(f"{path}: [tool.asyncworker] app-dir: {app_dir} is not a directory")
    return Entrypoint(table["entrypoint"], app_dir, factory or table.get("factory", False))


def split_target(target: str) -> tuple[str, str]:
    """Return the module and the attribute of ``module:attribute``.

    Raises:
        ConfigurationError: It is not of that form.
    """
    name, _, attribute = target.partition(":")
    if not name or not attribute:
        raise ConfigurationError(f"{target!r} names nothing: expected module:attribute, such as orders:worker")
    return name, attribute


def _table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    tools = document.get("tool")
    table = tools.get("asyncworker", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: [tool.asyncworker] must be a table, got {table!r}")
    for key, value in table.items():
        if key not in _KEYS:
            raise ConfigurationError(f"{path}: [tool.asyncworker] has no {key!r}; it has {', '.join(_KEYS)}")
        if type(value) is not _KEYS[key]:
            raise ConfigurationError(f"{path}: [tool.asyncworker] {key} must be a {_KEYS[key].__name__}, got {value!r}")
        if isinstance(value, str) and key == "entrypoint" and not all(value.partition(":")):
            raise ConfigurationError(f"{path}: [tool.asyncworker] {key} must be module:attribute, got {value!r}")
    return dict(table)
