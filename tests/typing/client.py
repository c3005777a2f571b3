"""What type checkers must know of a client's calls; checked by mypy --strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, assert_type

from asyncworker import activity
from asyncworker.client import (
    ActivityHandle,
    AsyncActivityHandle,
    Client,
    SearchAttributeKey,
    SearchAttributePair,
    StartActivityOptions,
    TypedSearchAttributes,
)


class Order:
    """Something of the user's."""


@activity.defn
async def pack(order: Order, boxes: int = 1) -> str:
    raise NotImplementedError


@activity.defn(name="weigh", task_queue="scales", start_to_close_timeout=5)
def weigh(order: Order) -> float:
    raise NotImplementedError


@activity.defn
async def ship(context: activity.Context, order: Order) -> list[str]:
    raise NotImplementedError


@activity.defn
def sweep(context: activity.Context) -> None:
    raise NotImplementedError


@activity.defn
async def total(numbers: Sequence[int]) -> int:
    raise NotImplementedError


class Depot:
    @activity.defn
    async def store(self, order: Order) -> int:
        raise NotImplementedError

    @activity.defn
    def find(self, context: activity.Context, order: Order) -> bool:
        raise NotImplementedError


class Clean:
    async def __call__(self, room: str) -> bool:
        raise NotImplementedError


async def start_by_function(client: Client, order: Order, anything: Any) -> None:
    assert_type(await client.start_activity(pack, order), ActivityHandle[str])
    assert_type(await client.start_activity(pack, order, 2, id="7", task_queue="depot"), ActivityHandle[str])
    assert_type(await client.start_activity(weigh, order), ActivityHandle[float])
    assert_type(await client.start_activity(ship, order), ActivityHandle[list[str]])
    assert_type(await client.start_activity(sweep), ActivityHandle[None])
    assert_type(await client.start_activity(total, [1, 2]), ActivityHandle[int])
    assert_type(await client.start_activity(Depot().store, order), ActivityHandle[int])
    assert_type(await client.start_activity(Clean(), "kitchen"), ActivityHandle[bool])
    # A value of which nothing is known does not make the result unknown.
    assert_type(await client.start_activity(pack, anything), ActivityHandle[str])
    assert_type(await client.start_activity(weigh, anything), ActivityHandle[float])
    assert_type(await client.start_activity(ship, anything), ActivityHandle[list[str]])


async def start_with_args(client: Client, order: Order) -> None:
    assert_type(await client.start_activity(pack, args=[order, 2]), ActivityHandle[str])
    assert_type(await client.start_activity(weigh, args=[order]), ActivityHandle[float])


async def start_by_name(client: Client) -> None:
    assert_type(await client.start_activity("pack", 1, "two"), ActivityHandle[Any])
    assert_type(await client.start_activity("pack", args=[1, "two"]), ActivityHandle[Any])
    assert_type(await client.start_activity("pack", result_type=list[int]), ActivityHandle[list[int]])


async def execute(client: Client, order: Order) -> None:
    assert_type(await client.execute_activity(pack, order, start_to_close_timeout=5), str)
    assert_type(await client.execute_activity(weigh, order), float)
    assert_type(await client.execute_activity(ship, order), list[str])
    packed = await client.execute_activity("pack", order, result_type=str)
    assert_type(packed, str)
    assert_type(await client.execute_activity("pack", order), Any)
    options: StartActivityOptions = {"task_queue": "depot", "start_to_close_timeout": 5}
    assert_type(await client.execute_activity(pack, order, **options), str)


async def start_methods(client: Client, order: Order) -> None:
    assert_type(await client.start_activity_method(Depot.store, order), ActivityHandle[int])
    assert_type(await client.execute_activity_method(Depot.store, order), int)
    assert_type(await client.execute_activity_method(Depot.find, order), bool)
    await client.start_activity_method(Depot.store, 7)  # type: ignore[arg-type]


async def refuse(client: Client, order: Order) -> None:
    await client.start_activity(pack)  # type: ignore[call-arg, arg-type]
    await client.start_activity(pack, "no order")  # type: ignore[arg-type]
    await client.start_activity(pack, order, 1, 2)  # type: ignore[call-arg, arg-type]
    await client.start_activity(ship, 7)  # type: ignore[arg-type]
    await client.start_activity(pack, order, queue="depot")  # type: ignore[call-overload]
    await client.start_activity(pack, order, task_queue=7)  # type: ignore[call-overload]
    await client.execute_activity(weigh, "no order")  # type: ignore[arg-type]


def describe_by_attributes() -> TypedSearchAttributes:
    boxes = SearchAttributeKey.for_int("Boxes")
    SearchAttributePair(boxes, "two")  # type: ignore[misc]
    return TypedSearchAttributes(
        [SearchAttributePair(boxes, 2), SearchAttributePair(SearchAttributeKey.for_bool("Odd"), False)]
    )


async def hold(client: Client, handle: ActivityHandle[str]) -> None:
    assert_type(await handle.result(), str)
    assert_type(client.get_activity_handle("7"), ActivityHandle[Any])
    assert_type(client.get_activity_handle("7", activity=pack), ActivityHandle[str])
    assert_type(client.get_activity_handle("7", activity=weigh), ActivityHandle[float])
    assert_type(client.get_activity_handle("7", result_type=Order), ActivityHandle[Order])
    assert_type(handle.progress(int), AsyncIterator[int])
    assert_type(handle.progress(), AsyncIterator[Any])
    description = await handle.describe(include_outcome=True)
    assert_type(description.heartbeat_details(int), int)
    assert_type(description.heartbeat_details(int, default=None), int | None)
    assert_type(description.heartbeat_details(), Any)
    assert_type(description.result(Order), Order)
    assert_type(description.last_failure, BaseException | None)
    await handle.update_options(heartbeat_timeout=None, task_queue="depot")
    await handle.update_options(summary="new")  # type: ignore[call-arg]
    async for found in client.list_activities("ActivityType = 'pack'", limit=3):
        assert_type(found.typed_search_attributes.get(SearchAttributeKey.for_int("Boxes")), int | None)
        assert_type(found.typed_search_attributes[SearchAttributeKey.for_keyword_list("Tags")], list[str])


async def complete(client: Client) -> None:
    assert_type(client.get_async_activity_handle(task_token=b"token"), AsyncActivityHandle)
    assert_type(client.get_async_activity_handle(workflow_id="w", activity_id="1"), AsyncActivityHandle)
    assert_type(client.get_async_activity_handle(activity_id="1", run_id="r"), AsyncActivityHandle)
    client.get_async_activity_handle(task_token=b"token", activity_id="1")  # type: ignore[call-overload]
    client.get_async_activity_handle()  # type: ignore[call-overload]
