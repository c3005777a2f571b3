"""People complete activities through signed links: GET shows a page, POST acts, and only as long as the link holds."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field, PlainValidator
from shared_servers import SharedServer
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import Client as TemporalClient
from temporalio.worker import Worker as TemporalWorker

from asyncworker import ApplicationError, Client, RawValue, RetryPolicy, Worker, activity
from asyncworker.client import ActivityHandle
from asyncworker.contrib import _signing
from asyncworker.contrib.completion import completion_router, completion_url
from asyncworker.contrib.completion._links import Link
from asyncworker.contrib.completion._results import ResultType, result_types_of
from asyncworker.contrib.completion._standing import Sighting, Standing, judge
from asyncworker.contrib.fastapi import get_client
from asyncworker.exceptions import ActivityFailureError, RPCStatusCode
from asyncworker.testing import ActivityEnvironment, FakeTemporal

SECRET = secrets.token_urlsafe(32)
BASE = "http://shop.example/complete"


class Decision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class Parcel(BaseModel):
    weight: float = Field(gt=0)


@dataclass
class Asked:
    """An attempt that has asked, and its links by their actions."""

    info: activity.Info
    links: dict[str, str]

    def path(self, action: str) -> str:
        return self.links[action].removeprefix("http://shop.example")


class Desk:
    """Activities that ask, and leave the answer to the links that they note."""

    def __init__(self, signing: Any = SECRET) -> None:
        self.signing = signing
        self.asked: list[Asked] = []
        self.options: dict[str, Any] = {}

    @activity.defn(start_to_close_timeout=60, retry_policy=RetryPolicy(initial_interval=0.1))
    async def decide(self, what: str) -> Decision:
        self._ask(
            {
                "Approve": self._url("Approve", result=Decision.APPROVED, text=what),
                "Reject": self._url("Reject", error="no money"),
                "Answer": self._url("Answer"),
                "Wrong": self._url("Wrong", result="perhaps"),
            }
        )
        activity.raise_complete_async()

    @activity.defn(start_to_close_timeout=60)
    async def weigh(self) -> Parcel:
        self._ask({"Answer": self._url("Answer")})
        activity.raise_complete_async()

    @activity.defn(start_to_close_timeout=60)
    async def name(self) -> str:
        self._ask({"Answer": self._url("Answer")})
        activity.raise_complete_async()

    @activity.defn(start_to_close_timeout=60)
    async def count(self) -> int:
        self._ask({"Answer": self._url("Answer")})
        activity.raise_complete_async()

    @activity.defn(start_to_close_timeout=60)
    async def agree(self) -> bool:
        self._ask({"Answer": self._url("Answer")})
        activity.raise_complete_async()

    def _url(self, action: str, **more: Any) -> str:
        return completion_url(action, secrets=self.signing, base_url=BASE, **{**self.options, **more})

    def _ask(self, links: dict[str, str]) -> None:
        self.asked.append(Asked(activity.info(), links))

    async def wait_for(self, count: int) -> Asked:
        with anyio.fail_after(20):
            while len(self.asked) < count:  # noqa: ASYNC110 - the activity has no event for each attempt
                await anyio.sleep(0.01)
        return self.asked[count - 1]


@asynccontextmanager
async def pages(client: Client, *, signing: Any = SECRET, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the pages of links, as a browser that follows them sees them."""
    app = FastAPI()
    app.include_router(completion_router(signing, **options), prefix="/complete")
    app.dependency_overrides[get_client] = lambda: client
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as http:
        yield http


@dataclass
class Scene:
    temporal: FakeTemporal
    client: Client
    desk: Desk
    http: httpx.AsyncClient
    queue: str

    async def ask(self, what: Callable[..., Any], *args: Any, **options: Any) -> tuple[ActivityHandle[Any], Asked]:
        before = len(self.desk.asked)
        handle = await self.client.start_activity(what, *args, task_queue=self.queue, **options)
        return handle, await self.desk.wait_for(before + 1)


@pytest.fixture
async def scene(task_queue: str) -> AsyncIterator[Scene]:
    desk = Desk()
    async with FakeTemporal() as temporal:
        client = temporal.client()
        async with Worker(client, task_queue=task_queue, activities=[desk]), pages(client, activities=[desk]) as http:
            yield Scene(temporal, client, desk, http, task_queue)


