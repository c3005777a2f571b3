"""Run activities that were written for ``temporalio``, unchanged, on asyncworker's worker.

::

    from asyncworker.contrib.temporalio import TemporalioInterceptor, from_temporalio

    theirs = await temporalio.client.Client.connect("localhost:7233")
    worker = Worker(
        client,
        task_queue="orders",
        activities=[pack, from_temporalio(charge)],
        interceptors=[TemporalioInterceptor(theirs)],
    )

Inside of them ``temporalio.activity`` works as on temporalio's own worker, and temporalio's data converter applies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import attach

try:
    import temporalio.activity as _activity
except ModuleNotFoundError as _error:
    from ._supported import EXTRA

    raise ModuleNotFoundError(
        f"asyncworker.contrib.temporalio needs {_error.name}: {EXTRA}", name=_error.name
    ) from _error

from ._supported import refuse_unsupported as _refuse_unsupported

_refuse_unsupported(_activity)

from ._activities import activities_of, from_temporalio  # noqa: E402 - not before the version is known to fit
from ._interceptor import TemporalioInterceptor  # noqa: E402

if TYPE_CHECKING:
    from ._metrics import PrometheusMetricMeter as PrometheusMetricMeter

if not TYPE_CHECKING:
    # Needs an extra of its own.
    __getattr__, __dir__ = attach(__name__, {"PrometheusMetricMeter": "_metrics"})

__all__ = ["PrometheusMetricMeter", "TemporalioInterceptor", "activities_of", "from_temporalio"]
