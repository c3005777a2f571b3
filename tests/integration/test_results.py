"""What an activity takes and returns comes through as what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from asyncworker import activity

from .calls import Caller

pytestmark = pytest.mark.server


class Order(BaseModel):
    """A pydantic model."""

    id: int
    items: list[str] = []


@dataclass
class Receipt:
    """A dataclass."""

    order: int
    total: float


@activity.defn
async def model_async(order: Order) -> Order:
    return Order(id=order.id + 1, items=[*order.items, type(order).__name__])


@activity.defn
def model_sync(order: Order) -> Order:
    return Order(id=order.id + 1, items=[*order.items, type(order).__name__])


@activity.defn
async def dataclass_async(receipt: Receipt) -> Receipt:
    return Receipt(receipt.order, receipt.total * 2)


@activity.defn
def dataclass_sync(receipt: Receipt) -> Receipt:
    return Receipt(receipt.order, receipt.total * 2)


@activity.defn
async def nothing_async() -> None:
    return None


@activity.defn
def nothing_sync(nothing: None) -> None:
    return nothing


@activity.defn
async def raw_async(data: bytes) -> bytes:
    return data[::-1]


@activity.defn
def raw_sync(data: bytes) -> bytes:
    return data[::-1]


@activity.defn
async def several_async(a: int, b: str, c: list[float]) -> dict[str, Any]:
    return {"a": a, "b": b, "c": c}


@activity.defn
def several_sync(a: int, b: str, c: list[float]) -> dict[str, Any]:
    return {"a": a, "b": b, "c": c}


@activity.defn
async def optional_async(order: Order, receipt: Receipt | None = None, times: int = 3) -> str:
    return f"{type(order).__name__} {type(receipt).__name__} {times}"


@activity.defn
def optional_sync(order: Order, receipt: Receipt | None = None, times: int = 3) -> str:
    return f"{type(order).__name__} {type(receipt).__name__} {times}"


BLOB = bytes(range(256))
# activity, arguments, result type, result
CASES: list[tuple[str, tuple[Any, ...], Any, Any]] = [
    ("model", (Order(id=1, items=["x"]),), Order, Order(id=2, items=["x", "Order"])),
    ("dataclass", (Receipt(7, 1.5),), Receipt, Receipt(7, 3.0)),
    ("raw", (BLOB,), bytes, BLOB[::-1]),
    ("several", (1, "ü", [0.5]), dict, {"a": 1, "b": "ü", "c": [0.5]}),
    ("optional", (Order(id=1),), str, "Order NoneType 3"),
    ("optional", (Order(id=1), Receipt(1, 2.0)), str, "Order Receipt 3"),
    ("optional", (Order(id=1), None, 5), str, "Order NoneType 5"),
]
ACTIVITIES = [
    *(model_async, model_sync, dataclass_async, dataclass_sync, nothing_async, nothing_sync, raw_async, raw_sync),
    *(several_async, several_sync, optional_async, optional_sync),
]


@pytest.mark.parametrize("how", ["async", "sync"])
async def test_values_keep_their_types(caller: Caller, how: str):
    """Models, dataclasses, bytes, several and optional arguments arrive typed, and so does the result."""
    async with caller.worker(*ACTIVITIES):
        results = [
            await caller.result(f"{name}_{how}", *arguments, result_type=result_type)
            for name, arguments, result_type, _ in CASES
        ]

    assert results == [expected for *_, expected in CASES]


async def test_nothing_is_a_value(caller: Caller):
    """None is an argument, and a result."""
    async with caller.worker(*ACTIVITIES):
        results = [await caller.result(nothing_async), await caller.result(nothing_sync, None)]

    assert results == [None, None]