class TestPage:
    async def test_get_shows_a_button_and_changes_nothing(self, scene: Scene):
        """A program that follows the link approves nothing, however often."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        shown = [await scene.http.get(asked.path("Approve")) for _ in range(3)]
        described = await handle.describe()

        assert [it.status_code for it in shown] == [200] * 3
        assert "<button>Approve</button>" in shown[0].text
        assert described.status.name == "RUNNING"
        assert scene.temporal.requests("RespondActivityTaskCompletedById") == []

    async def test_page_is_neither_kept_nor_framed_and_its_address_goes_nowhere(self, scene: Scene):
        """Caches, frames and other sites get nothing of a page, whatever its status."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")
        for path in (asked.path("Approve"), "/complete/forged"):
            headers = (await scene.http.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-frame-options"] == "DENY"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]

    async def test_texts_on_the_page_are_escaped(self, scene: Scene):
        """A question with markup is shown as it was written."""
        _, asked = await scene.ask(scene.desk.decide, "<script>alert(1)</script>")
        page = (await scene.http.get(asked.path("Approve"))).text

        assert "<script" not in page
        assert html.escape("<script>alert(1)</script>") in page

    @pytest.mark.parametrize(
        ("name", "field"),
        [
            ("decide", '<option value="&quot;approved&quot;">Approved</option>'),
            ("agree", '<option value="true">Yes</option>'),
            ("count", 'type="number" step="1"'),
            ("name", "<textarea"),
            ("weigh", "answer, as JSON"),
        ],
    )
    async def test_page_asks_for_a_result_in_a_field_of_its_type(self, scene: Scene, name: str, field: str):
        """Each type of result has a field that a person can fill in."""
        _, asked = await scene.ask(getattr(scene.desk, name), *(["A chair"] if name == "decide" else []))

        assert field in (await scene.http.get(asked.path("Answer"))).text


class TestPost:
    async def test_post_completes_the_activity_with_the_links_result(self, scene: Scene):
        """The button's POST completes the activity, and the page says so."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        response = await scene.http.post(asked.path("Approve"))

        assert (response.status_code, await handle.result()) == (200, Decision.APPROVED)
        assert "Approve: done" in response.text

    async def test_post_fails_the_activity_with_the_links_error(self, scene: Scene):
        """A link with an error fails the activity without a retry."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        await scene.http.post(asked.path("Reject"))
        with pytest.raises(ActivityFailureError) as caught:
            await handle.result()

        assert isinstance(caught.value.cause, ApplicationError)
        assert (caught.value.cause.message, caught.value.cause.type) == ("no money", "Reject")

    @pytest.mark.parametrize(
        ("name", "value", "result"),
        [
            ("agree", "false", False),
            ("count", "7", 7),
            ("name", "A & B\r\n", "A & B\n"),
            ("weigh", '{"weight": 2.5}', Parcel(weight=2.5)),
        ],
    )
    async def test_posted_form_is_read_as_the_result_type(self, scene: Scene, name: str, value: str, result: Any):
        """What is entered into the field becomes a result of the declared type."""
        handle, asked = await scene.ask(getattr(scene.desk, name))
        response = await scene.http.post(asked.path("Answer"), data={"value": value})

        assert (response.status_code, await handle.result()) == (200, result)

    @pytest.mark.parametrize("value", ["rejected", '"rejected"'])
    async def test_posted_choice_may_be_the_value_itself(self, scene: Scene, value: str):
        """A program posts one of several values as it is, the form as JSON."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        response = await scene.http.post(asked.path("Answer"), data={"value": value})

        assert (response.status_code, await handle.result()) == (200, Decision.REJECTED)

    async def test_posted_json_is_read_as_the_result_type(self, scene: Scene):
        """A program posts JSON, and gets JSON."""
        handle, asked = await scene.ask(scene.desk.weigh)
        response = await scene.http.post(
            asked.path("Answer"), json={"weight": 1}, headers={"accept": "application/json"}
        )

        assert response.json() == {"action": "Answer", "status": "done"}
        assert await handle.result() == Parcel(weight=1)

    @pytest.mark.parametrize("body", [{"value": '{"weight": -1}'}, {"value": "{"}, {"other": "1"}, {}])
    async def test_value_of_another_type_is_refused_with_the_reasons(self, scene: Scene, body: dict[str, str]):
        """A wrong value gets 422 and the form again, and changes nothing."""
        handle, asked = await scene.ask(scene.desk.weigh)
        refused = await scene.http.post(asked.path("Answer"), data=body)
        as_json = await scene.http.post(asked.path("Answer"), data=body, headers={"accept": "application/json"})

        assert (refused.status_code, as_json.status_code) == (422, 422)
        assert html.escape(as_json.json()["detail"][0]) in refused.text
        assert "<form" in refused.text
        assert (await handle.describe()).status.name == "RUNNING"

    async def test_result_in_a_link_is_checked_against_the_result_type_too(self, scene: Scene):
        """A link with a result that its activity cannot have completes nothing."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")

        assert (await scene.http.post(asked.path("Wrong"))).status_code == 422
        assert (await handle.describe()).status.name == "RUNNING"

    async def test_form_that_is_no_text_is_refused(self, scene: Scene):
        """Bytes that are no text are a wrong value, and no error of the app."""
        _, asked = await scene.ask(scene.desk.name)
        headers = {"content-type": "application/x-www-form-urlencoded"}

        assert (await scene.http.post(asked.path("Answer"), content=b"value=\xff", headers=headers)).status_code == 422

    async def test_activity_that_waits_to_be_retried_cannot_fail(self, scene: Scene):
        """The server takes no failure between two attempts: the link says so, and stays good."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.delay("PollActivityTaskQueue", 60)
        scene.temporal.cut_connections()
        await scene.client.get_async_activity_handle(activity_id=handle.id).fail(ApplicationError("again"))

        assert (await scene.http.post(asked.path("Reject"))).status_code == 409
        assert (await handle.describe()).status.name == "RUNNING"

    async def test_deleted_activity_is_gone(self, scene: Scene):
        """What the server does not know any more has closed."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        await handle.delete()

        assert (await scene.http.get(asked.path("Approve"))).status_code == 410

    async def test_refusal_by_the_server_is_logged(self, scene: Scene, caplog: pytest.LogCaptureFixture):
        """A person is told to try again, and the log why it failed."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.fail_next("DescribeActivityExecution", RPCStatusCode.PERMISSION_DENIED, "not for you")
        response = await scene.http.get(asked.path("Approve"))

        assert response.status_code == 503
        assert "not for you" in caplog.text
        assert "not for you" not in response.text
        assert asked.path("Approve").rpartition("/")[2] not in caplog.text

    async def test_closed_activity_is_gone(self, scene: Scene):
        """The second POST, and any link of a closed activity, gets 410."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        await scene.http.post(asked.path("Approve"))
        answers = [await scene.http.post(asked.path("Reject")), await scene.http.get(asked.path("Approve"))]

        assert [it.status_code for it in answers] == [410, 410]
        assert await handle.result() is Decision.APPROVED

    @pytest.mark.parametrize("in_workflow", [False, True])
    async def test_server_that_is_away_is_503(self, scene: Scene, in_workflow: bool):
        """While the server is away the answer is 503 with Retry-After, and the link stays good."""
        start = scene.temporal.add_task if in_workflow else scene.temporal.start_activity
        task = start(scene.desk.decide, "A chair", task_queue=scene.queue)
        asked = await scene.desk.wait_for(1)
        async with pages(scene.client, activities=[scene.desk], timeout=0.2) as http:
            with scene.temporal.outage():
                away = [await http.get(asked.path("Approve")), await http.post(asked.path("Approve"))]
        back = await scene.http.post(asked.path("Approve"))

        assert [(it.status_code, it.headers["retry-after"]) for it in away] == [(503, "5")] * 2
        assert (back.status_code, task.result) == (200, "approved")

    async def test_lost_reply_is_no_second_decision(self, scene: Scene):
        """A completion that has been applied, and whose reply is lost, is done, or found closed."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.fail_next("RespondActivityTaskCompletedById", RPCStatusCode.UNAVAILABLE, applied=True)
        response = await scene.http.post(asked.path("Approve"))

        assert (response.status_code, await handle.result()) == (410, Decision.APPROVED)

    async def test_activity_of_a_workflow_is_completed(self, scene: Scene):
        """A workflow's activity is named by its workflow."""
        task = scene.temporal.add_task(scene.desk.decide, "A chair", task_queue=scene.queue)
        asked = await scene.desk.wait_for(1)
        response = await scene.http.post(asked.path("Approve"))

        assert (response.status_code, task.result) == (200, "approved")

    async def test_link_for_an_unknown_activity_type_asks_for_nothing(self, task_queue: str):
        """A router that does not know the result type takes no result."""
        desk = Desk()
        async with FakeTemporal() as temporal:
            client = temporal.client()
            async with Worker(client, task_queue=task_queue, activities=[desk]), pages(client) as http:
                await client.start_activity(desk.decide, "A chair", task_queue=task_queue)
                asked = await desk.wait_for(1)
                unknown = await http.get(asked.path("Answer"))
                fixed = await http.post(asked.path("Approve"))

        assert (unknown.status_code, fixed.status_code) == (501, 200)


