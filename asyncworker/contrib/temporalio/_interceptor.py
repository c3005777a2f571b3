"""The interceptor that connects a worker with temporalio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import temporalio.client
import temporalio.common
import temporalio.converter

from ...activity import Definition
from ...exceptions import ConfigurationError
from ...worker._interceptor import ActivityBinding, Interceptor
from ._activities import BridgedActivity
from ._calls import Bridge, bound
from ._converter import BridgedDataConverter, BridgedSignature

if TYPE_CHECKING:
    from ...client import Client

__all__ = ["TemporalioInterceptor"]


class TemporalioInterceptor(Interceptor):
    """Runs the activities of :func:`from_temporalio` in temporalio's context; other activities cost nothing more.

    Args:
        client: What ``temporalio.activity.client()`` returns, of the worker's namespace. Its data converter converts
            the arguments, the result, the heartbeat details and the failures of these activities. ``None``: there is
            no client for them, and temporalio's default data converter.
        data_converter: In place of the client's.
        metric_meter: What ``temporalio.activity.metric_meter()`` is made from. Default: one that records nothing.

    Raises:
        TypeError: *client* or *data_converter* is none of temporalio's.
    """

    def __init__(
        self,
        client: temporalio.client.Client | None,
        *,
        data_converter: temporalio.converter.DataConverter | None = None,
        metric_meter: temporalio.common.MetricMeter | None = None,
    ) -> None:
        _expect("client", client, temporalio.client.Client)
        _expect("data_converter", data_converter, temporalio.converter.DataConverter)
        self._client = client
        if data_converter is None:
            data_converter = temporalio.converter.DataConverter.default if client is None else client.data_converter
        self._data_converter = BridgedDataConverter(data_converter)
        meter = temporalio.common.MetricMeter.noop if metric_meter is None else metric_meter
        self._bridge = Bridge(client, meter)

    def __repr__(self) -> str:
        return f"<TemporalioInterceptor of {self._client!r}>"

    def _bind(self, activity: Definition, client: Client | None) -> ActivityBinding | None:
        bridged = activity.fn
        if not isinstance(bridged, BridgedActivity):
            return None
        if client is not None and self._client is not None and client.namespace != self._client.namespace:
            raise ConfigurationError(
                f"the worker's client is of namespace {client.namespace!r}, and the one of its TemporalioInterceptor of"
                f" {self._client.namespace!r}: an activity's client() must be of the namespace that the activity is in"
            )
        theirs = bridged.theirs
        return ActivityBinding(
            fn=bound(theirs, self._bridge, is_async=bridged.is_async),
            signature=BridgedSignature(theirs.name, theirs.arg_types),
            data_converter=self._data_converter,
        )


def _expect(name: str, value: object, kind: type) -> None:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__module__.split('.')[0]} {kind.__name__}, or None; got {value!r}")
