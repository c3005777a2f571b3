"""``/metrics`` at the health address, for workers whose code has no observer for Prometheus."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence

from ...exceptions import ConfigurationError
from ...worker import Worker
from ...worker.health._pages import pages_of

__all__ = ["add_metrics"]

_logger = logging.getLogger(__name__)

_INSTALL = 'pip install "temporal-asyncworker[prometheus]"'


def add_metrics(workers: Sequence[Worker], *, wanted: bool | None) -> None:
    """Give *workers* an observer for Prometheus, if they have a health address to show it at and none of their own.

    Args:
        workers: Those of the process.
        wanted: ``None``: if prometheus_client is installed.

    Raises:
        ConfigurationError: It is wanted, and cannot be had.
    """
    has_address = any(worker._settings.health_address is not None for worker in workers)
    if wanted is False or any("/metrics" in pages_of(worker._settings.observers) for worker in workers):
        return
    if wanted and not has_address:
        raise ConfigurationError("--metrics: they are served at the health address, so give --health-address as well")
    is_installed = importlib.util.find_spec("prometheus_client") is not None
    if wanted and not is_installed:
        raise ConfigurationError(f"--metrics: prometheus_client is not installed: {_INSTALL}")
    if has_address and is_installed:
        _add(workers, is_wanted=bool(wanted))


def _add(workers: Sequence[Worker], *, is_wanted: bool) -> None:
    from ...contrib.prometheus import PrometheusObserver

    try:
        observer = PrometheusObserver()
    except ValueError as error:
        if is_wanted:
            raise ConfigurationError(f"--metrics: {error}") from error
        _logger.warning("there is no /metrics: %s", error)
        return
    observer.watch(*workers)
    for worker in workers:
        worker.configure(observers=[observer])
