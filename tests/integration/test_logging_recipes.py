"""The recipes of the page about logging do what the page says."""

from __future__ import annotations

import io
import json
import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from asyncworker import RetryPolicy, Worker, activity
from asyncworker.exceptions import ApplicationError
from asyncworker.testing import FakeTemporal

_PAGE = Path(__file__).parents[2] / "docs" / "logging.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def recipes() -> dict[str, Any]:
    """What the page defines."""
    names: dict[str, Any] = {"__name__": "recipes"}
    for block in _BLOCK.findall(_PAGE.read_text(encoding="utf-8")):
        exec(block, names)
    return names


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger at INFO, which is left as it was."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    root.setLevel(logging.INFO)
    yield root
    root.setLevel(level)
    root.handlers = handlers


async def run(fn: Any, *args: Any, attempts: int) -> None:
    """Run an activity for a number of attempts, which are retried at once."""
    async with (
        FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
        Worker(temporal.client(), task_queue="recipes", activities=[fn]),
    ):
        policy = RetryPolicy(initial_interval=0.001, backoff_coefficient=1)
        task = temporal.add_task(fn, *args, task_queue="recipes", retry_policy=policy)
        if attempts:
            await task.wait_for_attempt(attempts + 1)
            task.terminate()
        else:
            await task.wait_closed()


async def test_structlog_has_the_attempt_in_flat_keys(recipes, root):
    """What the worker logs and what an activity logs with structlog are lines of the same shape."""
    stream = io.StringIO()
    root.handlers = [recipes["json_handler"](stream)]
    recipes["configure_structlog"]()

    @activity.defn
    async def pack(what: str) -> None:
        structlog.get_logger("shop").info("packing")
        raise ApplicationError("broken", non_retryable=True)

    try:
        await run(pack, "a book", attempts=0)
    finally:
        structlog.reset_defaults()

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    own = next(line for line in lines if line["event"] == "packing")
    failed = next(line for line in lines if "its last" in line["event"])
    assert (own["logger"], own["temporal.activity_type"], own["temporal.attempt"]) == ("shop", "pack", 1)
    assert (failed["level"], failed["temporal.activity_id"]) == ("error", own["temporal.activity_id"])
    assert "Traceback" in failed["exception"]


class Sent(Transport):
    """Keeps what would be sent."""

    events: list[dict[str, Any]]

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event is not None:
            self.events.append(dict(event))


@pytest.fixture
def sent(recipes) -> Iterator[list[dict[str, Any]]]:
    Sent.events = []
    recipes["init_sentry"]("http://key@127.0.0.1:1/1", transport=Sent, default_integrations=False)
    yield Sent.events
    sentry_sdk.init()


async def test_sentry_gets_an_activity_that_is_retried_for_ever_once(sent):
    """Twenty-five failed attempts are one event, without the activity's arguments."""

    @activity.defn
    async def pack(what: str) -> None:
        raise ValueError("broken")

    # An event has the lines of the source around a frame, so this is not one that is written here.
    secret = uuid.uuid4().hex
    await run(pack, secret, attempts=25)

    (event,) = sent
    assert (event["level"], event["tags"]["temporal.activity_type"]) == ("warning", "pack")
    assert event["extra"]["temporal.attempt"] == 10
    assert secret not in json.dumps(event, default=str)


async def test_sentry_gets_an_activity_that_has_failed_for_good(sent):
    """A failure that is not retried is an event at once."""

    @activity.defn
    async def pack(what: str) -> None:
        raise ApplicationError("broken", non_retryable=True)

    await run(pack, "a book", attempts=0)

    assert [event["level"] for event in sent] == ["error"]
