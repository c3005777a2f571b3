"""The expense approval: its routes on the test kit, and its page as a person sees it, in a real browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio import to_thread
from anyio.streams.buffered import BufferedByteReceiveStream
from free_ports import free_port
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from shared_servers import SharedServer

from asyncworker import Worker
from asyncworker.contrib.fastapi import get_client
from asyncworker.testing import FakeTemporal
from examples.expenses.app import create_app
from examples.expenses.desk import TASK_QUEUE, Decision, Desk, Mail

ROOT = Path(__file__).parents[2]
URL = "http://expenses.example"
CHAIR = {"id": "chair", "what": "A chair", "amount": 240.0}


@dataclass
class Office:
    """The app and its worker on the test kit, and the mails that were sent."""

    temporal: FakeTemporal
    http: httpx.AsyncClient
    mails: list[Mail]

    async def submit(self, **changes: Any) -> Mail:
        """Submit an expense, and wait until the person who decides has been asked."""
        response = await self.http.post("/expenses", json={**CHAIR, **changes})
        assert response.status_code == 201
        await self.temporal.activities[-1].wait_for_heartbeat()
        return self.mails[-1]

    async def case(self) -> dict[str, Any]:
        return (await self.http.get("/expenses/expense-chair")).json()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    mails: list[Mail] = []

    async def send(mail: Mail) -> None:
        mails.append(mail)

    desk = Desk(URL, "s" * 40, send)
    async with FakeTemporal() as temporal:
        worker = Worker(temporal.client(), task_queue=TASK_QUEUE, activities=[desk])
        app = create_app(worker, desk, ui_url="http://ui.example")
        app.dependency_overrides[get_client] = lambda: worker.client
        transport = httpx.ASGITransport(app)
        async with worker, httpx.AsyncClient(transport=transport, base_url=URL) as http:
            yield Office(temporal, http, mails)


class TestOnTheKit:
    @pytest.mark.parametrize("decision", list(Decision))
    async def test_link_in_the_mail_decides(self, office: Office, decision: Decision):
        """Who follows the link and presses its button has decided."""
        mail = await office.submit()
        page = await office.http.get(mail.links[decision])
        before = await office.case()
        await office.http.post(mail.links[decision])
        after = await office.case()

        assert "240.00 for A chair?" in page.text
        assert (before["decision"], before["status"]) == (None, "RUNNING")
        assert (after["decision"], after["status"], after["links"]) == (decision, "COMPLETED", {})

    async def test_page_has_what_temporal_knows(self, office: Office):
        """A case has its attempt, since when it waits, the way to decide, and a link to Temporal's UI."""
        mail = await office.submit()
        case = await office.case()
        run_id = office.temporal.activities[0].run_id

        assert (case["expense"], case["attempt"], case["closed"]) == (CHAIR, 1, None)
        assert case["waiting_since"]
        assert f"{URL}{case['links']['approved']}" == mail.links[Decision.APPROVED]
        assert case["ui"] == f"http://ui.example/namespaces/default/activities/expense-chair/{run_id}/details"
        assert (await office.http.get("/expenses")).json() == [case]

    async def test_expense_is_decided_once(self, office: Office):
        """An expense is submitted once, and decided once."""
        mail = await office.submit()
        again = await office.http.post("/expenses", json=CHAIR)
        await office.http.post(mail.links[Decision.APPROVED])
        late = await office.http.post(mail.links[Decision.REJECTED])

        assert (again.status_code, late.status_code) == (409, 410)
        assert (await office.case())["decision"] == "approved"

    async def test_end_of_a_case_is_streamed(self, office: Office):
        """The page is told when the person has decided."""
        mail = await office.submit()
        await office.http.post(mail.links[Decision.APPROVED])
        stream = await office.http.get("/live/progress?activity_id=expense-chair")

        assert "event: end" in stream.text

    async def test_nonsense_is_refused(self, office: Office):
        """Bad input gets an answer that says what is wrong with it."""
        for body in ({"what": ""}, {"amount": -1}, {"id": "../x"}):
            assert (await office.http.post("/expenses", json={**CHAIR, **body})).status_code == 422
        assert (await office.http.get("/expenses/nope")).status_code == 404

    async def test_only_this_machine_may_look(self, office: Office):
        """The page, its data and its streams are not for other machines; the links in the mails are."""
        mail = await office.submit()
        app = office.http._transport.app  # type: ignore[attr-defined]
        elsewhere = httpx.ASGITransport(app, client=("192.0.2.7", 1234))
        async with httpx.AsyncClient(transport=elsewhere, base_url=URL) as http:
            paths = ["/", "/expenses", "/expenses/expense-chair", "/live/progress?activity_id=expense-chair"]
            refused = [(await http.get(path)).status_code for path in paths]
            submitted = (await http.post("/expenses", json=CHAIR)).status_code
            page = (await http.get(mail.links[Decision.APPROVED])).status_code

        assert (refused, submitted, page) == ([403] * 4, 403, 200)


