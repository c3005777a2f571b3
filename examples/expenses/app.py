"""The app: a page to decide on, with the worker of its activities inside.

Run it with any ASGI server, e.g. ``uvicorn --factory examples.expenses.app:build``; it connects as ``TEMPORAL_*`` says.
It keeps nothing: what the page shows is what Temporal knows.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from asyncworker import Client, Worker
from asyncworker.client import ActivityExecutionDescription
from asyncworker.contrib.completion import completion_router
from asyncworker.contrib.fastapi import ClientDep, lifespan
from asyncworker.contrib.progress import progress_router
from asyncworker.exceptions import ActivityAlreadyStartedError, ActivityNotFoundError

from .desk import TASK_QUEUE, Decision, Desk, Expense, Mail

PAGE = Path(__file__).with_name("page.html")


class Case(BaseModel):
    """An expense as the page shows it."""

    expense: Expense
    activity_id: str
    status: str
    decision: Decision | None
    attempt: int
    waiting_since: datetime | None
    closed: datetime | None
    # Where a POST decides, while it waits.
    links: dict[Decision, str]
    ui: str | None


def only_here(request: Request) -> None:
    """Refuse everyone but this machine. Your login belongs here: who sees the page may decide."""
    if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
        raise HTTPException(status.HTTP_403_FORBIDDEN)


def create_app(worker: Worker, desk: Desk, *, ui_url: str | None = None) -> FastAPI:
    """Make the app around a worker and the desk whose activity it runs."""
    app = FastAPI(title="Expenses", lifespan=lifespan(worker))
    here = [Depends(only_here)]
    app.include_router(completion_router(desk.secret, activities=[desk]), prefix="/complete")
    app.include_router(progress_router(dependencies=here), prefix="/live")

    @app.get("/", response_class=HTMLResponse, dependencies=here)
    async def page() -> str:
        return PAGE.read_text(encoding="utf-8")

    @app.get("/expenses", dependencies=here)
    async def list_expenses(client: ClientDep) -> list[Case]:
        found = client.list_activities(f"ActivityType = 'decide' AND TaskQueue = '{TASK_QUEUE}'", limit=50)
        return [await find_case(client, each.activity_id) async for each in found]

    @app.post("/expenses", status_code=status.HTTP_201_CREATED, dependencies=here)
    async def submit(expense: Expense, client: ClientDep) -> Case:
        try:
            handle = await client.start_activity(desk.decide, expense, id=f"expense-{expense.id}")
        except ActivityAlreadyStartedError:
            raise HTTPException(status.HTTP_409_CONFLICT, f"expense {expense.id} is being decided on") from None
        return await find_case(client, handle.id)

    @app.get("/expenses/{activity_id}", dependencies=here)
    async def show(activity_id: str, client: ClientDep) -> Case:
        try:
            return await find_case(client, activity_id)
        except ActivityNotFoundError:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such expense") from None

    async def find_case(client: Client, activity_id: str) -> Case:
        found = await client.get_activity_handle(activity_id).describe(include_input=True, include_outcome=True)
        return Case(
            expense=found.input(Expense)[0],
            activity_id=found.activity_id,
            status=found.status.name,
            decision=found.result(Decision) if found.has_result() else None,
            attempt=found.attempt,
            waiting_since=found.schedule_time,
            closed=found.close_time,
            links=links_of(found),
            ui=ui_url
            and f"{ui_url}/namespaces/{found.namespace}/activities/{activity_id}/{found.activity_run_id}/details",
        )

    def links_of(found: ActivityExecutionDescription) -> dict[Decision, str]:
        mail = found.heartbeat_details(Mail, default=None)
        if mail is None or found.status.is_closed:
            return {}
        # Without the host: the page may have been reached by another name than the mails have.
        return {decision: urlsplit(link).path for decision, link in mail.links.items()}

    return app


def build() -> FastAPI:
    """Make the app as the environment says."""
    desk = Desk(
        os.environ.get("EXPENSES_URL", "http://127.0.0.1:8000"),
        # Everyone can read this one: set your own.
        os.environ.get("EXPENSES_SECRET", "the example's secret, which is none at all"),
    )
    return create_app(Worker(task_queue=TASK_QUEUE, activities=[desk]), desk, ui_url=os.environ.get("EXPENSES_UI"))
