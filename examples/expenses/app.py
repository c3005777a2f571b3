"""The app: a page to decide on, with the worker of its activities inside.

Run it with any ASGI server, e.g. ``uvicorn examples.expenses.app:app``; it connects as ``TEMPORAL_*`` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, status
from fastapi.responses import HTMLResponse

from asyncworker import Worker
from asyncworker.contrib.fastapi import ClientDep, lifespan
from asyncworker.exceptions import ActivityAlreadyStartedError, ActivityNotFoundError

from .desk import TASK_QUEUE, Case, Decision, Desk, Expense

PAGE = Path(__file__).with_name("page.html")


def create_app(worker: Worker, desk: Desk) -> FastAPI:
    """Make the app around a worker and the desk that its activities use."""
    app = FastAPI(title="Expenses", lifespan=lifespan(worker))

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return PAGE.read_text()

    @app.get("/expenses")
    async def list_expenses() -> list[dict[str, Any]]:
        return [{**case.expense.model_dump(), "decision": case.decision} for case in desk.cases.values()]

    @app.post("/expenses", status_code=status.HTTP_202_ACCEPTED)
    async def submit(expense: Expense, client: ClientDep) -> None:
        try:
            await client.start_activity(desk.decide, expense, id=f"expense-{expense.id}")
        except ActivityAlreadyStartedError:
            raise HTTPException(status.HTTP_409_CONFLICT, f"expense {expense.id} is being decided on") from None

    @app.post("/expenses/{expense_id}/{decision}", status_code=status.HTTP_204_NO_CONTENT)
    async def decide(expense_id: str, decision: Decision, client: ClientDep) -> None:
        case = open_case(expense_id)
        try:
            await client.get_async_activity_handle(task_token=case.task_token).complete(decision)
        except ActivityNotFoundError:
            raise HTTPException(status.HTTP_410_GONE, "the activity no longer waits for this decision") from None
        case.decision = decision

    def open_case(expense_id: str) -> Case:
        case = desk.cases.get(expense_id)
        if case is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such expense")
        if case.decision is not None:
            raise HTTPException(status.HTTP_409_CONFLICT, f"this expense is {case.decision}")
        return case

    return app


def build() -> FastAPI:
    """Make the app with a desk and a worker of its own."""
    desk = Desk()
    return create_app(Worker(task_queue=TASK_QUEUE, activities=[desk]), desk)


app = build()
