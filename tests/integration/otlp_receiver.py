"""An endpoint for OTLP over HTTP, which keeps the spans that it is sent, and a page for clients of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Receiver:
    """What has been received."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    #: The ``traceparent`` of each request for the page.
    parents: list[str | None] = field(default_factory=list)

    def named(self, name: str) -> Span:
        """Return the one span of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def parent_of(self, span: Span) -> str:
        """Return the name of a span's parent."""
        (found,) = [each.name for each in self.spans if each.span_id == span.parent_span_id]
        return found


def attributes_of(thing: Any) -> dict[str, str]:
    """Return the attributes of a span, or of an event of one."""
    return {each.key: each.value.string_value for each in thing.attributes}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve in a thread."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = ExportTraceServiceRequest.FromString(body)
            receiver.spans += [
                span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
            ]
            self.answer()

        def do_GET(self) -> None:
            receiver.parents.append(self.headers["traceparent"])
            self.answer()

        def answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
