"""The far end of a client's calls: answers what it is told to, and tells what it was asked."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from asyncworker._proto.google.rpc import Status
from asyncworker._proto.temporal.api.workflowservice import v1 as messages
from asyncworker._proto.temporal.wkt import Any as AnyMessage
from asyncworker._rpc._service import WorkflowService
from asyncworker._rpc._transport import Metadata
from asyncworker._wire import decode, encode
from asyncworker.client import Client
from asyncworker.exceptions import RPCError, RPCStatusCode


class FarEnd:
    """A transport that is a server: each method's answers are given in order, the last one for good."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.metadata: list[Metadata] = []
        self.timeouts: list[float | None] = []
        self.is_closed = False
        self._answers: dict[str, list[Any]] = {}

    def answer(self, method: str, *answers: Any) -> None:
        """Serve calls of *method* with messages, errors, or the results of functions of the request."""
        self._answers[method] = list(answers)

    def client(self, **options: Any) -> Client:
        return Client(WorkflowService(self, namespace="space"), identity="me", **options)

    def asked(self, method: str) -> list[Any]:
        """The requests of *method*, in order."""
        return [request for name, request in self.requests if name == method]

    async def unary(self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()) -> bytes:
        name = path.rpartition("/")[2]
        message = decode(getattr(messages, f"{name}Request"), request)
        self.requests.append((name, message))
        self.metadata.append(metadata)
        self.timeouts.append(timeout)
        answers = self._answers.get(name) or [getattr(messages, f"{name}Response")()]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(message)
        if isawaitable(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return encode(answer)

    async def close(self) -> None:
        self.is_closed = True


def refusal(status: RPCStatusCode, message: str = "no", detail: Any = None) -> RPCError:
    """An error as a transport raises it: with its details as bytes."""
    if detail is None:
        return RPCError(message, status)
    name = f"type.googleapis.com/temporal.api.errordetails.v1.{type(detail).__name__}"
    packed = Status(code=status, message=message, details=[AnyMessage(type_url=name, value=encode(detail))])
    return RPCError(message, status, (encode(packed),))