class TestRefusals:
    async def test_forged_link_is_refused(self, scene: Scene):
        """A link that was changed, signed with another secret or for another purpose, or is none, gets 403."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")
        good = asked.path("Approve")
        others = [_signing.Signer(SECRET, "progress"), _signing.Signer("x" * 40, "completion")]
        tokens = [it.sign({"l": ["default"]}, 60) for it in others]
        for path in (good[:-1], good[:20] + "A" + good[21:], "/complete/x", *[f"/complete/{it}" for it in tokens]):
            assert (await scene.http.get(path)).status_code == 403
            assert (await scene.http.post(path)).status_code == 403

    async def test_token_that_is_signed_and_not_a_link_is_refused(self, scene: Scene):
        """A token of another shape is refused as a forged one is."""
        token = _signing.Signer(SECRET, "completion").sign({"l": ["default"]}, 60)

        assert (await scene.http.get(f"/complete/{token}")).status_code == 403

    async def test_expired_link_is_refused(self, scene: Scene, monkeypatch: pytest.MonkeyPatch):
        """A link is good until its expiry, and says afterwards that it has expired."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")
        later = datetime.now(UTC).timestamp() + timedelta(days=7).total_seconds() + 1
        monkeypatch.setattr(_signing.time, "time", lambda: later)
        response = await scene.http.post(asked.path("Approve"))

        assert (response.status_code, "expired" in response.text) == (403, True)

    async def test_link_of_another_namespace_is_refused(self, scene: Scene):
        """A link works in the namespace of its activity."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.namespaces.add("other")
        async with pages(scene.temporal.client(namespace="other"), activities=[scene.desk]) as http:
            assert (await http.post(asked.path("Approve"))).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"origin": "http://["},
            {"origin": "nonsense"},
            {"origin": ""},
        ],
    )
    async def test_post_from_another_site_is_refused(self, scene: Scene, headers: dict[str, str]):
        """A page of another site cannot press the button."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")

        assert (await scene.http.post(asked.path("Approve"), headers=headers)).status_code == 403
        assert (await handle.describe()).status.name == "RUNNING"

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "same-origin", "origin": "null"},
            {"sec-fetch-site": "none"},
            {"origin": "https://shop.example"},
            {},
        ],
    )
    async def test_post_from_the_links_own_page_is_served(self, scene: Scene, headers: dict[str, str]):
        """What browsers send from the page, and programs without such headers, are served."""
        _, asked = await scene.ask(scene.desk.decide, "A chair")

        assert (await scene.http.post(asked.path("Approve"), headers=headers)).status_code == 200

    async def test_large_and_strange_bodies_are_refused(self, scene: Scene):
        """A body is bounded, and a form or JSON."""
        _, asked = await scene.ask(scene.desk.name)
        large = await scene.http.post(asked.path("Answer"), data={"value": "x" * 70_000})
        strange = await scene.http.post(asked.path("Answer"), content=b"x", headers={"content-type": "text/xml"})

        assert (large.status_code, strange.status_code) == (413, 415)


