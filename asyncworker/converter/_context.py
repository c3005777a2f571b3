"""Serialization contexts: which activity or workflow a converter or codec is working for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self, TypeVar

__all__ = [
    "ActivitySerializationContext",
    "SerializationContext",
    "WithSerializationContext",
    "WorkflowSerializationContext",
    "takes_context",
    "with_context",
]

P = TypeVar("P")


class SerializationContext(ABC):  # noqa: B024 - abstract as in temporalio: each subclass has its own fields
    """The activity or workflow whose values are being converted."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySerializationContext(SerializationContext):
    """The activity whose arguments, result, heartbeat details or failure are being converted.

    Attributes:
        namespace: The namespace that the activity runs in.
        activity_id: The activity's id; ``None`` where only its task token is known.
        activity_type: The activity's type; ``None`` where it is not known.
        activity_task_queue: The task queue that it was scheduled on; ``None`` where it is not known.
        workflow_id: The id of the workflow that scheduled it; ``None`` for a standalone activity.
        workflow_type: The type of that workflow.
        activity_run_id: The run id of a standalone activity; ``None`` where it is not known, as while it is started.
            temporalio's has no such field.
        workflow_run_id: The run id of that workflow; ``None`` where it is not known. temporalio's has no such field.
        is_local: Whether it is a local activity: always ``False`` here, a field for compatibility with temporalio.
    """

    namespace: str
    activity_id: str | None = None
    activity_type: str | None = None
    activity_task_queue: str | None = None
    workflow_id: str | None = None
    workflow_type: str | None = None
    activity_run_id: str | None = None
    workflow_run_id: str | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSerializationContext(SerializationContext):
    """The workflow whose values are being converted, for converters shared with workflow code.

    Attributes:
        namespace: The namespace that the workflow runs in.
        workflow_id: The workflow's id.
    """

    namespace: str
    workflow_id: str


class WithSerializationContext(ABC):
    """A converter or codec that depends on the activity it works for.

    Payload converters, encoding payload converters, codecs and failure converters may implement it.
    """

    @abstractmethod
    def with_context(self, context: SerializationContext) -> Self:
        """Return a copy that works for *context*, or ``self`` if it makes no difference."""


def takes_context(part: object) -> bool:
    """Whether *part* depends on the context; a container of converters does if one of them does."""
    return isinstance(part, WithSerializationContext) and getattr(part, "takes_context", True)


def with_context(part: P, context: SerializationContext) -> P:
    """Return *part* bound to *context*."""
    if not takes_context(part):
        return part
    contextual: Any = part
    bound: P = contextual.with_context(context)
    return bound
