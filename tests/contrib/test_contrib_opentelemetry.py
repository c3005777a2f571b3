"""The interceptor for OpenTelemetry without a server; what it traces is in ``integration/test_tracing.py``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from asyncworker import Client, Worker, activity
from asyncworker.contrib.opentelemetry import TracingInterceptor
from asyncworker.testing import FakeTemporal


@pytest.mark.process
def test_missing_extra_is_named():
    """Without OpenTelemetry the import says which extra to install."""
    code = "import sys; sys.modules['opentelemetry'] = None; import asyncworker.contrib.opentelemetry"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 'needs opentelemetry: pip install "temporal-asyncworker[opentelemetry]"' in done.stderr


class Broken(SpanProcessor):
    """A program's own processor, which fails where it is called."""

    def __init__(self, *, at: str) -> None:
        self.at = at

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        if self.at == "start":
            raise LookupError(self.at)

    def on_end(self, span: Any) -> None:
        if self.at == "end":
            raise LookupError(self.at)


class BrokenPropagator(TraceContextTextMapPropagator):
    def inject(self, *args: Any, **options: Any) -> None:
        raise LookupError("inject")

    def extract(self, *args: Any, **options: Any) -> Any:
        raise LookupError("extract")


@activity.defn(start_to_close_timeout=10, task_queue="traced")
async def work() -> str:
    return "done"


class TestTrouble:
    @pytest.mark.parametrize("at", ["start", "end"])
    async def test_a_span_processor_that_raises_costs_no_activity(self, caplog, at):
        """It is one line in the log, however many spans there are."""
        provider = TracerProvider()
        provider.add_span_processor(Broken(at=at))

        results = await run_some(TracingInterceptor(provider.get_tracer("shop")))

        assert results == ["done"] * 3
        assert [it.levelname for it in caplog.records if it.message == "a trace is incomplete"] == ["ERROR"]

    async def test_a_propagator_that_raises_costs_no_activity(self, caplog):
        """Neither where it writes the header, nor where it reads it."""
        results = await run_some(TracingInterceptor(propagator=BrokenPropagator()))

        assert results == ["done"] * 3
        assert caplog.text.count("a trace is incomplete") == 1

    async def test_an_exporter_that_is_down_costs_no_activity(self):
        """OpenTelemetry exports in a thread of its own, and says what it could not send."""
        provider = TracerProvider()
        exporter = OTLPSpanExporter("http://127.0.0.1:1/v1/traces", timeout=1)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1))
        try:
            results = await run_some(TracingInterceptor(provider.get_tracer("shop")))
        finally:
            await asyncio.to_thread(provider.shutdown)

        assert results == ["done"] * 3


async def run_some(tracing: TracingInterceptor) -> list[str]:  # type: ignore[return]
    async with (
        FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
        await Client.connect(temporal.target, interceptors=[tracing]) as client,
        Worker(client, task_queue="traced", activities=[work]),
    ):
        return [await client.execute_activity(work, id=str(number)) for number in range(3)]
