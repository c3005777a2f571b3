"""Make a client's calls: the metadata, deadline and retries of one go with its request."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from .._arguments import check_duration
from .._proto.temporal.api.common.v1 import Payloads
from .._rpc._methods import Method
from .._rpc._retry import DEFAULT, RetryRules
from .._time import Seconds, to_seconds
from ..converter import DataConverter
from ..converter._encodings import reads_with_pydantic
from ..converter.json._writing import encoder_for
from ._interceptor import OutboundInterceptor

if TYPE_CHECKING:
    from ._client import Client

__all__ = ["Calls", "as_annotated", "encode_payloads"]

_WAITING = DEFAULT._replace(budget=60.0)


class Calls(OutboundInterceptor):
    """The end of the chain of interceptors, as far as all calls have it in common."""

    def __init__(self, client: Client) -> None:
        # Not the parent's: there is no next link.
        self._client = client

    async def _call(
        self,
        method: Method[Any, Any],
        fields: Mapping[str, Any],
        *,
        metadata: Mapping[str, str | bytes],
        timeout: Seconds | None,
        retry: RetryRules | None = None,
    ) -> Any:
        seconds = self._timeout(timeout)
        if seconds is None and not method.long_poll:
            # A long poll takes as long as it takes.
            seconds = self._client._rpc_timeout
        return await self._client.service.call(
            method,
            method.request(namespace=self._client.namespace, **fields),
            timeout=seconds,
            until=None if seconds is None else get_running_loop().time() + seconds,
            retry=retry,
            metadata=tuple(metadata.items()),
        )

    @property
    def _waiting(self) -> RetryRules:
        """The rules of a wait for a result, or a change, which outlasts a restart of the server by default."""
        limit = self._client._rpc_timeout
        return _WAITING if limit is None else _WAITING._replace(budget=limit)

    @staticmethod
    def _timeout(timeout: Seconds | None) -> float | None:
        """Return the seconds of an ``rpc_timeout``."""
        return None if timeout is None else to_seconds(check_duration("rpc_timeout", timeout))


async def encode_payloads(converter: DataConverter, values: Sequence[Any]) -> Payloads | None:
    """Encode values as one field; no values leave the field out."""
    return Payloads(payloads=await converter.encode(values)) if values else None


def as_annotated(values: Sequence[Any], hints: Sequence[Any], converter: DataConverter) -> Sequence[Any]:
    """Encode in arguments what only the parameters' annotations say is encoded, as ``Base64Bytes`` in a dict are."""
    encoders = [encoder_for(hint) for hint in hints[: len(values)]]
    if not any(encoders) or not reads_with_pydantic(converter.payload_converter):
        return values
    pairs = zip_longest(values, encoders)
    return [value if encode is None else encode(value) for value, encode in pairs]
