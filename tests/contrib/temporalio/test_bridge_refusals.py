"""What cannot work is refused where it is said, and not at the first task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client as TheirClient

from asyncworker import Client, Worker, activity as native
from asyncworker.client import Interceptor as ClientInterceptor
from asyncworker.contrib.temporalio import TemporalioInterceptor, _supported, activities_of, from_temporalio
from asyncworker.exceptions import ConfigurationError
from asyncworker.testing import DevServer, FakeTemporal


@activity.defn
async def charge(amount: float) -> float:
    return amount


class Orders:
    @activity.defn
    async def pack(self) -> None: ...


@native.defn
async def ours() -> None: ...


async def plain() -> None: ...


class TestWhatIsNoActivity:
    @pytest.mark.parametrize(
        ("thing", "why"),
        [
            (plain, r"plain is no activity of temporalio's: decorate it"),
            (object(), r"is no activity of temporalio's"),
            (ours, r"ours is declared with asyncworker's @activity.defn: pass it to the worker as it is"),
            (Orders, r"Orders is a class: pass an instance of it, e.g. Orders\(…\)"),
            (Orders.pack, r"Orders.pack is a method without its object: pass Orders\(…\).pack"),
        ],
    )
    def test_the_message_says_what_to_do(self, thing: Any, why: str):
        """At the call of `from_temporalio`."""
        with pytest.raises(TypeError, match=why):
            from_temporalio(thing)

    def test_the_worker_names_the_way_for_a_function_that_is_passed_as_it_is(self):
        """It would run under its Python name, and outside of its context."""
        with pytest.raises(TypeError, match=r"asyncworker\.contrib\.temporalio\.from_temporalio"):
            Worker(task_queue="orders", activities=[charge])

    def test_a_plugin_is_one_that_configures_workers(self):
        """Any other object is refused."""
        with pytest.raises(TypeError, match="is no plugin of temporalio's for workers"):
            activities_of(object())


class TestTheInterceptor:
    def test_a_worker_without_it_is_refused(self):
        """Also where its client comes later."""
        with pytest.raises(TypeError, match=r"activity charge: .*interceptors=\[TemporalioInterceptor\(client\)\]"):
            Worker(task_queue="orders", activities=[from_temporalio(charge)])

    async def test_a_worker_with_a_client_and_without_it_is_refused(self):
        """As soon as it is made."""
        async with FakeTemporal() as temporal:
            with pytest.raises(TypeError, match="TemporalioInterceptor"):
                Worker(temporal.client(), task_queue="orders", activities=[from_temporalio(charge)])

    async def test_it_may_be_the_clients(self):
        """Interceptors of a client that are such of workers count."""

        class Both(TemporalioInterceptor, ClientInterceptor):
            """One of both kinds."""

        async with FakeTemporal() as temporal:
            client = temporal.client(interceptors=[Both(None)])

            assert Worker(client, task_queue="orders", activities=[from_temporalio(charge)]).activities == ["charge"]

    async def test_a_client_of_another_namespace_is_refused(self, dev_server: DevServer):
        """When the worker is made, or when it connects, whichever comes first."""
        theirs = await TheirClient.connect(dev_server.target, namespace="elsewhere", lazy=True)
        interceptor = TemporalioInterceptor(theirs)
        activities = [from_temporalio(charge)]
        async with await Client.connect(dev_server.target) as client:
            with pytest.raises(ConfigurationError, match=r"of namespace 'default', and .* of 'elsewhere'"):
                Worker(client, task_queue="orders", activities=activities, interceptors=[interceptor])

    async def test_a_client_of_another_namespace_is_refused_at_connection(
        self, dev_server: DevServer, monkeypatch: pytest.MonkeyPatch
    ):
        """A worker that connects itself does not begin to poll."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.target)
        theirs = await TheirClient.connect(dev_server.target, namespace="elsewhere", lazy=True)
        worker = Worker(
            task_queue="orders", activities=[from_temporalio(charge)], interceptors=[TemporalioInterceptor(theirs)]
        )
        with pytest.raises(ConfigurationError, match="elsewhere"):
            await worker.run(handle_signals=False)

    async def test_it_takes_clients_of_temporalio_only(self):
        """Ours would be of no use to their activities."""
        async with FakeTemporal() as temporal:
            with pytest.raises(TypeError, match=r"client must be a temporalio Client, or None"):
                TemporalioInterceptor(temporal.client())  # type: ignore[arg-type]


class TestTheSupportedRange:
    @pytest.mark.parametrize(
        ("version", "is_old"), [("1.15.0", True), ("1.16.0", False), ("1.35.0", False), ("2.0rc1", False)]
    )
    def test_older_versions_are_told_by_their_number(self, version: str, is_old: bool):
        """The oldest that the tests pass with is the limit."""
        assert _supported.too_old(version) is is_old

    def test_the_installed_version_fits(self):
        """Nothing is missing that the bridge uses."""
        assert _supported.problem_with(activity) is None

    def test_a_context_of_another_form_is_refused(self):
        """A version yet to come may have changed what is private."""
        from dataclasses import make_dataclass

        fields = [each for each in _supported.names_of_fields(activity._Context) if not each.startswith("_")]
        known = {"_Definition": activity._Definition, "_CompleteAsyncError": BaseException}
        added = make_dataclass("_Context", [*fields, "region"], namespace={"set": None})
        reduced = make_dataclass("_Context", [each for each in fields if each != "heartbeat"], namespace={"set": None})

        assert _supported.problem_with(SimpleNamespace(_Context=added, **known)) == "its _Context needs region"
        assert _supported.problem_with(SimpleNamespace(_Context=reduced, **known)) == "its _Context has no heartbeat"
        assert _supported.problem_with(SimpleNamespace()) == "it has no _Context or no _Definition"

    def test_the_error_says_what_to_install(self):
        """It is an ImportError, raised when the bridge is imported."""
        with pytest.raises(ImportError, match=r'temporalio \d.*: pip install "temporal-asyncworker\[temporalio\]"'):
            _supported.refuse_unsupported(SimpleNamespace())


class TestPlugins:
    def test_the_activities_of_a_plugin_are_harvested(self):
        """As many as it brings, and under their names."""
        plugin = pytest.importorskip("temporalio.plugin", reason="this version of temporalio has no plugins")
        found = activities_of(plugin.SimplePlugin("orders", activities=[charge, Orders().pack]))

        worker = Worker(task_queue="orders", activities=found, interceptors=[TemporalioInterceptor(None)])
        assert worker.activities == ["charge", "pack"]

    async def test_a_plugin_runs_around_our_worker_what_it_runs_around_temporalios(self):
        """Its `run_worker` takes any worker that it can hand on."""
        plugin = pytest.importorskip("temporalio.plugin", reason="this version of temporalio has no plugins")
        seen: list[str] = []

        @asynccontextmanager
        async def connections() -> AsyncIterator[None]:
            seen.append("opened")
            yield
            seen.append("closed")

        made = plugin.SimplePlugin("orders", activities=[charge], run_context=connections)
        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
            worker = Worker(
                temporal.client(),
                task_queue="orders",
                activities=activities_of(made),
                interceptors=[TemporalioInterceptor(None)],
            )
            running = asyncio.create_task(made.run_worker(worker, Worker.run))
            task = temporal.add_task("charge", 1.5, task_queue="orders")
            await task.wait_closed()
            assert seen == ["opened"]
            await worker.shutdown()
            await running

        assert (task.result, seen) == (1.5, ["opened", "closed"])
