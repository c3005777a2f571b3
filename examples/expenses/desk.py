"""The activity: ask a person for a decision, by mail."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

from asyncworker import activity
from asyncworker.contrib.completion import completion_url

TASK_QUEUE = "expenses"
_PATIENCE = timedelta(days=7)


class Expense(BaseModel):
    """An expense to be approved."""

    id: str = Field(pattern=r"^[\w-]{1,100}$")
    what: str = Field(min_length=1, max_length=200)
    amount: float = Field(gt=0, allow_inf_nan=False)


class Decision(StrEnum):
    """What became of an expense."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Mail(BaseModel):
    """What the person who decides is sent: a link for each decision."""

    subject: str
    links: dict[Decision, str]


async def log_mail(mail: Mail) -> None:
    """Represent a mail server."""
    logging.getLogger("expenses.mail").info(
        "%s\n  Approve: %s\n  Reject:  %s", mail.subject, mail.links[Decision.APPROVED], mail.links[Decision.REJECTED]
    )


class Desk:
    """Where expenses are decided on.

    Args:
        base_url: Where the app is reached.
        secret: Signs the links. Keep it, or links from before a restart are void.
        send: Sends a mail.
    """

    def __init__(self, base_url: str, secret: str, send: Callable[[Mail], Awaitable[None]] = log_mail) -> None:
        self.base_url = base_url
        self.secret = secret
        self._send = send

    @activity.defn(task_queue=TASK_QUEUE, start_to_close_timeout=_PATIENCE, summary="A person decides")
    async def decide(self, expense: Expense) -> Decision:
        mail = Mail(
            subject=f"{expense.amount:,.2f} for {expense.what}",
            links={
                Decision.APPROVED: self._link("Approve", Decision.APPROVED, expense),
                Decision.REJECTED: self._link("Reject", Decision.REJECTED, expense),
            },
        )
        await self._send(mail)
        # Kept by Temporal, for the buttons on the page: who sees it there may decide there.
        await activity.client().get_async_activity_handle(task_token=activity.info().task_token).heartbeat(mail)
        activity.raise_complete_async()

    def _link(self, action: str, decision: Decision, expense: Expense) -> str:
        return completion_url(
            action,
            result=decision,
            text=f"{action} {expense.amount:,.2f} for {expense.what}?",
            secrets=self.secret,
            base_url=f"{self.base_url}/complete",
            expires_in=_PATIENCE,
        )
