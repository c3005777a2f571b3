"""Decide what is sent to start an activity: from its function, its declaration and the options of the call."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._arguments import Check
from ...activity import Definition
from ...activity._callables import awaited_type, is_unbound_method
from ...activity._dependencies._marker import marker_of
from ...activity._options import START_OPTIONS
from ...converter import Signature
from ._options import OPTIONS, RPC_OPTIONS, StartActivityInput

__all__ = ["plan_start", "result_type_of", "type_of"]

_CHECKS: Mapping[str, Check] = {**{name: option.check for name, option in OPTIONS.items()}, **RPC_OPTIONS}
_KNOWN = (*_CHECKS, "args", "result_type")


def plan_start(
    activity: str | Callable[..., Any], arguments: Sequence[Any], options: Mapping[str, Any]
) -> StartActivityInput:
    """Return the start that a call of ``start_activity`` asks for.

    Raises:
        TypeError: This is no activity, the arguments are not its, there is no such option, or it has another type.
        ValueError: An option is missing, or the server would refuse its value.
    """
    _check_known(options)
    activity_type = type_of(activity)
    arguments = _merge(arguments, options.get("args"))
    definition = signature = None
    if not isinstance(activity, str):
        definition = Definition.of(activity)
        signature = signature_of(definition)
        _check_arguments(definition, signature, arguments)
    given = _checked(options, definition)
    _check_required(given, activity_type)
    return StartActivityInput(
        activity_type=activity_type,
        args=arguments,
        arg_types=() if signature is None else _types_of(signature, len(arguments)),
        result_type=options.get("result_type") or (signature and awaited_type(signature.result_hint)) or Any,
        **given,
    )


def _checked(options: Mapping[str, Any], definition: Definition | None) -> dict[str, Any]:
    """Return the options that the call gives, and those that only the declaration does."""
    found = {}
    for name, check in _CHECKS.items():
        value = options.get(name)
        if value is None and name in START_OPTIONS:
            value = getattr(definition, name, None)
        if value is not None:
            found[name] = check(name, value)
    return {"id": str(uuid.uuid4()), **found}


def _check_required(given: Mapping[str, Any], activity_type: str) -> None:
    if "task_queue" not in given:
        raise ValueError(
            f"activity {activity_type!r} needs a task_queue: pass the one its workers poll, or declare it with"
            " @activity.defn(task_queue=…)"
        )
    if "start_to_close_timeout" not in given and "schedule_to_close_timeout" not in given:
        raise ValueError(
            f"activity {activity_type!r} needs a start_to_close_timeout (for one attempt) or a"
            " schedule_to_close_timeout (for all of them): pass one, or declare it with @activity.defn"
        )


def _check_known(options: Mapping[str, Any]) -> None:
    unknown = sorted(options.keys() - set(_KNOWN))
    if unknown:
        raise TypeError(f"start_activity does not take {', '.join(unknown)}; it takes {', '.join(_KNOWN)}")


def type_of(activity: str | Callable[..., Any]) -> str:
    """Name the type of an activity that is given by name or as its function.

    Raises:
        TypeError: It is neither, or takes every type and so has none of its own.
        ValueError: The name is empty.
    """
    if not isinstance(activity, str):
        name = Definition.of(activity).name
        if name is None:
            raise TypeError("a dynamic activity has no type of its own: start it by the name that it is to see")
        return name
    if not activity:
        raise ValueError("the activity's name must not be empty")
    return activity


def signature_of(definition: Definition) -> Signature:
    """Return the signature of an activity's function, without its ``self``, its context and its dependencies."""
    is_method = is_unbound_method(definition.fn, list(inspect.signature(definition.fn).parameters.values()))
    return Signature(definition.fn, skip=is_method + definition.takes_context, injected=marker_of)


def result_type_of(activity: Callable[..., Any]) -> Any:
    """Read what an activity's function says that it returns; ``Any`` where it does not say.

    Raises:
        TypeError: This is no activity, or it says so with a name that does not exist at run time.
    """
    hint = awaited_type(signature_of(Definition.of(activity)).result_hint)
    return Any if hint is None else hint


def _types_of(signature: Signature, count: int) -> Sequence[Any]:
    """List the types of a number of arguments."""
    types = [each.hint for each in signature.parameters]
    return types if signature.rest is None else types + [signature.rest.hint] * (count - len(types))


def _merge(arguments: Sequence[Any], args: Sequence[Any] | None) -> Sequence[Any]:
    if args is None:
        return arguments
    if arguments:
        raise TypeError("an activity's arguments are given in place or as args=[…], not both")
    if isinstance(args, str | bytes):
        raise TypeError(f"args must be a sequence of arguments, got {type(args).__name__}")
    return tuple(args)


def _check_arguments(definition: Definition, signature: Signature, arguments: Sequence[Any]) -> None:
    """Refuse a number of arguments that the function cannot be called with."""
    names = [parameter.name + ("=…" if parameter.optional else "") for parameter in signature.parameters]
    least = sum(not parameter.optional for parameter in signature.parameters)
    if len(arguments) < least or (len(arguments) > len(names) and signature.rest is None):
        raise TypeError(f"activity {definition.name!r} takes ({', '.join(names)}), got {len(arguments)} arguments")
