"""Convert an activity's payloads to the arguments that its function declares, and its result to a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice, repeat
from typing import Any

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError, FailureError
from ._encodings import reads_with_pydantic
from ._parameters import Parameter, read_parameters
from ._payload import PASSING, PayloadConverter
from ._stored import StoredElsewhereError, refuse_stored
from .json._adapter import Adapter, clip, describe_type
from .json._explain import message_of, pieces_of, quotes_any, without
from .json._writing import encoder_for

__all__ = ["Signature"]


class Signature:
    """The parameters and the result of a function as types of payloads; built once per function.

    Payloads are matched to parameters by position. With fewer payloads than parameters, the other parameters and all
    keyword-only ones have their defaults. Further payloads go to ``*args``; without it they are an error. A parameter
    with the default ``None`` accepts ``None``, whatever its annotation.

    Args:
        function: A function, bound method, :func:`functools.partial` or callable object; with
            :func:`functools.wraps`, the function that it wraps counts.
        skip: How many leading parameters take no payload, or a predicate on the first one's type that is true if that
            takes none.
        injected: Called with each parameter's type and default; where it returns something, the parameter takes no
            payload and is no part of :attr:`parameters`.
        name: What to call the function in messages. Default: its own name.

    Raises:
        TypeError: The function cannot be called with payloads, or a parameter's annotation has a name that cannot be
            found.

    Attributes:
        name: The function's name in messages.
        injected: What the argument of that name has returned, by the parameters' names.
        parameters: The parameters that take one payload each.
        rest: The ``*args`` parameter with the type of each further payload, or ``None``.
        result_hint: The type of the result; ``None`` if it is not annotated, or if its annotation exists for type
            checkers only.
    """

    __slots__ = ("_adapters", "_encode", "_required", "_rest", "injected", "name", "parameters", "rest", "result_hint")

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        skip: int | Callable[[Any], bool] = 0,
        injected: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.name: str = name or getattr(function, "__qualname__", None) or describe_type(type(function))
        found = read_parameters(function, skip=skip, injected=injected, name=self.name)
        self.injected: Mapping[str, Any] = found.injected
        self.parameters: tuple[Parameter, ...] = found.positional
        self.rest: Parameter | None = found.rest
        self.result_hint: Any = found.result_hint
        self._encode = encoder_for(self.result_hint)
        self._required = sum(not each.optional for each in self.parameters)
        self._adapters: tuple[Adapter, ...] | None = None
        self._rest: Adapter | None = None

    def __repr__(self) -> str:
        names = [each.name for each in self.parameters] + ([f"*{self.rest.name}"] if self.rest else [])
        return f"Signature({self.name}({', '.join(names)}))"

    def prepare(self, payload_converter: PayloadConverter) -> None:
        """Build the adapters of the parameters' types now, rather than for the first task.

        Raises:
            TypeError: *payload_converter* reads JSON with pydantic, which cannot read a parameter's type.
        """
        self._build()
        if not reads_with_pydantic(payload_converter):
            return
        places = islice(self._places(), len(self.parameters) + 1)
        problems = [f"\n  {place}: {adapter.problem}" for place, adapter in places if adapter.problem]
        if problems:
            raise TypeError(
                f"{self.name}() has parameters of types that cannot be read from JSON; use a dataclass, a TypedDict or"
                f" a pydantic model, or give the client a payload converter that can:{''.join(problems)}"
            )

    def decode_arguments(self, payloads: Sequence[Payload], payload_converter: PayloadConverter) -> list[Any]:
        """Convert payloads to the function's arguments.

        Raises:
            StoredElsewhereError: A payload is a reference to external storage, which cannot be read here.
            ConverterError: There are too many or too few, or some are not of their parameters' types. The message has
                a line for each with the reason, and none of their values. Retrying would not help.
            FailureError: A converter, or a validator of user code, raised it to fail the activity in its own way.
            MemoryError, RecursionError, OSError: Retrying may help.
        """
        adapters = self._adapters if self._adapters is not None else self._build()
        given, rest = len(payloads), self._rest
        first: Exception | None = None
        if self._required <= given and (given <= len(adapters) or rest is not None):
            load = payload_converter._load
            if rest is not None and given > len(adapters):
                adapters = (*adapters, *repeat(rest, given - len(adapters)))
            try:
                return [load(payload, adapter) for payload, adapter in zip(payloads, adapters, strict=False)]
            except (FailureError, StoredElsewhereError, *PASSING):
                raise
            except Exception as error:  # noqa: BLE001 - converters are user code; the error is about the arguments
                first = error
        refuse_stored(payloads)
        cause = first.__cause__ if isinstance(first, ConverterError) else first
        if any(quotes_any(cause, pieces_of(payload.data)) for payload in payloads):
            cause = None
        refused = ConverterError(self._explain(payloads, payload_converter))
        # Not shown, but the worker clears its traceback, also where it must not be the cause.
        refused.__context__ = first
        try:
            raise refused from cause
        finally:
            # Their tracebacks refer to this frame: a cycle that only the garbage collector would end.
            del first, cause, refused

    def encode_result(self, value: Any, payload_converter: PayloadConverter) -> Payload:
        """Convert a result by its own type; ``None`` is a payload too.

        The annotation counts where it says how bytes or text are encoded, as ``Base64Bytes`` does.

        Raises:
            ConverterError: It cannot be converted.
        """
        try:
            encode = self._encode
            if encode is not None and reads_with_pydantic(payload_converter):
                value = encode(value)
            return payload_converter.to_payload(value)
        except ConverterError as error:
            raise ConverterError(f"the result of {self.name}(): {error}") from error

    def _build(self) -> tuple[Adapter, ...]:
        self._rest = None if self.rest is None else Adapter(self.rest.hint)
        self._adapters = tuple(Adapter(each.hint) for each in self.parameters)
        return self._adapters

    def _places(self) -> Iterator[tuple[str, Adapter]]:
        """Yield the name and the adapter for each payload; with ``*args`` without end."""
        for parameter, adapter in zip(self.parameters, self._adapters or (), strict=True):
            yield parameter.name, adapter
        if self.rest is not None and self._rest is not None:
            for index in count():
                yield f"{self.rest.name}[{index}]", self._rest

    def _explain(self, payloads: Sequence[Payload], payload_converter: PayloadConverter) -> str:
        """Return a message with everything that is wrong with the arguments."""
        if self.rest is None and len(payloads) > len(self.parameters):
            names = ", ".join(each.name for each in self.parameters)
            most = f"at most {len(self.parameters)}" if self._required < len(self.parameters) else len(self.parameters)
            return f"{self.name}() takes {most} arguments ({names or 'none'}), got {len(payloads)}"
        lines = [
            f"{place}: {problem}"
            for payload, (place, adapter) in zip(payloads, self._places(), strict=False)
            if (problem := _problem(payload, adapter, payload_converter))
        ]
        lines += [
            f"{each.name}: missing, expected {describe_type(each.hint)}"
            for each in self.parameters[len(payloads) :]
            if not each.optional
        ]
        return f"bad arguments for {self.name}():" + "".join("\n  " + line.replace("\n", "\n  ") for line in lines)


def _problem(payload: Payload, adapter: Adapter, payload_converter: PayloadConverter) -> str | None:
    try:
        payload_converter._load(payload, adapter)
    except (StoredElsewhereError, *PASSING):
        raise
    except ConverterError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - converters are user code; the error is about the argument
        said = clip(without(message_of(error), pieces_of(payload.data)))
        return f"expected {describe_type(adapter.hint)}: {type(error).__name__}: {said}"
    return None
