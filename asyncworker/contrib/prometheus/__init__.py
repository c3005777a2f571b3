"""Metrics of workers for Prometheus, under the names that dashboards for Temporal's official SDKs read.

::

    from asyncworker.contrib.prometheus import PrometheusObserver

    metrics = PrometheusObserver()
    worker = Worker(client, task_queue="orders", activities=[pack], observers=[metrics])

The series are in the user's registry, and are served as that is: with ``prometheus_client.start_http_server()``,
``make_asgi_app()``, or :func:`render` in a route.
"""

from __future__ import annotations

try:
    import prometheus_client as _prometheus_client
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.prometheus needs {_error.name}: pip install "temporal-asyncworker[prometheus]"',
        name=_error.name,
    ) from _error

from ._observer import PrometheusObserver
from ._render import render

__all__ = ["PrometheusObserver", "render"]

del _prometheus_client
