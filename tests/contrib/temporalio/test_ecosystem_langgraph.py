"""Nodes of a LangGraph graph run as activities on our worker."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypedDict

import pytest
from sides import ECOSYSTEM, SIDES, activities_in, serving
from temporalio import workflow

from asyncworker.testing import DevServer

pytest.importorskip("temporalio.langgraph", reason=ECOSYSTEM)

from langgraph.graph import END, START, StateGraph
from temporalio.langgraph import LangGraphPlugin, graph


class State(TypedDict):
    words: list[str]


async def pack(state: State) -> dict[str, Any]:
    return {"words": [*state["words"], "packed"]}


def ship(state: State) -> dict[str, Any]:
    return {"words": [*state["words"], "shipped"]}


def plugin_of() -> LangGraphPlugin:
    built = StateGraph(State)
    metadata = {"execute_in": "activity", "start_to_close_timeout": timedelta(seconds=20)}
    built.add_node("pack", pack, metadata=metadata)
    built.add_node("ship", ship, metadata=metadata)
    built.add_edge(START, "pack")
    built.add_edge("pack", "ship")
    built.add_edge("ship", END)
    return LangGraphPlugin(graphs={"orders": built})


@workflow.defn
class Order:
    @workflow.run
    async def run(self, word: str) -> Any:
        return await graph("orders").compile().ainvoke({"words": [word]})


async def test_the_nodes_of_a_graph_run_as_on_temporalios_worker(dev_server: DevServer, task_queue: str):
    """An `async def` node and a `def` one, in the order of the graph."""
    found = {}
    for side in SIDES:
        queue = f"{task_queue}-{side}"
        async with serving(side, dev_server.target, queue, plugin_of(), workflows=[Order]) as client:
            handle = await client.start_workflow(Order.run, "box", id=uuid.uuid4().hex, task_queue=queue)
            found[side] = (await handle.result(), await activities_in(handle, side))

    assert found["ours"] == found["theirs"]
    assert found["ours"] == ({"words": ["box", "packed", "shipped"]}, ["orders.pack", "orders.ship"])
