"""A metric meter of temporalio's whose metrics are in a Prometheus registry."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any, Literal, Self, TypeAlias

import temporalio.common

try:
    from prometheus_client import REGISTRY, CollectorRegistry, Histogram
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'PrometheusMetricMeter needs {_error.name}: pip install "temporal-asyncworker[prometheus]"', name=_error.name
    ) from _error

__all__ = ["PrometheusMetricMeter"]

Labels: TypeAlias = tuple[tuple[str, str], ...]
Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Attributes: TypeAlias = Mapping[str, Any]

_NO_NAME = re.compile(r"[^a-zA-Z0-9_:]")


class PrometheusMetricMeter(temporalio.common.MetricMeter):
    """What activities count with ``temporalio.activity.metric_meter()``, in a Prometheus registry.

    Counters end in ``_total``, timedeltas are in seconds, and attributes are labels. Each sample has the labels that it
    was recorded with. It may be used from any thread.

    Args:
        registry: Where the metrics are collected; prometheus_client's own by default.
        buckets: The upper limits of histograms, in increasing order; prometheus_client's by default.

    Raises:
        ValueError: *buckets* is not in increasing order.
    """

    def __init__(
        self, registry: CollectorRegistry = REGISTRY, *, buckets: Sequence[float] = Histogram.DEFAULT_BUCKETS
    ) -> None:
        if list(buckets) != sorted(set(buckets)) or not buckets:
            raise ValueError(f"buckets must be in increasing order, got {buckets!r}")
        self._families = _Families([limit for limit in buckets if limit != float("inf")])
        self._attributes: Attributes = {}
        registry.register(self._families)

    def create_counter(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricCounter:
        """Return a counter. The same name gives the same counter."""
        return _Counter(self._families.get("counter", name, description), self._attributes, unit)

    def create_histogram(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricHistogram:
        """Return a histogram of whole numbers."""
        return _Histogram(self._families.get("histogram", name, description), self._attributes, unit)

    def create_histogram_float(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricHistogramFloat:
        """Return a histogram of numbers."""
        return _HistogramFloat(self._families.get("histogram", name, description), self._attributes, unit)

    def create_histogram_timedelta(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricHistogramTimedelta:
        """Return a histogram of durations, in seconds."""
        return _HistogramTimedelta(self._families.get("histogram", name, description), self._attributes, unit)

    def create_gauge(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricGauge:
        """Return a gauge of whole numbers."""
        return _Gauge(self._families.get("gauge", name, description), self._attributes, unit)

    def create_gauge_float(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> temporalio.common.MetricGaugeFloat:
        """Return a gauge of numbers."""
        return _GaugeFloat(self._families.get("gauge", name, description), self._attributes, unit)

    def with_additional_attributes(self, additional_attributes: Attributes) -> PrometheusMetricMeter:
        """Return a meter whose metrics have these attributes as well."""
        made = object.__new__(type(self))
        made._families = self._families
        made._attributes = {**self._attributes, **additional_attributes}
        return made


class _Family:
    """The samples of one metric, by their labels."""

    def __init__(self, kind: Kind, name: str, description: str | None, limits: Sequence[float]) -> None:
        self.kind = kind
        self.name = name
        self.description = description
        self._limits = limits
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {}
        # Of a histogram: how many are in each bucket, and in the one without a limit.
        self._counts: dict[Labels, list[int]] = {}

    def add(self, labels: Labels, value: float) -> None:
        with self._lock:
            self._values[labels] = self._values.get(labels, 0.0) + value
            if self.kind == "histogram":
                counts = self._counts.setdefault(labels, [0] * (len(self._limits) + 1))
                counts[bisect_left(self._limits, value)] += 1

    def set(self, labels: Labels, value: float) -> None:
        with self._lock:
            self._values[labels] = value

    def collect(self) -> Metric:
        metric = Metric(self.name, self.description or self.name, self.kind)
        with self._lock:
            values = dict(self._values)
            counts = {labels: list(found) for labels, found in self._counts.items()}
        for labels, value in values.items():
            if self.kind != "histogram":
                metric.add_sample(self.name + ("_total" if self.kind == "counter" else ""), dict(labels), value)
                continue
            totals = list(accumulate(counts[labels]))
            for limit, total in zip([*map(str, self._limits), "+Inf"], totals, strict=True):
                metric.add_sample(f"{self.name}_bucket", {**dict(labels), "le": limit}, total)
            metric.add_sample(f"{self.name}_count", dict(labels), totals[-1])
            metric.add_sample(f"{self.name}_sum", dict(labels), value)
        return metric


class _Families(Collector):
    """All metrics of one meter."""

    def __init__(self, limits: Sequence[float]) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._families: dict[str, _Family] = {}

    def get(self, kind: Kind, name: str, description: str | None) -> _Family:
        name = _NO_NAME.sub("_", name).removesuffix("_total")
        with self._lock:
            family = self._families.get(name)
            if family is None:
                family = self._families[name] = _Family(kind, name, description, self._limits)
        if family.kind != kind:
            raise ValueError(f"the metric {name!r} is a {family.kind} already")
        return family

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            families = list(self._families.values())
        return [family.collect() for family in families]


class _Metric(temporalio.common.MetricCommon):
    def __init__(self, family: _Family, attributes: Attributes, unit: str | None) -> None:
        self._family = family
        self._attributes = attributes
        self._unit = unit

    @property
    def name(self) -> str:
        return self._family.name

    @property
    def description(self) -> str | None:
        return self._family.description

    @property
    def unit(self) -> str | None:
        return self._unit

    def with_additional_attributes(self, additional_attributes: Attributes) -> Self:
        return type(self)(self._family, {**self._attributes, **additional_attributes}, self._unit)

    def _labels(self, additional: Attributes | None) -> Labels:
        attributes = {**self._attributes, **(additional or {})}
        return tuple(sorted((_NO_NAME.sub("_", key), str(value)) for key, value in attributes.items()))

    def _add(self, value: float, additional: Attributes | None) -> None:
        if value < 0:
            raise ValueError("Metric value must be non-negative")
        self._family.add(self._labels(additional), value)

    def _set(self, value: float, additional: Attributes | None) -> None:
        if value < 0:
            raise ValueError("Metric value must be non-negative")
        self._family.set(self._labels(additional), value)


class _Counter(_Metric, temporalio.common.MetricCounter):
    def add(self, value: int, additional_attributes: Attributes | None = None) -> None:
        self._add(value, additional_attributes)


class _Histogram(_Metric, temporalio.common.MetricHistogram):
    def record(self, value: int, additional_attributes: Attributes | None = None) -> None:
        self._add(value, additional_attributes)


class _HistogramFloat(_Metric, temporalio.common.MetricHistogramFloat):
    def record(self, value: float, additional_attributes: Attributes | None = None) -> None:
        self._add(value, additional_attributes)


class _HistogramTimedelta(_Metric, temporalio.common.MetricHistogramTimedelta):
    def record(self, value: timedelta, additional_attributes: Attributes | None = None) -> None:
        self._add(value.total_seconds(), additional_attributes)


class _Gauge(_Metric, temporalio.common.MetricGauge):
    def set(self, value: int, additional_attributes: Attributes | None = None) -> None:
        self._set(value, additional_attributes)


class _GaugeFloat(_Metric, temporalio.common.MetricGaugeFloat):
    def set(self, value: float, additional_attributes: Attributes | None = None) -> None:
        self._set(value, additional_attributes)
