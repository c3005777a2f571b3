"""What type checkers must know of activity code; checked by mypy --strict, never run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, assert_type

from asyncworker import activity
from asyncworker.client import Client
from asyncworker.common import Priority, RetryPolicy
from asyncworker.converter import DataConverter
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker import Interceptor


class Order:
    """Something of the user's."""


@activity.defn
async def pack(order: Order, boxes: int = 1) -> str:
    raise NotImplementedError


@activity.defn(
    name="weigh",
    task_queue="scales",
    start_to_close_timeout=timedelta(seconds=5),
    heartbeat_timeout=2.5,
    retry_policy=RetryPolicy(maximum_attempts=3),
    priority=Priority(priority_key=1),
    max_concurrent=2,
    max_per_second=0.5,
    auto_heartbeat=True,
    auto_heartbeat_limit=timedelta(minutes=2),
)
def weigh(order: Order) -> float:
    raise NotImplementedError


class Depot:
    @activity.defn(summary="Store it")
    async def store(self, order: Order) -> int:
        raise NotImplementedError


async def decorated_functions_keep_their_types(order: Order) -> None:
    assert_type(await pack(order), str)
    assert_type(await pack(order, 2), str)
    assert_type(weigh(order), float)
    assert_type(await Depot().store(order), int)
    await pack("no order")  # type: ignore[arg-type]
    weigh()  # type: ignore[call-arg]


def options_of_a_declaration_have_types() -> None:
    activity.defn(start_to_close_timeout="5s")  # type: ignore[call-overload]
    activity.defn(retry_policy={"maximum_attempts": 3})  # type: ignore[call-overload]
    activity.defn(timeout=5)  # type: ignore[call-overload]
    activity.defn(7)  # type: ignore[call-overload]


def heartbeat_details_have_the_type_that_is_asked_for() -> None:
    assert_type(activity.heartbeat_details(), Any)
    assert_type(activity.heartbeat_details(int), int)
    assert_type(activity.heartbeat_details(Order, index=1), Order)
    assert_type(activity.heartbeat_details(int, default=None), int | None)
    assert_type(activity.heartbeat_details(int, default="none"), int | str)


async def a_context_has_the_types_of_the_functions(context: activity.Context) -> None:
    assert_type(context.info, activity.Info)
    assert_type(context.client(), Client)
    assert_type(context.heartbeat_details(int), int)
    assert_type(context.heartbeat_details(int, default=None), int | None)
    assert_type(context.heartbeat_details(), Any)
    assert_type(context.cancel_reason, activity.CancelReason | None)
    assert_type(context.cancellation_details(), activity.ActivityCancellationDetails | None)
    await context.wait_for_cancelled()
    assert_type(context.wait_for_cancelled_sync(1.5), bool)
    context.heartbeat(1, order=2)  # type: ignore[call-arg]


def the_functions_have_types() -> None:
    assert_type(activity.info(), activity.Info)
    assert_type(activity.info().retry_policy, RetryPolicy | None)
    assert_type(activity.info().heartbeat_details, Sequence[Any])
    assert_type(activity.client(), Client)
    assert_type(activity.in_activity(), bool)
    activity.info().attempt = 2  # type: ignore[misc]


def nothing_follows_a_completion_from_outside() -> int:
    activity.raise_complete_async()


async def an_environment_returns_what_the_function_does(order: Order) -> None:
    environment = ActivityEnvironment()
    assert_type(await environment.run(pack, order), str)
    assert_type(environment.run(weigh, order), float)
    assert_type(await environment.run(Depot().store, order), int)
    await environment.run(pack, "no order")  # type: ignore[call-overload]
    converting = ActivityEnvironment(interceptors=[Interceptor()], data_converter=DataConverter.default, convert=True)
    assert_type(await converting.run(pack, order), str)
    assert_type(converting.failure, BaseException | None)
    assert_type(ActivityEnvironment.default_info(), activity.Info)
    ActivityEnvironment(interceptors=[Interceptor])  # type: ignore[list-item]
    ActivityEnvironment(convert="all")  # type: ignore[arg-type]


def definitions_are_found(fn: Callable[..., Any]) -> None:
    assert_type(activity.Definition.find(fn), activity.Definition | None)
    assert_type(activity.Definition.of(fn).retry_policy, RetryPolicy | None)
