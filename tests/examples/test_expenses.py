"""The expense approval, as a person sees it: in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from anyio import to_thread
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

import asyncworker
from asyncworker.testing import DevServer
from examples.expenses.app import create_app
from examples.expenses.desk import TASK_QUEUE, Desk, Expense
from examples.expenses.workflow import WORKFLOW_QUEUE, ExpenseWorkflow

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
async def app(dev_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The app under uvicorn; its address."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.target)
    desk = Desk()
    # The server of the tests ends no open polls, so they are kept short for the shutdown's sake.
    worker = asyncworker.Worker(task_queue=TASK_QUEUE, activities=[desk], long_poll_timeout=3)
    server = uvicorn.Server(uvicorn.Config(create_app(worker, desk), host="127.0.0.1", port=0, log_level="warning"))
    # Signals are the test runner's.
    server.capture_signals = lambda: memoryview(b"")  # type: ignore[assignment,return-value]
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        with anyio.fail_after(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await anyio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True


async def press(browser: webdriver.Chrome, label: str) -> str:
    """Press a button as soon as it is there, and answer what the page says of the expense afterwards."""

    def do() -> str:
        wait = WebDriverWait(browser, 20)
        button = wait.until(lambda page: page.find_element(By.XPATH, f"//li//button[text()='{label}']"))
        row = button.find_element(By.XPATH, "./..").get_attribute("data-id")
        button.click()
        path = f"//li[@data-id='{row}']//span[contains(@class, 'decision')]"
        return str(wait.until(lambda page: page.find_element(By.XPATH, path)).text)

    return await to_thread.run_sync(do)


async def test_a_workflow_waits_for_a_person(app: str, browser: webdriver.Chrome, dev_server: DevServer):
    """Pressing Approve completes the activity that a workflow waits for, and the next one pays."""
    client = await Client.connect(dev_server.target, data_converter=pydantic_data_converter)
    expense = Expense(id="chair", what="A chair", amount=240.0)
    async with Worker(client, task_queue=WORKFLOW_QUEUE, workflows=[ExpenseWorkflow]):
        handle = await client.start_workflow(
            ExpenseWorkflow.run, expense, id="expense-chair", task_queue=WORKFLOW_QUEUE
        )
        await to_thread.run_sync(browser.get, app)
        shown = await press(browser, "Approve")
        result = await handle.result()

    assert (shown, result) == ("approved", "240.00 paid for A chair")


async def test_what_is_submitted_on_the_page_can_be_rejected(app: str, browser: webdriver.Chrome):
    """An expense typed into the page becomes an activity, and its rejection shows."""

    def submit() -> None:
        browser.get(app)
        browser.find_element(By.NAME, "what").send_keys("A yacht <b>")
        browser.find_element(By.NAME, "amount").send_keys("9999.5")
        browser.find_element(By.XPATH, "//button[text()='Submit']").click()

    await to_thread.run_sync(submit)
    shown = await press(browser, "Reject")

    assert shown == "rejected"
    assert browser.find_element(By.CLASS_NAME, "what").text == "A yacht <b>"


async def test_nonsense_is_refused(app: str):
    """Bad input gets an answer that says what is wrong with it."""

    async def ask(path: str, body: Any = None) -> int:
        async with httpx.AsyncClient(base_url=app) as http:
            return (await http.post(path, json=body)).status_code

    assert await ask("/expenses", {"id": "1", "what": "", "amount": -1}) == 422
    assert await ask("/expenses/nope/approved") == 404
    assert await ask("/expenses/nope/perhaps") == 422