class TestSecrets:
    async def test_secrets_rotate(self, task_queue: str):
        """The newest secret signs, older ones are accepted for as long as they are listed."""
        old, new = "o" * 40, "n" * 40
        current = [old]
        desk = Desk(lambda: current)
        async with FakeTemporal() as temporal:
            client = temporal.client()
            async with (
                Worker(client, task_queue=task_queue, activities=[desk]),
                pages(client, signing=lambda: current, activities=[desk]) as http,
            ):
                await client.start_activity(desk.decide, "1", task_queue=task_queue)
                first = await desk.wait_for(1)
                current[:] = [new, old]
                await client.start_activity(desk.decide, "2", task_queue=task_queue)
                second = await desk.wait_for(2)
                both = [(await http.get(it.path("Approve"))).status_code for it in (first, second)]
                current[:] = [new]
                later = [(await http.get(it.path("Approve"))).status_code for it in (first, second)]

        assert (both, later) == ([200, 200], [403, 200])

    @pytest.mark.parametrize(
        ("given", "error", "message"),
        [
            ([], ValueError, "no secrets"),
            ("", ValueError, "0 characters"),
            (["x" * 40, "hunter2"], ValueError, "7 characters"),
            ([42], TypeError, "got int"),
        ],
    )
    def test_short_secrets_are_refused_without_showing_them(self, given: Any, error: type[Exception], message: str):
        """A router with a weak secret is not made, and the message does not have the secret."""
        with pytest.raises(error, match=message) as caught:
            completion_router(given)

        assert "hunter2" not in str(caught.value)

    def test_representation_has_no_secret(self):
        """What signs does not show with what."""
        assert SECRET not in repr(_signing.Signer(SECRET, "completion"))


