"""What temporalio reads of our declarations, and what we read of temporalio's; temporalio is not imported for it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from .._arguments import UNSET
from ..common import RawValue
from ._callables import awaited_type, describe, positional_parameters, resolve_annotation
from ._dependencies._marker import is_injected

__all__ = ["ATTRIBUTE", "TemporalioDefinition", "declared_with_temporalio", "made_by_temporalio"]

#: Where temporalio keeps the declaration of an activity, and looks for it.
ATTRIBUTE = "__temporal_activity_definition"


class TemporalioDefinition:
    """A declaration of ours as temporalio reads it, to schedule the activity by its function.

    It has the attributes of temporalio's own. The types are resolved when they are first read: most functions are never
    scheduled in the process that declares them, and a name may be defined further down.

    Args:
        fn: The function.
        name: The activity type; ``None`` for a dynamic activity.
        takes_context: Whether its first parameter is filled by asyncworker's worker.
        no_thread_cancel_exception: As declared.
    """

    __slots__ = ("_arg_types", "_ret_type", "_takes_context", "fn", "name", "no_thread_cancel_exception")

    def __init__(
        self, fn: Callable[..., Any], *, name: str | None, takes_context: bool, no_thread_cancel_exception: bool
    ) -> None:
        self.fn = fn
        self.name = name
        self.no_thread_cancel_exception = no_thread_cancel_exception
        self._takes_context = takes_context
        self._arg_types: Any = UNSET
        self._ret_type: Any = UNSET

    def __repr__(self) -> str:
        return f"TemporalioDefinition(name={self.name!r}, fn={self.fn!r})"

    @property
    def is_async(self) -> NoReturn:
        """What temporalio's worker reads first of an activity that it is to run, and nothing else reads.

        Raises:
            TypeError: Always; the message says where the activity can run.
        """
        if self._takes_context:
            hint = "run it on asyncworker's Worker, which passes its Context"
        else:
            hint = (
                "run it on asyncworker's Worker, or, to run it on either, put temporalio's @activity.defn below"
                " asyncworker's"
            )
        raise TypeError(
            f"{describe(self.fn)} is declared with asyncworker's @activity.defn, and temporalio's Worker cannot run it:"
            f" {hint}"
        )

    @property
    def arg_types(self) -> list[Any] | None:
        """The types of the parameters that workflows pass; ``None`` if there are further ones, or one is not found."""
        if self._arg_types is UNSET:
            self._arg_types = self._resolve_parameters()
        found: list[Any] | None = self._arg_types
        return found

    @property
    def ret_type(self) -> Any:
        """The type of the result; ``None`` if it is not annotated.

        Raises:
            TypeError: It is annotated with a name that cannot be found.
        """
        if self._ret_type is UNSET:
            self._ret_type = self._resolve_result()
        return self._ret_type

    def _resolve_parameters(self) -> list[Any] | None:
        parameters = positional_parameters(self.fn, is_injected)[int(self._takes_context) :]
        parameters = [each for each in parameters if not is_injected(self.fn, each)]
        if any(each.kind is each.VAR_POSITIONAL for each in parameters):
            return None
        try:
            return [self._resolve(each.annotation) for each in parameters]
        except Exception:  # noqa: BLE001 - only interceptors are shown them, and the activity's worker reports it
            return None

    def _resolve_result(self) -> Any:
        annotation = inspect.signature(self.fn).return_annotation
        try:
            return awaited_type(self._resolve(annotation))
        except Exception as error:
            raise TypeError(
                f"the type of {describe(self.fn)}'s result, {annotation!r}, cannot be found ({error}): import it at run"
                f" time, not only for type checkers, or schedule the activity by its name, {self.name!r}, with a"
                " result_type"
            ) from error

    def _resolve(self, annotation: Any) -> Any:
        if annotation is inspect.Signature.empty:
            return None
        hint = resolve_annotation(self.fn, annotation)
        # temporalio leaves payloads as they are for its own class only, and is loaded where it reads this.
        return getattr(sys.modules.get("temporalio.common"), "RawValue", hint) if hint is RawValue else hint


def made_by_temporalio(found: Any) -> bool:
    """Whether something kept under :data:`ATTRIBUTE` was made by temporalio's decorator."""
    # By its module: temporalio is not imported, and a mock has any attribute.
    return type(found).__module__.partition(".")[0] == "temporalio"


def declared_with_temporalio(fn: Callable[..., Any], *, name: str | None, dynamic: bool) -> Any:
    """Return the declaration that temporalio's decorator left on *fn*, if ours is to stand beside it.

    Args:
        fn: The function that is being declared.
        name: The name that is given for it here, if any.
        dynamic: Whether it is declared as dynamic here.

    Raises:
        ValueError: The two disagree: workflows would schedule one activity, and the worker run another.
    """
    found: Any = getattr(fn, ATTRIBUTE, None)
    if not made_by_temporalio(found):
        return None
    agrees = found.name is None if dynamic else found.name is not None and name in (None, found.name)
    if agrees:
        return found
    if found.fn is not fn and (dynamic or name is not None):
        # A decorator copied it from the function that it wraps, and this is declared as another activity.
        return None
    raise ValueError(
        f"{describe(fn)} is declared as {_called(found.name)} with temporalio's @activity.defn, and as"
        f" {_called(None if dynamic else name or describe(fn))} with asyncworker's: declare it as the same"
    )


def _called(name: str | None) -> str:
    return "a dynamic activity" if name is None else repr(name)
