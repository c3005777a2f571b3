"""What activities count with temporalio's metric meter is in a Prometheus registry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sides import Worker
from temporalio import activity

from asyncworker.testing import FakeTemporal

pytest.importorskip("prometheus_client", reason="needs the extra `prometheus`")

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from asyncworker.contrib.temporalio import PrometheusMetricMeter, TemporalioInterceptor, from_temporalio


def test_each_kind_of_metric_is_scraped():
    """Counters, gauges and histograms, with the labels of each sample; durations are seconds."""
    registry = CollectorRegistry()
    meter = PrometheusMetricMeter(registry, buckets=[1, 2]).with_additional_attributes({"shop": "a"})
    meter.create_counter("orders").add(2)
    meter.create_counter("orders").with_additional_attributes({"paid": True}).add(1, {"by-card": 1})
    meter.create_gauge("boxes", "How many boxes there are").set(3)
    meter.create_gauge_float("fill").set(0.5)
    meter.create_histogram("items").record(1)
    meter.create_histogram_float("weight").record(1.5)
    meter.create_histogram_timedelta("packing").record(timedelta(seconds=3))

    text = generate_latest(registry).decode()
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    shop = ("shop", "a")
    assert "# HELP boxes How many boxes there are" in text
    assert found["orders_total", shop] == 2
    assert found["orders_total", ("by_card", "1"), ("paid", "True"), shop] == 1
    assert (found["boxes", shop], found["fill", shop]) == (3, 0.5)
    assert [found["weight_bucket", ("le", limit), shop] for limit in ("1", "2", "+Inf")] == [0, 1, 1]
    assert [found["items_bucket", ("le", limit), shop] for limit in ("1", "2", "+Inf")] == [1, 1, 1]
    assert [found["packing_bucket", ("le", limit), shop] for limit in ("1", "2", "+Inf")] == [0, 0, 1]
    assert (found["packing_sum", shop], found["packing_count", shop]) == (3, 1)


def test_a_metric_says_what_it_is():
    """By the names that temporalio's activities may read."""
    metric = PrometheusMetricMeter(CollectorRegistry()).create_counter("orders", "How many came", "orders")

    assert (metric.name, metric.description, metric.unit) == ("orders", "How many came", "orders")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda meter: (meter.create_counter("x"), meter.create_gauge("x")), "the metric 'x' is a counter already"),
        (lambda meter: meter.create_counter("x").add(-1), "must be non-negative"),
        (lambda meter: meter.create_gauge("x").set(-1), "must be non-negative"),
        (lambda meter: PrometheusMetricMeter(CollectorRegistry(), buckets=[2, 1]), "increasing order"),
    ],
)
def test_wrong_use_is_refused(use, message):
    """As temporalio's own meter refuses it."""
    with pytest.raises(ValueError, match=message):
        use(PrometheusMetricMeter(CollectorRegistry()))


async def test_activity_counts_into_the_registry():
    """With the labels that temporalio gives its activities' metrics."""

    @activity.defn
    async def pack() -> None:
        activity.metric_meter().create_counter("packed").add(1)

    registry = CollectorRegistry()
    interceptor = TemporalioInterceptor(None, metric_meter=PrometheusMetricMeter(registry))
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        activities = [from_temporalio(pack)]
        async with Worker(temporal.client(), task_queue="q", activities=activities, interceptors=[interceptor]):
            await temporal.add_task("pack", task_queue="q").wait_closed()

    labels = {"namespace": "default", "task_queue": "q", "activity_type": "pack"}
    assert registry.get_sample_value("packed_total", labels) == 1