class TestRefusing:
    async def test_token_that_is_too_long_is_not_read(self, scene: Scene):
        """What no link of ours can be costs no look at its signature."""
        response = await scene.http.get(f"/complete/{'x' * (_signing.MAX_TOKEN + 1)}")

        assert response.status_code == 403
        assert "This link is not valid" in response.text

    async def test_program_that_asks_for_json_is_refused_in_json(self, scene: Scene):
        """A program that posts reads why in the same form as its other answers."""
        response = await scene.http.post("/complete/forged", headers={"accept": "application/json"})

        assert response.status_code == 403
        assert response.json() == {"detail": "This link is not valid. It may have been cut off. Copy the whole of it."}

    async def test_activity_that_cannot_be_completed_now_may_be_tried_again(self, scene: Scene):
        """An activity that waits for its next attempt takes no answer until that has asked."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.fail_next("RespondActivityTaskCompletedById", RPCStatusCode.FAILED_PRECONDITION, "not now")
        first = await scene.http.post(asked.path("Approve"))
        second = await scene.http.post(asked.path("Approve"))

        assert (first.status_code, second.status_code) == (409, 200)
        assert "Try again in a moment" in first.text
        assert await handle.result() == Decision.APPROVED

    async def test_activity_that_closes_between_look_and_answer_has_been_decided(self, scene: Scene):
        """Of two answers at the same time one is given, and the other is told so."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        scene.temporal.fail_next("RecordActivityTaskHeartbeatById", RPCStatusCode.NOT_FOUND, "closed")
        response = await scene.http.post(asked.path("Approve"))

        assert response.status_code == 410
        assert (await handle.describe()).status.name == "RUNNING"

    def test_result_type_without_a_json_schema_has_a_plain_field(self):
        """What JSON schema has no words for is read as JSON all the same."""
        asked = ResultType(Annotated[int, PlainValidator(int)], "count")

        assert (asked.kind, asked.choices, asked.read_field("7")) == ("", [], 7)

    def test_dynamic_activity_has_no_result_type(self):
        """It has no name that a link could ask by."""

        @activity.defn(dynamic=True)
        async def anything(args: Sequence[RawValue]) -> str: ...

        assert result_types_of([anything]) == {}


