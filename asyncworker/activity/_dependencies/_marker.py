"""Mark a parameter as a dependency: ``Annotated[Session, Depends(get_session)]``, or ``= Depends(get_session)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeAlias, Union, get_args, get_origin

from .._callables import describe, resolve_annotation

__all__ = ["Dependency", "Depends", "Scope", "is_injected", "marker_of"]

Scope: TypeAlias = Literal["attempt", "worker"]

_SCOPES = ("attempt", "worker")


@dataclass(frozen=True, slots=True, repr=False)
class Dependency:
    """What a dependency parameter is marked with.

    Attributes:
        dependency: What makes the value; ``None`` for the parameter's type.
        scope: How long the value lives.
        use_cache: Whether all that depend on it in this scope share one value.
    """

    dependency: Callable[..., Any] | None
    scope: Scope = "attempt"
    use_cache: bool = True

    def __repr__(self) -> str:
        return f"Depends({'' if self.dependency is None else describe(self.dependency)})"

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"{self!r} has no {name!r}: this is the default of a dependency parameter, whose value only a worker and"
            " ActivityEnvironment.run() fill in; in a plain call pass it"
        )


def Depends(  # noqa: N802 - the name that users of FastAPI know
    dependency: Callable[..., Any] | None = None, *, scope: Scope = "attempt", use_cache: bool = True
) -> Any:
    """Mark a parameter of an activity, or of another dependency, as one that the worker passes.

    ::

        async def pack(order: Order, session: Annotated[Session, Depends(get_session)]) -> str: ...
        async def pack(order: Order, *, session: Session = Depends(get_session)) -> str: ...

    Such parameters take no part in the payload. In the second form type checkers, too, let callers leave them out.

    Args:
        dependency: A function, a coroutine function, a generator function or async generator function with one
            ``yield``, a function decorated with :func:`contextlib.contextmanager` or
            :func:`contextlib.asynccontextmanager`, or a class, of which an object is made. Its own parameters are
            dependencies, or have defaults. Left out: the class that the parameter is annotated with; beside an
            annotation that has a ``Depends`` already, that one.
        scope: ``"attempt"``: made for each attempt and closed before its outcome is reported. ``"worker"``: made once
            per run of the worker, at first use, and closed at the run's end.
        use_cache: Whether an attempt makes it once however many depend on it; ``False``: once for each of these.

    Raises:
        TypeError: *dependency* cannot be called.
        ValueError: There is no such scope, or a worker's dependency is not to be shared.
    """
    if dependency is not None and not callable(dependency):
        raise TypeError(f"Depends takes a function or a class, not its result; got {dependency!r}")
    if scope not in _SCOPES:
        raise ValueError(f"the scope of a dependency is one of {', '.join(map(repr, _SCOPES))}; got {scope!r}")
    if scope == "worker" and not use_cache:
        raise ValueError("a dependency of the worker's scope is shared by all attempts: it takes no use_cache=False")
    return Dependency(dependency, scope, use_cache)


def marker_of(hint: Any, default: Any = inspect.Parameter.empty) -> Dependency | None:
    """Return how a parameter with this type and default is marked, with what makes its value; ``None`` if it is not.

    Raises:
        TypeError: It is marked twice, or within a union, or with nothing that could be called.
    """
    given, annotated, hint = _read(default), None, _unaliased(hint)
    if get_origin(hint) is Annotated:
        annotated = _read_all(hint.__metadata__)
        hint = hint.__origin__
    elif get_origin(hint) in (Union, UnionType) and any(marker_of(each) for each in get_args(hint)):
        raise TypeError("Depends stands within a union: annotate it as Annotated[X | None, Depends(…)]")
    if given is not None and annotated is not None:
        if given.dependency is not None:
            raise TypeError("it has a Depends in its annotation and another as its default: give one of them")
        given = None
    marker = given or annotated
    if marker is None or marker.dependency is not None:
        return marker
    if not inspect.isclass(hint):
        raise TypeError(f"Depends() stands for the class that the parameter is annotated with, and {hint!r} is none")
    return Dependency(hint, marker.scope, marker.use_cache)


def is_injected(fn: Callable[..., Any], parameter: inspect.Parameter) -> bool | None:
    """Whether the worker passes *parameter* of *fn*; ``None`` if its annotation cannot be evaluated yet."""
    annotation = parameter.annotation
    if annotation is parameter.empty or _read(parameter.default) is not None:
        return _read(parameter.default) is not None
    if isinstance(annotation, str):
        try:
            annotation = resolve_annotation(fn, annotation, include_extras=True)
        except Exception:  # noqa: BLE001 - a name may not be there yet, or only for type checkers
            return None
    try:
        return marker_of(annotation, parameter.default) is not None
    except TypeError:
        # The worker refuses it, and shows its path.
        return True


def _unaliased(hint: Any) -> Any:
    # What `type Name = …` makes, from Python 3.12 on.
    while type(hint).__name__ == "TypeAliasType":
        hint = hint.__value__
    return hint


def _read_all(metadata: tuple[Any, ...]) -> Dependency | None:
    found = [it for it in metadata if _read(it) is not None]
    # One for FastAPI may stand beside ours, which can say more.
    ours = [it for it in found if isinstance(it, Dependency)]
    if len(ours) > 1 or (not ours and len(found) > 1):
        raise TypeError("its annotation has several Depends: give one of them")
    return _read((ours or found)[0]) if found else None


def _read(thing: Any) -> Dependency | None:
    """Return *thing* if it is a mark, also if it is one of FastAPI's, which is known by its shape."""
    if isinstance(thing, Dependency):
        return thing
    use_cache = inspect.getattr_static(thing, "use_cache", None)
    if use_cache is not True and use_cache is not False:
        return None
    # Without running code of the object: a default may be anything.
    fields: Mapping[str, Any] = getattr(thing, "__dict__", {})
    if "dependency" not in fields:
        return None
    # Its scopes, "function" and "request", are both those of an attempt.
    return Dependency(fields["dependency"], "attempt", use_cache)
