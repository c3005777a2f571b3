"""Describe the namespace: its capabilities and limits, before the worker polls."""

from __future__ import annotations

from typing import NamedTuple

from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
from ..._proto.temporal.api.workflowservice.v1 import DescribeNamespaceRequest
from ..._rpc._methods import DESCRIBE_NAMESPACE
from ..._rpc._service import WorkflowService
from ..._safe_logger import get_logger
from ...exceptions import ClientClosedError, RPCError, RPCStatusCode, WorkerError
from .._size_limits import PayloadLimits

__all__ = ["Namespace", "describe_namespace"]

_logger = get_logger(__name__)

# A worker may work without being allowed to ask; old servers do not answer.
_TOLERATED = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED}


class Namespace(NamedTuple):
    """A namespace's capabilities and limits (``DescribeNamespaceResponse.namespace_info``)."""

    capabilities: NamespaceInfoCapabilities
    limits: PayloadLimits


async def describe_namespace(service: WorkflowService) -> Namespace:
    """Ask the server about the service's namespace.

    Raises:
        WorkerError: There is no such namespace, or the server cannot be asked.
        ClientClosedError: The client is closed.
    """
    try:
        reply = await service.call(DESCRIBE_NAMESPACE, DescribeNamespaceRequest(namespace=service.namespace))
    except ClientClosedError:
        raise
    except RPCError as error:
        if error.status in _TOLERATED:
            _logger.info("namespace %r will not be described, so nothing is assumed: %s", service.namespace, error)
            return Namespace(NamespaceInfoCapabilities(), PayloadLimits())
        raise WorkerError(f"namespace {service.namespace!r} cannot be worked for: {error}") from error
    info = reply.namespace_info
    if info is None:
        return Namespace(NamespaceInfoCapabilities(), PayloadLimits())
    return Namespace(info.capabilities or NamespaceInfoCapabilities(), PayloadLimits.from_proto(info.limits))