class TestDeclaration:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"base_url": "shop.example"}, "base_url must be where the router is reached"),
            ({"base_url": "https://shop.example/?a=1"}, "base_url must be where"),
            ({"base_url": 7}, "base_url must be a string"),
            ({"result": object()}, "a value that JSON has"),
            ({"result": 1, "error": "no"}, "not both"),
            ({"error": 7}, "error must be a message"),
            ({"text": 7}, "text must be a string"),
            ({"text": secrets.token_hex(4000)}, "put less into it"),
            ({"expires_in": 0}, "expires_in"),
            ({"secrets": "short"}, "5 characters"),
        ],
    )
    async def test_bad_arguments_of_a_link_are_named(self, scene: Scene, options: dict[str, Any], message: str):
        """An activity that makes a wrong link fails with what is wrong about it."""
        arguments = {"secrets": SECRET, "base_url": BASE, **options}

        @activity.defn(name="wrong")
        async def wrong() -> None:
            completion_url("Approve", **arguments)

        queue = f"{scene.queue}-wrong"
        async with Worker(scene.client, task_queue=queue, activities=[wrong]):
            task = scene.temporal.add_task(wrong, task_queue=queue)
            await task.wait_closed()

        assert message in task.failure.message

    @pytest.mark.parametrize(
        ("action", "message"),
        [("", "name on a button"), (" ", "name on a button"), ("x" * 61, "name on a button"), (7, "must be a string")],
    )
    async def test_action_is_a_name_on_a_button(self, action: Any, message: str):
        """An action without a name, or with a novel for one, is refused."""

        def ask() -> str:
            return completion_url(action, secrets=SECRET, base_url=BASE)

        with pytest.raises((TypeError, ValueError), match=message):
            ActivityEnvironment().run(ask)

    def test_links_are_made_in_activities_only(self):
        """Outside of an activity there is nothing to make a link for."""
        with pytest.raises(RuntimeError, match="Not in activity context"):
            completion_url("Approve", secrets=SECRET, base_url=BASE)

    def test_activities_whose_results_no_form_can_have_are_refused(self):
        """A result type that cannot be read from JSON is an error when the router is made."""

        class Opaque:
            pass

        @activity.defn
        async def odd() -> Opaque:
            return Opaque()

        with pytest.raises(TypeError, match="the result of activity 'odd' cannot be read from a form"):
            completion_router(SECRET, activities=[odd])
        with pytest.raises(TypeError, match="neither an activity nor an object with any"):
            completion_router(SECRET, activities=[object()])
        # It need not be one that is asked for.
        completion_router(SECRET, activities=[Worker(task_queue="q", activities=[odd])])

    def test_workers_and_methods_of_classes_name_their_activities(self):
        """The types are taken from workers, objects, and methods that are named through their class."""
        desk = Desk()
        worker = Worker(task_queue="q", activities=[desk])

        for given in (worker, desk, Desk.decide):
            completion_router(SECRET, activities=[given])


def link(**fields: Any) -> Link:
    values: dict[str, Any] = {
        "namespace": "default",
        "activity_id": "7",
        "run_id": "run",
        "workflow_id": None,
        "activity_type": "decide",
        "task_queue": "q",
        "attempt": 1,
        "started": "2026-01-01T00:00:00+00:00",
        "action": "Approve",
        "text": "",
        "outcome": {},
    }
    return Link(**{**values, **fields})


STARTED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = STARTED + timedelta(seconds=9)


def seen(
    attempt: int, *, started: datetime = STARTED, is_started: bool = True, changes: int, heartbeats: int = 0
) -> Any:
    return Sighting(attempt=attempt, is_started=is_started, started=started, changes=changes, heartbeats=heartbeats)


