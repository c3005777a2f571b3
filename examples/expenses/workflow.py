"""The workflow: ask for a decision, then pay. The official SDK runs it; it names the activities by their methods."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from .desk import TASK_QUEUE, Decision, Desk, Expense

WORKFLOW_QUEUE = "expense-workflows"


@workflow.defn
class ExpenseWorkflow:
    """One expense, from the wish to the money."""

    @workflow.run
    async def run(self, expense: Expense) -> str:
        decision = await workflow.execute_activity_method(
            Desk.decide, expense, task_queue=TASK_QUEUE, start_to_close_timeout=timedelta(days=7)
        )
        if decision is not Decision.APPROVED:
            return decision
        return await workflow.execute_activity_method(
            Desk.pay, expense, task_queue=TASK_QUEUE, start_to_close_timeout=timedelta(seconds=10)
        )
