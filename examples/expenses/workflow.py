"""The workflow: ask for a decision, then pay. The official SDK runs it, and it knows the activities by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow

TASK_QUEUE = "expenses"
WORKFLOW_QUEUE = "expense-workflows"


@workflow.defn
class ExpenseWorkflow:
    """One expense, from the wish to the money."""

    @workflow.run
    async def run(self, expense: dict[str, Any]) -> str:
        decision: str = await workflow.execute_activity(
            "decide",
            expense,
            task_queue=TASK_QUEUE,
            start_to_close_timeout=timedelta(days=7),
            result_type=str,
        )
        if decision != "approved":
            return decision
        receipt: str = await workflow.execute_activity(
            "pay",
            expense,
            task_queue=TASK_QUEUE,
            start_to_close_timeout=timedelta(seconds=10),
            result_type=str,
        )
        return receipt
