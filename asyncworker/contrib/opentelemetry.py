"""Traces with OpenTelemetry, across programs with any of Temporal's SDKs.

::

    from asyncworker.contrib.opentelemetry import TracingInterceptor

    client = await Client.connect(interceptors=[TracingInterceptor()])

Given to a client, it traces the starts of standalone activities, and the activities of the workers that use the client.
The trace's context travels in the header ``_tracer-data``, as in Temporal's SDKs for Go, Java, Python and TypeScript.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from .._log_throttle import LogThrottle
from .._safe_logger import get_logger
from .._safe_text import class_name_of, text_of
from .._version import client_version
from ..activity import Info, cancellation_details
from ..activity._context import CompleteAsync
from ..client import Interceptor as ClientInterceptor, OutboundInterceptor, StartActivityInput
from ..converter import DataConverter, Payload
from ..exceptions import CancelledError, _is_benign
from ..worker import ActivityInboundInterceptor, ActivityOutboundInterceptor, ExecuteActivityInput, Interceptor

try:
    from opentelemetry import context as otel_context, trace
    from opentelemetry.baggage.propagation import W3CBaggagePropagator
    from opentelemetry.context import Context
    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.propagators.textmap import TextMapPropagator
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.opentelemetry needs {_error.name}: pip install "temporal-asyncworker[opentelemetry]"',
        name=_error.name,
    ) from _error

__all__ = ["TracingInterceptor"]

_logger = get_logger(__name__)

_converter = DataConverter.default.payload_converter


class TracingInterceptor(ClientInterceptor, Interceptor):
    """Carries traces from the caller of an activity to the activity, with spans for both.

    The span ``StartActivity:{type}`` is a client's start of a standalone activity. ``RunActivity:{type}`` is one
    attempt: a child of the span that scheduled the activity, and the parent of what the activity does. It has an event
    for each heartbeat, without details, and one for a cancellation. A failure sets its status, unless the activity
    calls it benign; a cancellation that was requested does not.

    Args:
        tracer: Makes the spans. Default: that of the global tracer provider.
        spans: ``False`` makes no spans: what the activity does are children of what scheduled it.
        propagator: Writes and reads the header. Default: W3C trace context and baggage, as in Temporal's SDKs.
        header: Its name.
    """

    def __init__(
        self,
        tracer: Tracer | None = None,
        *,
        spans: bool = True,
        propagator: TextMapPropagator | None = None,
        header: str = "_tracer-data",
    ) -> None:
        self._tracer = tracer or trace.get_tracer("asyncworker", client_version())
        self._spans = spans
        self._propagator = propagator or CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
        self._header = header
        self._errors = LogThrottle()

    def __repr__(self) -> str:
        return f"<TracingInterceptor [{'spans' if self._spans else 'no spans'}]>"

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Client(self, next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(self, next)

    def _inject(self, headers: Mapping[str, Payload]) -> Mapping[str, Payload]:
        """Return *headers* with the context of the running code."""
        carrier: dict[str, str] = {}
        try:
            self._propagator.inject(carrier)
        except Exception as error:  # noqa: BLE001 - a trace must not cost the activity
            self._log(error)
        return {**headers, self._header: _converter.to_payload(carrier)} if carrier else headers

    def _extract(self, headers: Mapping[str, Payload]) -> Context:
        """Return the context in *headers*; that of the running code if there is none, or none that can be read."""
        payload = headers.get(self._header)
        if payload is None:
            return otel_context.get_current()
        try:
            return self._propagator.extract(_converter.from_payload(payload, dict[str, str]))
        except Exception as error:  # noqa: BLE001 - a trace must not cost the activity
            self._log(error)
            return otel_context.get_current()

    def _log(self, error: Exception) -> None:
        """Log what has kept a trace from being written or read: it must not cost the activity."""
        level = logging.ERROR if self._errors.should_log(class_name_of(error), monotonic()) else logging.DEBUG
        _logger.log(level, "a trace is incomplete", exc_info=error)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, str], context: Context) -> Iterator[Span]:
        """Have *context* attached, with a span in it if there are to be spans."""
        span: Span = trace.INVALID_SPAN
        if self._spans:
            try:
                span = self._tracer.start_span(name, context, kind, attributes)
                context = trace.set_span_in_context(span, context)
            except Exception as error:  # noqa: BLE001 - a trace must not cost the activity
                self._log(error)
        token = otel_context.attach(context)
        try:
            yield span
        except BaseException as error:
            _record(span, error)
            raise
        finally:
            otel_context.detach(token)
            try:
                # Calls the program's span processors, and with a simple one its exporter.
                span.end()
            except Exception as error:  # noqa: BLE001 - a trace must not cost the activity
                self._log(error)


class _Client(OutboundInterceptor):
    def __init__(self, tracing: TracingInterceptor, next: OutboundInterceptor) -> None:
        super().__init__(next)
        self._tracing = tracing

    async def start_activity(self, input: StartActivityInput) -> Any:
        attributes = {"temporalActivityID": input.id, "temporalActivityType": input.activity_type}
        name, here = f"StartActivity:{input.activity_type}", otel_context.get_current()
        with self._tracing._span(name, SpanKind.CLIENT, attributes, here):
            input.headers = self._tracing._inject(input.headers)
            return await super().start_activity(input)


class _Inbound(ActivityInboundInterceptor):
    def __init__(self, tracing: TracingInterceptor, next: ActivityInboundInterceptor) -> None:
        super().__init__(next)
        self._tracing = tracing
        self._outbound: _Outbound | None = None

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self._outbound = _Outbound(outbound)
        super().init(self._outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        outbound = self._outbound
        assert outbound is not None
        info = outbound.info()
        context = self._tracing._extract(input.headers)
        with self._tracing._span(
            f"RunActivity:{info.activity_type}", SpanKind.SERVER, _attributes_of(info), context
        ) as span:
            outbound.span = span
            call = super().execute_activity(input)
            # The arguments are the activity's, which may drop them long before its end.
            del input
            try:
                return await call
            finally:
                _record_cancellation(span)


class _Outbound(ActivityOutboundInterceptor):
    def __init__(self, next: ActivityOutboundInterceptor) -> None:
        super().__init__(next)
        self.span: Span = trace.INVALID_SPAN

    def heartbeat(self, *details: Any) -> None:
        self.span.add_event("heartbeat")
        super().heartbeat(*details)


def _attributes_of(info: Info) -> dict[str, str]:
    """Return the attributes of an attempt's span, as the official SDKs name them."""
    attributes = {"temporalActivityID": info.activity_id}
    if info.workflow_id is not None:
        attributes["temporalWorkflowID"] = info.workflow_id
    if info.workflow_run_id is not None:
        attributes["temporalRunID"] = info.workflow_run_id
    return attributes


def _record_cancellation(span: Span) -> None:
    details = cancellation_details()
    if details is not None and details.reason is not None:
        span.add_event("cancellation", {"reason": details.reason.value})


def _record(span: Span, error: BaseException) -> None:
    """Record in *span* that it ended with *error*, whose own code must not take the error's place."""
    with suppress(Exception):
        _record_error(span, error)


def _record_error(span: Span, error: BaseException) -> None:
    if not span.is_recording() or isinstance(error, CompleteAsync) or _is_cancellation(error):
        return
    span.record_exception(error)
    if not _is_benign(error):
        span.set_status(Status(StatusCode.ERROR, f"{class_name_of(error)}: {text_of(error)}"))


def _is_cancellation(error: BaseException) -> bool:
    """Whether *error* is one that was asked for; a ``CancelledError`` of other code is a failure."""
    if not isinstance(error, asyncio.CancelledError | CancelledError):
        return False
    try:
        return cancellation_details() is not None
    except RuntimeError:
        # Of a client's call, which its caller has cancelled.
        return True