class TestJudgement:
    @pytest.mark.parametrize(
        ("sighting", "standing"),
        [
            (None, Standing.CLOSED),
            (seen(1, changes=2), Standing.HOLDS),
            (seen(2, is_started=False, changes=3), Standing.HOLDS),
            (seen(2, started=LATER, changes=4), Standing.HOLDS),
            (seen(2, started=LATER, changes=5, heartbeats=2), Standing.HOLDS),
            (seen(3, started=LATER, changes=6), Standing.HOLDS),
            (seen(2, started=LATER, changes=14, heartbeats=10), Standing.HOLDS),
            # Reset while it waited to be started, and once it had been.
            (seen(1, is_started=False, changes=4), Standing.VOID),
            (seen(1, started=LATER, changes=5), Standing.VOID),
            # Reset, and retried afterwards.
            (seen(2, is_started=False, changes=6), Standing.VOID),
            (seen(2, started=LATER, changes=7), Standing.VOID),
            (seen(3, started=LATER, changes=9), Standing.VOID),
            # A server that does not count.
            (seen(2, started=LATER, changes=0), Standing.VOID),
        ],
    )
    def test_link_of_a_first_attempt_holds_until_a_reset(self, sighting: Any, standing: Standing):
        """A retry keeps a link, a reset voids it."""
        assert judge(link(), sighting) is standing

    def test_link_of_a_later_attempt_is_void_when_the_number_goes_back(self):
        """An attempt number that is lower than the link's shows a reset."""
        assert judge(link(attempt=3), seen(2, started=LATER, changes=4)) is Standing.VOID

    def test_link_in_a_workflow_holds_for_its_attempt(self):
        """A workflow's activity shows no difference between a retry and a reset."""
        in_workflow = link(workflow_id="w")

        assert judge(in_workflow, seen(1, changes=0)) is Standing.HOLDS
        assert judge(in_workflow, seen(2, started=LATER, changes=0)) is Standing.VOID

    @pytest.mark.parametrize("heartbeats_with_failures", range(4))
    @pytest.mark.parametrize("plain_heartbeats", [0, 1, 5])
    @pytest.mark.parametrize("before", [1, 2, 3])
    @pytest.mark.parametrize("after", [1, 2, 3, 4])
    def test_no_count_of_a_reset_activity_looks_like_a_retrys(
        self, heartbeats_with_failures: int, plain_heartbeats: int, before: int, after: int
    ):
        """Whatever heartbeats came between, an activity that was reset is never taken for a retried one."""
        attempts = before + after
        sighting = seen(
            after,
            started=LATER,
            changes=2 * attempts + 1 + plain_heartbeats,
            heartbeats=plain_heartbeats + min(heartbeats_with_failures, attempts - 1),
        )

        assert judge(link(), sighting) is Standing.VOID


