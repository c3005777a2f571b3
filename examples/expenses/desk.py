"""The activities: ask a person for a decision, and pay."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

from asyncworker import ApplicationError, RetryPolicy, activity

TASK_QUEUE = "expenses"


class Expense(BaseModel):
    """An expense to be approved."""

    id: str = Field(min_length=1, max_length=100)
    what: str = Field(min_length=1, max_length=200)
    amount: float = Field(gt=0, allow_inf_nan=False)


class Decision(StrEnum):
    """What became of an expense."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass
class Case:
    """An expense on the desk, and the way to complete the activity that waits for its decision."""

    expense: Expense
    task_token: bytes = field(repr=False)
    decision: Decision | None = None


class Desk:
    """The expenses that wait for a decision.

    Cases are kept in memory, which is enough for one process. An app that runs more than once keeps the task tokens in
    its database: any process that has a token can complete the activity.
    """

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}

    @activity.defn(task_queue=TASK_QUEUE, start_to_close_timeout=timedelta(days=7), summary="A person decides")
    async def decide(self, expense: Expense) -> Decision:
        # A later attempt has another token, and the old one is of no use any more.
        self.cases[expense.id] = Case(expense, activity.info().task_token)
        activity.raise_complete_async()

    @activity.defn(
        task_queue=TASK_QUEUE,
        start_to_close_timeout=10,
        retry_policy=RetryPolicy(maximum_attempts=5),
        summary="Send the money",
    )
    async def pay(self, expense: Expense) -> str:
        if expense.amount > 10_000:
            raise ApplicationError("the till has no more than 10,000", type="NotEnoughMoney", non_retryable=True)
        return f"{expense.amount:.2f} paid for {expense.what}"