@asynccontextmanager
async def running_app(target: str, port: int) -> AsyncIterator[tuple[anyio.abc.Process, BufferedByteReceiveStream]]:
    """Run the app in a process of its own, on a server that outlives it."""
    environment = {**os.environ, "PORT": str(port), "TEMPORAL_ADDRESS": target}
    command = [sys.executable, "-m", "examples.expenses"]
    async with await anyio.open_process(command, cwd=ROOT, env=environment, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        try:
            output = BufferedByteReceiveStream(process.stdout)
            with anyio.fail_after(50):
                while not await listens(port):  # noqa: ASYNC110 - a process has no event
                    await anyio.sleep(0.05)
            yield process, output
        finally:
            if process.returncode is None:
                process.kill()


async def listens(port: int) -> bool:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"http://127.0.0.1:{port}/")).status_code == 200
    except httpx.TransportError:
        return False


class Page:
    """The page in the browser; each call is made in a thread."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    async def do(self, action: Callable[[WebDriverWait[webdriver.Chrome]], Any]) -> Any:
        # A row is replaced when its activity has changed.
        ignored = (NoSuchElementException, StaleElementReferenceException)
        return await to_thread.run_sync(action, WebDriverWait(self.browser, 30, ignored_exceptions=ignored))

    async def open(self, url: str) -> None:
        await to_thread.run_sync(self.browser.get, url)

    async def submit(self, what: str, amount: str) -> None:
        def do(wait: WebDriverWait[webdriver.Chrome]) -> None:
            wait.until(lambda page: page.find_element(By.NAME, "what")).send_keys(what)
            self.browser.find_element(By.NAME, "amount").send_keys(amount)
            self.browser.find_element(By.XPATH, "//button[text()='Submit']").click()

        await self.do(do)

    async def press(self, what: str, label: str) -> None:
        await self.do(
            lambda wait: wait.until(lambda _: self.row(what).find_element(By.XPATH, f".//button[.='{label}']")).click()
        )

    async def shows(self, what: str, status: str) -> str:
        """Wait until a row has this status, and return its facts."""

        def has_status(_: webdriver.Chrome) -> str | None:
            facts = str(self.row(what).find_element(By.CLASS_NAME, "facts").text)
            return facts if facts.startswith(status) else None

        return str(await self.do(lambda wait: wait.until(has_status)))

    async def text_of(self, path: str) -> str:
        return str(await self.do(lambda wait: wait.until(lambda it: it.find_element(By.XPATH, path)).text))

    def row(self, what: str) -> WebElement:
        return self.browser.find_element(By.XPATH, f"//li[div[@class='what'][text()='{what}']]")


@pytest.mark.browser
@pytest.mark.server
class TestInABrowser:
    async def test_expense_is_submitted_and_decided_on_the_page(
        self, browser: webdriver.Chrome, dev_server: SharedServer, task_queue: str
    ):
        """What is typed in becomes an activity; a button decides; the page shows it without being asked for."""
        page, port = Page(browser), free_port()
        what = f"A yacht <b> {task_queue[-8:]}"
        async with running_app(dev_server.target, port):
            await page.open(f"http://127.0.0.1:{port}")
            await page.submit(what, "9999.5")
            await page.press(what, "Reject")
            facts = await page.shows(what, "rejected")
            row = page.row(what).text

        assert "attempt 1" in facts
        assert "9,999.50" in row

    async def test_decision_by_mail_shows_on_the_page(
        self, browser: webdriver.Chrome, dev_server: SharedServer, task_queue: str
    ):
        """A link that is followed elsewhere is pressed on its own page, and the open page changes by itself."""
        page, port = Page(browser), free_port()
        what = f"A chair {task_queue[-8:]}"
        async with running_app(dev_server.target, port) as (_, output):
            await page.open(f"http://127.0.0.1:{port}")
            await page.submit(what, "240")
            mail = (await output.receive_until(b"Reject:", 100_000)).decode()
            await page.shows(what, "waiting")
            first = browser.current_window_handle
            browser.switch_to.new_window("tab")
            await page.open(re.findall(r"Approve: (\S+)", mail)[-1])
            heading = await page.do(lambda wait: browser.find_element(By.TAG_NAME, "h1").text)
            await page.do(lambda wait: browser.find_element(By.TAG_NAME, "button").click())
            done = await page.do(
                lambda wait: wait.until(lambda it: it.find_element(By.XPATH, "//h1[contains(., 'done')]").text)
            )
            browser.close()
            browser.switch_to.window(first)
            facts = await page.shows(what, "approved")

        assert (heading, done) == (f"Approve 240.00 for {what}?", "Approve: done")
        assert facts.startswith("approved")

    async def test_expenses_outlive_a_kill_of_the_app(
        self, browser: webdriver.Chrome, dev_server: SharedServer, task_queue: str
    ):
        """An app that was killed finds its expenses in Temporal, and the page that stayed open goes on."""
        page, port = Page(browser), free_port()
        what = f"A lamp {task_queue[-8:]}"
        async with running_app(dev_server.target, port) as (process, _):
            await page.open(f"http://127.0.0.1:{port}")
            await page.submit(what, "30")
            await page.shows(what, "waiting")
            process.kill()
        async with running_app(dev_server.target, port):
            await page.press(what, "Approve")
            live = await page.shows(what, "approved")
            await page.open(f"http://127.0.0.1:{port}")
            reloaded = await page.shows(what, "approved")

        assert (live.split(" ")[0], reloaded.split(" ")[0]) == ("approved", "approved")

    @pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
    async def test_page_fits_phones_and_desktops(
        self, browser: webdriver.Chrome, dev_server: SharedServer, task_queue: str, width: int, height: int
    ):
        """Nothing is wider than the screen, and what is pressed is large enough for a finger."""
        page, port = Page(browser), free_port()
        what = f"A {'very ' * 20}long name {task_queue[-8:]}"
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            async with running_app(dev_server.target, port):
                await page.open(f"http://127.0.0.1:{port}")
                await page.submit(what, "240")
                await page.shows(what, "waiting")
                wide = browser.execute_script("return document.documentElement.scrollWidth")
                heights = [it.size["height"] for it in browser.find_elements(By.TAG_NAME, "button")]
                await page.press(what, "Reject")
                await page.shows(what, "rejected")
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

        assert wide <= width
        assert min(heights) >= 44


@pytest.mark.server
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
async def test_interrupt_ends_the_app_while_a_page_is_open(dev_server: SharedServer, task_queue: str):
    """Ctrl-C ends the app in an orderly way although a browser follows its expenses; they stay in Temporal."""
    port = free_port()
    async with running_app(dev_server.target, port) as (process, output):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            body = {**CHAIR, "id": task_queue[-8:]}
            case = (await http.post("/expenses", json=body)).json()
            with anyio.fail_after(30):
                while not case["links"]:
                    await anyio.sleep(0.05)
                    case = (await http.get(f"/expenses/{case['activity_id']}")).json()
            async with http.stream("GET", f"/live/progress?activity_id={case['activity_id']}") as response:
                lines = response.aiter_lines()
                first = await anext(lines)
                process.send_signal(signal.SIGINT)
                with anyio.fail_after(30):
                    rest = [line async for line in lines]
        with anyio.fail_after(30):
            await process.wait()
            said = b"".join([chunk async for chunk in output]).decode()
    async with running_app(dev_server.target, port), httpx.AsyncClient(timeout=20) as http:
        decided = await http.post(f"http://127.0.0.1:{port}{case['links']['approved']}")

    assert first.startswith("id: ")
    assert rest
    assert "Traceback" not in said
    assert "ERROR" not in said
    assert process.returncode == 0
    assert decided.status_code == 200
