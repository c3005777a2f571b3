"""What extends a worker, as its heartbeats name it: the classes of its interceptors and observers.

The official SDKs report their plugins, by default under the names of their classes. Ours are what a worker is given.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Sequence
from typing import Any

from ..._proto.temporal.api.worker.v1 import PluginInfo
from ..._version import client_version

__all__ = ["plugins_of"]

#: An observer that is a function is part of the program, and no extension of the worker.
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
_OURS = "asyncworker"


def plugins_of(extensions: Iterable[Any]) -> Sequence[PluginInfo]:
    """Return name and version of each class of *extensions*, in their order; those of this package have its version."""
    classes = dict.fromkeys(type(it) for it in extensions if not isinstance(it, _FUNCTIONS))
    return [_info(kind) for kind in classes]


def _info(kind: type[Any]) -> PluginInfo:
    module, _, _ = kind.__module__.partition("._")
    is_ours = module.partition(".")[0] == _OURS
    return PluginInfo(name=f"{module}.{kind.__qualname__}", version=client_version() if is_ours else "")
