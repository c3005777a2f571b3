"""The links that complete an activity: what one carries, and how an activity makes one."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

from ... import activity
from ..._arguments import UNSET
from ..._time import Seconds
from ...converter import ActivitySerializationContext
from .._signing import DEFAULT_EXPIRY, InvalidLink, Secrets, Signer, check_base_url

__all__ = ["Link", "completion_url", "link_signer", "read_link"]

_MAX_ACTION = 60
# By their order, which keeps links short; the purpose of the signature has the version.
_FIELDS = "l"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The signed content of a link: which attempt of which activity, and what becomes of it.

    Attributes:
        namespace: The activity's namespace.
        activity_id: The activity's id.
        run_id: The run of a standalone activity, or of the workflow that scheduled it.
        workflow_id: That workflow; ``None`` for a standalone activity.
        activity_type: The activity's type, by which its result type is found.
        task_queue: The activity's task queue, for the converter's context.
        attempt: The attempt in which the link was made.
        started: When that attempt started, as the server has it.
        action: The name on the button.
        text: The question on the page.
        outcome: ``{"result": …}``, ``{"error": …}``, or nothing if the result is asked for.
    """

    namespace: str
    activity_id: str
    run_id: str | None
    workflow_id: str | None
    activity_type: str
    task_queue: str
    attempt: int
    started: str
    action: str
    text: str
    outcome: dict[str, Any]

    @property
    def asks_for_result(self) -> bool:
        """Whether the result is posted, and not part of the link."""
        return not self.outcome

    @property
    def started_time(self) -> datetime:
        """When the attempt started in which the link was made."""
        return datetime.fromisoformat(self.started)

    @property
    def context(self) -> ActivitySerializationContext:
        """The activity, as a converter is given it."""
        in_workflow = self.workflow_id is not None
        return ActivitySerializationContext(
            namespace=self.namespace,
            activity_id=self.activity_id,
            activity_type=self.activity_type,
            activity_task_queue=self.task_queue,
            workflow_id=self.workflow_id,
            activity_run_id=None if in_workflow else self.run_id,
            workflow_run_id=self.run_id if in_workflow else None,
        )


def completion_url(
    action: str,
    *,
    secrets: Secrets,
    base_url: str,
    result: Any = UNSET,
    error: str | None = None,
    text: str = "",
    expires_in: Seconds = DEFAULT_EXPIRY,
) -> str:
    """Return a link whose page completes the running activity, which then calls ``raise_complete_async()``.

    A link can be used by everyone who has it, and read: it is signed, not encrypted.

    Args:
        action: The name on the page's button, such as ``"Approve"``.
        secrets: Those of :func:`completion_router`: one of at least 32 characters, or several, the newest first.
        base_url: Where the router is reached, such as ``"https://shop.example/complete"``.
        result: What the activity is completed with, a value that JSON has. Without it, and without *error*, the page
            asks for the result.
        error: The message of an :exc:`~asyncworker.exceptions.ApplicationError` that the activity fails with, without
            a retry. Its type is *action*.
        text: The question that the page shows above the button.
        expires_in: How long the link is valid, in seconds or as a timedelta. Default: 7 days.

    Raises:
        RuntimeError: The caller is not part of an activity.
        TypeError: An argument is of the wrong type, *result* is nothing that JSON has, or there is an *error* as well.
        ValueError: A secret is too short, *base_url* is no address, *action* is empty or too long, or the link is.
    """
    info = activity.info()
    link = Link(
        namespace=info.namespace,
        activity_id=info.activity_id,
        run_id=info.workflow_run_id if info.in_workflow else info.activity_run_id,
        workflow_id=info.workflow_id,
        activity_type=info.activity_type,
        task_queue=info.task_queue,
        attempt=info.attempt,
        started=info.started_time.isoformat(),
        action=_checked_action(action),
        text=_checked_text(text),
        outcome=_outcome(result, error),
    )
    return f"{check_base_url(base_url)}/{link_signer(secrets).sign({_FIELDS: astuple(link)}, expires_in)}"


def link_signer(secrets: Secrets) -> Signer:
    """Return what signs and reads links.

    Raises:
        TypeError, ValueError: A secret is of the wrong type or too short, or there is none.
    """
    return Signer(secrets, "completion")


def read_link(signer: Signer, token: str) -> Link:
    """Read a link's token.

    Raises:
        ExpiredLink: Its time is over.
        InvalidLink: It was not signed here.
    """
    values = signer.read(token).get(_FIELDS, ())
    names = [field.name for field in fields(Link)]
    if len(values) != len(names):
        raise InvalidLink
    return Link(**dict(zip(names, values, strict=True)))


def _checked_action(action: str) -> str:
    if not isinstance(action, str):
        raise TypeError(f"action must be a string, got {type(action).__name__}")
    if not action.strip() or len(action) > _MAX_ACTION:
        raise ValueError(f"action is the name on a button, of 1 to {_MAX_ACTION} characters, got {action!r}")
    return action


def _checked_text(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {type(text).__name__}")
    return text


def _outcome(result: Any, error: str | None) -> dict[str, Any]:
    if error is not None:
        if result is not UNSET:
            raise TypeError("a link completes the activity with a result or fails it with an error, not both")
        if not isinstance(error, str):
            raise TypeError(f"error must be a message, got {type(error).__name__}")
        return {"error": error}
    if result is UNSET:
        return {}
    try:
        return {"result": to_jsonable_python(result)}
    except PydanticSerializationError as problem:
        raise TypeError(f"the result of a link must be a value that JSON has: {problem}") from None
