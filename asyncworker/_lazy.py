"""Import what a package shows on its first use: the time to start is for what a program uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def attach(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of *package*, whose names are defined in the modules of *homes*.

    *homes* maps each public name to a module's name relative to the package; a name that is its own home is a module.
    """
    namespace = sys.modules[package].__dict__

    def get(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f".{home}", package)
        value = namespace[name] = module if name == home else getattr(module, name)
        return value

    def names() -> list[str]:
        return sorted({*namespace, *homes})

    return get, names
