"""Start a Temporal server, the app, and one workflow that waits for you to press a button."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from contextlib import suppress

import uvicorn
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from asyncworker.testing import DevServer

from .desk import Expense
from .workflow import WORKFLOW_QUEUE, ExpenseWorkflow

PORT = int(os.environ.get("PORT", "8000"))


async def run_workflow(address: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    expense = Expense(id=str(uuid.uuid4()), what="A chair that does not squeak", amount=240.0)
    async with Worker(client, task_queue=WORKFLOW_QUEUE, workflows=[ExpenseWorkflow]):
        result = await client.execute_workflow(
            ExpenseWorkflow.run, expense, id=f"expense-{expense.id}", task_queue=WORKFLOW_QUEUE
        )
        print(f"The workflow ended: {result}")


async def main() -> None:
    async with DevServer(ui=True) as server:
        os.environ["TEMPORAL_ADDRESS"] = server.target
        # The app reads the address when it starts.
        from .app import app

        config = uvicorn.Config(app, host="127.0.0.1", port=PORT, log_level="warning")
        # Bound here, so that a port that is taken is noticed now, and 0 is any that is free.
        listener = config.bind_socket()
        port = listener.getsockname()[1]
        print(
            f"Decide at http://127.0.0.1:{port}, look behind the scenes at {server.ui_url}. Ctrl-C ends it.", flush=True
        )
        web = uvicorn.Server(config)
        workflow = asyncio.create_task(run_workflow(server.target))
        try:
            await web.serve(sockets=[listener])
        finally:
            workflow.cancel()
            await asyncio.wait({workflow})


if __name__ == "__main__":
    # Ctrl-C is how it ends: the web server raises the signal again when it has stopped.
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
    # A thread of temporalio's runtime that calls into Python while the interpreter ends would keep it from ending.
    sys.stdout.flush()
    os._exit(0)
