"""One call of an activity in an ActivityEnvironment: its arguments, the interceptors around it, its result."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextvars import Context as Variables
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..activity import Context, Definition
from ..activity._callables import is_awaitable
from ..activity._context import current
from ..activity._dependencies._alone import injected
from ..activity._dependencies._marker import marker_of
from ..client._calls import as_annotated
from ..converter import Signature
from ..exceptions import AsyncWorkerError
from ..worker import ExecuteActivityInput, Interceptor
from ..worker._interceptor import InnermostInterceptor, chain

if TYPE_CHECKING:
    from ..converter import DataConverter

__all__ = ["CompleteAsyncError", "EnvironmentCall", "run_until_awaitable"]


class CompleteAsyncError(AsyncWorkerError):
    """The outcome of an activity that has left itself open: it called ``raise_complete_async()``."""

    def __init__(self) -> None:
        super().__init__("the activity has called raise_complete_async(): it stays open, to be completed from outside")


class EnvironmentCall:
    """One call of an activity.

    Args:
        definition: Of the activity.
        context: Of the attempt; passed to the activity in place of the one that *args* may begin with.
        args: The arguments.
        kwargs: Those of dependencies and of keyword-only parameters, which are not converted.
        interceptors: Wrap the call; the first is the outermost.
        converter: Takes arguments, result and error to payloads and back; ``None`` leaves them as they are.

    Raises:
        TypeError: Arguments are to be converted, and one is given by keyword; or the activity cannot be called with
            payloads; or a dependency cannot work.

    Attributes:
        failure: What a client would get for the error that the activity has raised, if a *converter* is given.
    """

    def __init__(
        self,
        definition: Definition,
        context: Context,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        interceptors: Sequence[Interceptor],
        converter: DataConverter | None,
    ) -> None:
        self.definition = definition
        self.context = context
        self.leading: Sequence[Any] = ()
        self.args = args
        self.kwargs = kwargs
        self.failure: BaseException | None = None
        self._interceptors = interceptors
        self._converter = converter
        self._signature: Signature | None = None
        if definition.takes_context:
            has_own = bool(args) and isinstance(args[0], Context)
            self.leading, self.args = (args[:1], args[1:]) if has_own else ((context,), args)
        self._fn = injected(definition)
        if converter is not None and not definition.dynamic:
            self._signature = Signature(definition.fn, skip=int(definition.takes_context), injected=marker_of)
            self._refuse_names(self._signature)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to do but to call the function."""
        return not self._interceptors and self._converter is None

    def call(self) -> Any:
        """Call the activity's function with the arguments as they are."""
        return self._fn(*self.leading, *self.args, **self.kwargs)

    def call_within_interceptors(self, input: ExecuteActivityInput) -> Any:
        """Call the function that the interceptors have left, with their arguments."""
        fn = self._fn if input.fn is self.definition.fn else injected(replace(self.definition, fn=input.fn))
        return fn(*self.leading, *input.args, **self.kwargs)

    def _refuse_names(self, signature: Signature) -> None:
        names = [it.name for it in signature.parameters if it.name in self.kwargs]
        if names:
            raise TypeError(
                f"the arguments of {signature.name}() come as payloads, which have no names: give {', '.join(names)} by"
                " position"
            )

    async def run(self) -> Any:
        """Run the activity as a worker does: decode its arguments, call it within the interceptors, encode its result.

        Raises:
            ConverterError: The arguments or the result cannot be converted, or an argument is not of its type.
            BaseException: What the activity, an interceptor or a codec raises.
        """
        if self._converter is None:
            return await self._intercepted(self.args)
        arguments = await self._decoded_arguments(self._converter)
        try:
            result = await self._intercepted(arguments)
        except Exception as error:
            self.failure = await self._converter.decode_failure(await self._converter.encode_failure(error))
            raise
        return await self._decoded_result(result, self._converter)

    async def _decoded_arguments(self, converter: DataConverter) -> Sequence[Any]:
        if self._signature is None:
            # A dynamic activity's are payloads already.
            return self.args
        hints = [it.hint for it in self._signature.parameters]
        payloads = await converter.encode(as_annotated(self.args, hints, converter))
        payloads = await converter.decode_payloads(payloads)
        return self._signature.decode_arguments(payloads, converter.payload_converter)

    async def _decoded_result(self, result: Any, converter: DataConverter) -> Any:
        if self._signature is None:
            payloads, hint = converter.payload_converter.to_payloads([result]), None
        else:
            payload = self._signature.encode_result(result, converter.payload_converter)
            payloads, hint = [payload], self._signature.result_hint
        payloads = await converter.decode_payloads(await converter.encode_payloads(payloads))
        return converter.payload_converter.from_payload(payloads[0], Any if hint is None else hint)

    async def _intercepted(self, arguments: Sequence[Any]) -> Any:
        current.set(self.context)
        inbound = chain(self._interceptors, _Innermost(self), self.context._outbound)
        return await inbound.execute_activity(ExecuteActivityInput(self.definition.fn, arguments, self.context.headers))


class _Innermost(InnermostInterceptor):
    """The end of the inbound chain: the activity itself."""

    def __init__(self, call: EnvironmentCall) -> None:
        super().__init__(call.context)
        self._call = call

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        result = self._call.call_within_interceptors(input)
        if self._call.definition.is_async:
            return await result
        if not is_awaitable(result):
            return result
        # From here on it needs the event loop, and a task of its own.
        await _hand_over()
        return await result


# Running a coroutine without an event loop

_AWAITABLE = object()


@types.coroutine
def _hand_over() -> Generator[Any, None, None]:
    yield _AWAITABLE


@types.coroutine
def _rest_of(steps: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    # It has begun, and `await` refuses such a coroutine.
    return (yield from steps)


def run_until_awaitable(
    steps: Coroutine[Any, Any, Any], variables: Variables
) -> tuple[Any, Callable[[], Coroutine[Any, Any, Any]] | None]:
    """Run *steps* in this thread, at once.

    Returns:
        The result and ``None``; or nothing and what goes on with it on the event loop, if the activity has returned
        what is to be awaited there.

    Raises:
        RuntimeError: It waits for something before the activity is called, or after it has returned.
        BaseException: What it raises.
    """
    try:
        waits_for = variables.run(steps.send, None)
    except StopIteration as done:
        return done.value, None
    if waits_for is _AWAITABLE:
        return None, lambda: _awaiting(steps)
    steps.close()
    raise RuntimeError(
        "an interceptor or a codec waits for the event loop, on which a `def` activity does not run in an"
        " ActivityEnvironment: run it by a worker, with TestWorker or FakeTemporal"
    )


async def _awaiting(steps: Coroutine[Any, Any, Any]) -> Any:
    return await _rest_of(steps)