class TestRetryAndReset:
    async def test_retry_keeps_its_links_on_the_fake(self, scene: Scene):
        """The link of a failed attempt completes the next one."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        await scene.client.get_async_activity_handle(activity_id=handle.id).fail(ApplicationError("again"))
        await scene.desk.wait_for(2)

        assert (await scene.http.post(asked.path("Approve"))).status_code == 200
        assert await handle.result() is Decision.APPROVED

    async def test_pending_reset_voids_links_on_the_fake(self, scene: Scene):
        """A reset voids links at once, while the old attempt is still under way."""
        handle, asked = await scene.ask(scene.desk.decide, "A chair")
        await handle.reset()

        assert (await scene.http.post(asked.path("Approve"))).status_code == 403
        assert (await handle.describe()).status.name == "RUNNING"

    @pytest.mark.server
    async def test_retry_keeps_links_and_reset_voids_them(self, dev_server: SharedServer, task_queue: str):
        """On the real server: a retry's links and those of the attempt before complete it; a reset voids them all."""
        desk = Desk()
        async with (
            await Client.connect(dev_server.target) as client,
            Worker(client, task_queue=task_queue, activities=[desk]),
            pages(client, activities=[desk]) as http,
        ):

            async def status(asked: Asked, method: str = "POST", action: str = "Approve") -> int:
                return (await http.request(method, asked.path(action))).status_code

            def by_id(asked: Asked) -> Any:
                return client.get_async_activity_handle(
                    activity_id=asked.info.activity_id, run_id=asked.info.activity_run_id
                )

            start = {"task_queue": task_queue}
            # Retried: while it waits to be tried again, and once it is.
            waiting = await client.start_activity(desk.decide, "waiting", **start)
            first = await desk.wait_for(1)
            await by_id(first).fail(ApplicationError("x", next_retry_delay=60))
            in_backoff = [await status(first, action="Reject"), await status(first)]
            retried = await client.start_activity(desk.decide, "retried", **start)
            second = await desk.wait_for(2)
            await by_id(second).heartbeat("asked Bob")
            await by_id(second).fail(ApplicationError("x"), ["asked Ann"])
            await desk.wait_for(3)
            after_retry = await status(second)
            results = [await waiting.result(), await retried.result()]
            # Paused: nothing is to begin, but what was asked can be answered.
            paused = await client.start_activity(desk.decide, "paused", **start)
            third = await desk.wait_for(4)
            await paused.pause()
            await by_id(third).fail(ApplicationError("x"))
            while_paused = await status(third)
            # Reset: while the attempt is under way, when the next has begun, and when that one is retried.
            reset = await client.start_activity(desk.decide, "reset", **start)
            old = await desk.wait_for(5)
            await by_id(old).heartbeat("asked Ann")
            await reset.reset()
            pending = await status(old)
            details = (await reset.describe()).heartbeat_details(str)
            await by_id(old).fail(ApplicationError("x"))
            new = await desk.wait_for(6)
            after_reset = [await status(old, "GET"), await status(old)]
            await by_id(new).fail(ApplicationError("x"))
            await desk.wait_for(7)
            reset_and_retried = [await status(old, "GET"), await status(old)]
            is_open = not (await reset.describe()).status.is_closed
            of_newer_attempt = await status(desk.asked[6])
            # Reset while it waits to be tried again.
            idle = await client.start_activity(desk.decide, "idle", **start)
            old = await desk.wait_for(8)
            await by_id(old).fail(ApplicationError("x", next_retry_delay=60))
            await idle.reset()
            await desk.wait_for(9)
            reset_in_backoff = await status(old)
            # Another run of the same id.
            await idle.terminate()
            await client.start_activity(desk.decide, "again", id=idle.id, **start)
            await desk.wait_for(10)
            of_old_run = await status(old)

        assert (in_backoff, after_retry, results) == ([409, 200], 200, [Decision.APPROVED] * 2)
        assert while_paused == 200
        assert (pending, details) == (403, "asked Ann")
        assert (after_reset, reset_and_retried, is_open) == ([403, 403], [403, 403], True)
        assert of_newer_attempt == 200
        assert (reset_in_backoff, of_old_run) == (403, 410)

    @pytest.mark.server
    async def test_links_of_a_workflows_activity(self, dev_server: SharedServer, task_queue: str):
        """On the real server: a link completes the activity that a workflow waits for, and a reset voids it."""
        desk = Desk()
        theirs = await TemporalClient.connect(dev_server.target)
        async with (
            await Client.connect(dev_server.target) as client,
            Worker(client, task_queue=task_queue, activities=[desk]),
            TemporalWorker(theirs, task_queue=f"{task_queue}-w", workflows=[Asking]),
            pages(client, activities=[desk]) as http,
        ):
            handle = await theirs.start_workflow(Asking.run, task_queue, id=task_queue, task_queue=f"{task_queue}-w")
            first = await desk.wait_for(1)
            await client.get_async_activity_handle(
                workflow_id=task_queue, activity_id=first.info.activity_id
            ).heartbeat("asked Ann")
            await theirs.workflow_service.reset_activity(
                ResetActivityRequest(
                    namespace="default",
                    execution=WorkflowExecution(workflow_id=task_queue),
                    id=first.info.activity_id,
                )
            )
            pending = (await http.post(first.path("Approve"))).status_code
            await client.get_async_activity_handle(workflow_id=task_queue, activity_id=first.info.activity_id).fail(
                ApplicationError("x")
            )
            second = await desk.wait_for(2)
            after = [(await http.post(it.path("Approve"))).status_code for it in (first, second)]
            result = await handle.result()
            closed = (await http.post(second.path("Approve"))).status_code

        assert (pending, after, result, closed) == (403, [403, 200], "approved", 410)


@workflow.defn(sandboxed=False)
class Asking:
    @workflow.run
    async def run(self, task_queue: str) -> str:
        return await workflow.execute_activity(
            "decide", "A chair", task_queue=task_queue, result_type=str, start_to_close_timeout=timedelta(seconds=60)
        )


def test_addresses_fit_into_mails():
    """A link with an ordinary question is short enough for mail programs."""
    token = _signing.Signer(SECRET, "completion").sign({"l": [*replace(link()).__class__.__slots__]}, 60)

    assert len(token) < 1000
    assert re.fullmatch(r"[\w.\-]+", token)
