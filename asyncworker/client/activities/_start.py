"""Decide what is sent to start an activity: from its function, its declaration and the options of the call."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, get_args, get_origin

from ...activity import Definition
from ...activity._definition import _is_unbound_method as is_unbound_method
from ...common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority
from ...converter import Signature
from .._inputs import StartActivityInput
from ._options import StartActivityOptions, check_span

__all__ = ["plan_start", "result_type_of", "type_of"]

_SPANS = ("schedule_to_close_timeout", "schedule_to_start_timeout", "start_to_close_timeout", "heartbeat_timeout")
_KNOWN = (*StartActivityOptions.__annotations__, "args", "result_type")


def plan_start(
    activity: str | Callable[..., Any], arguments: Sequence[Any], options: Mapping[str, Any]
) -> StartActivityInput:
    """Put together what a call of ``start_activity`` says.

    Raises:
        TypeError: This is no activity, the arguments are not its, or there is no such option.
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

    def option(name: str) -> Any:
        given = options.get(name)
        return getattr(definition, name, None) if given is None else given

    spans = {name: check_span(name, option(name)) for name in _SPANS}
    if spans["schedule_to_close_timeout"] is None and spans["start_to_close_timeout"] is None:
        raise ValueError(
            f"activity {activity_type!r} needs a start_to_close_timeout (for one attempt) or a"
            " schedule_to_close_timeout (for all of them): pass one, or declare it with @activity.defn"
        )
    return StartActivityInput(
        activity_type=activity_type,
        args=arguments,
        arg_types=() if signature is None else _types_of(signature, len(arguments)),
        id=_id(options.get("id")),
        task_queue=_task_queue(option("task_queue"), activity_type),
        result_type=options.get("result_type") or (signature and _awaited(signature.result_hint)) or Any,
        **spans,
        start_delay=check_span("start_delay", options.get("start_delay"), or_zero=True),
        id_reuse_policy=options.get("id_reuse_policy") or ActivityIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=options.get("id_conflict_policy") or ActivityIDConflictPolicy.FAIL,
        retry_policy=option("retry_policy"),
        priority=option("priority") or Priority(),
        search_attributes=options.get("search_attributes"),
        summary=option("summary"),
        details=options.get("details"),
        headers=dict(options.get("headers") or {}),
        rpc_metadata=options.get("rpc_metadata") or {},
        rpc_timeout=options.get("rpc_timeout"),
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
    """Read what an activity's function takes and returns, whoever's object it will be a method of."""
    is_method = is_unbound_method(definition.fn, list(inspect.signature(definition.fn).parameters.values()))
    return Signature(definition.fn, skip=is_method + definition.takes_context)


def result_type_of(activity: Callable[..., Any]) -> Any:
    """Read what an activity's function says that it returns; ``Any`` where it does not say.

    Raises:
        TypeError: This is no activity, or it says so with a name that does not exist at run time.
    """
    hint = _awaited(signature_of(Definition.of(activity)).result_hint)
    return Any if hint is None else hint


def _awaited(hint: Any) -> Any:
    """Read what comes of a result that is awaited: the ``T`` of an ``Awaitable[T]`` that a ``def`` function returns."""
    origin = get_origin(hint)
    return get_args(hint)[-1] if inspect.isclass(origin) and issubclass(origin, Awaitable) else hint


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


def _id(given: str | None) -> str:
    if given is None:
        return str(uuid.uuid4())
    if not given:
        raise ValueError("id must not be empty; leave it out to have one made")
    return given


def _task_queue(name: str | None, activity_type: str) -> str:
    if not name:
        raise ValueError(
            f"activity {activity_type!r} needs a task_queue: pass the one its workers poll, or declare it with"
            " @activity.defn(task_queue=…)"
        )
    return name
