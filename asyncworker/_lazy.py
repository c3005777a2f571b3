"""Import what a package shows on its first use: the time to start is for what a program uses.

A workflow of temporalio runs in a sandbox, which imports the modules that its file names once more for each workflow.
This package's modules are taken from the program instead: they hold its state, and some cannot be run a second time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

# The program's package, which a sandbox's is not.
_PACKAGE = sys.modules[__name__.rpartition(".")[0]]


def attach(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of *package*, whose names are defined in the modules of *homes*.

    *homes* maps each public name to a module's name relative to the package; a name that is its own home is a module.
    """
    namespace = sys.modules[package].__dict__

    def get(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = _import(f"{package}.{home}")
        value = namespace[name] = module if name == home else getattr(module, name)
        return value

    def names() -> list[str]:
        return sorted({*namespace, *homes})

    return get, names


def _import(name: str) -> ModuleType:
    # An attribute, since older sandboxes do not list the submodules that are passed through to them.
    workflow = getattr(sys.modules.get("temporalio"), "workflow", None)
    if workflow is None:
        return import_module(name)
    with workflow.unsafe.imports_passed_through():
        # Not by import_module, which a sandbox does not see.
        return __import__(name, fromlist=("__name__",))


def share_with_sandbox(package: ModuleType) -> None:
    """Have a sandbox's *package* take its modules from the program, as far as that has imported them.

    It has imported what a workflow's file imports, since it has imported the file before.
    """
    if package is _PACKAGE:
        return
    for module in _loaded(_PACKAGE):
        sys.modules[module.__name__] = module
        parent, _, name = module.__name__.rpartition(".")
        if parent == package.__name__:
            setattr(package, name, module)


def _loaded(package: ModuleType) -> Iterator[ModuleType]:
    # A copy: another thread may import a module meanwhile.
    for name, found in list(vars(package).items()):
        if type(found) is ModuleType and found.__name__ == f"{package.__name__}.{name}":
            yield found
            if hasattr(found, "__path__"):
                yield from _loaded(found)
