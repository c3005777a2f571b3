"""Carry context variables from the caller of an activity to the activity, in its headers."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from .._arguments import UNSET
from ..activity import payload_converter
from ..client import Interceptor as ClientInterceptor, OutboundInterceptor, StartActivityInput
from ..converter import DataConverter
from ._interceptor import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

__all__ = ["ContextPropagator"]


class ContextPropagator(ClientInterceptor, Interceptor):
    """Carries context variables along; given to a client, it works for the client's workers too.

    ::

        tenant: ContextVar[str] = ContextVar("tenant")
        client = await Client.connect(interceptors=[ContextPropagator(tenant=tenant)])

    A variable that is not set is not sent; a header that did not come leaves its variable alone. The values travel as
    JSON, and past the codec unless the client has ``header_codec_behavior=HeaderCodecBehavior.CODEC``.

    Args:
        variables: Each by the name of its header.
        converter: Writes the values; they are read with the activity's.
    """

    def __init__(self, *, converter: DataConverter = DataConverter.default, **variables: ContextVar[Any]) -> None:
        self._variables = variables
        self._converter = converter.payload_converter

    def __repr__(self) -> str:
        return f"<ContextPropagator [{', '.join(self._variables)}]>"

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Injects(self, next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Extracts(self, next)


class _Injects(OutboundInterceptor):
    def __init__(self, propagator: ContextPropagator, next: OutboundInterceptor) -> None:
        super().__init__(next)
        self._propagator = propagator

    async def start_activity(self, input: StartActivityInput) -> Any:
        propagator = self._propagator
        values = {name: variable.get(UNSET) for name, variable in propagator._variables.items()}
        headers = {
            name: propagator._converter.to_payload(value) for name, value in values.items() if value is not UNSET
        }
        input.headers = {**headers, **input.headers}
        return await super().start_activity(input)


class _Extracts(ActivityInboundInterceptor):
    def __init__(self, propagator: ContextPropagator, next: ActivityInboundInterceptor) -> None:
        super().__init__(next)
        self._propagator = propagator

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        # The attempt has a context of its own: nothing has to be put back.
        for name, variable in self._propagator._variables.items():
            if name in input.headers:
                variable.set(payload_converter().from_payload(input.headers[name], Any))
        call = super().execute_activity(input)
        del input
        return await call
