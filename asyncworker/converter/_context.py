"""Tell converters and codecs which activity they are working for."""

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


class SerializationContext(ABC):  # noqa: B024 - a family name, as in temporalio: each member has its own fields
    """What is known about the work whose values are being converted."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySerializationContext(SerializationContext):
    """The activity whose arguments, result, heartbeat details or failure are being converted.

    Attributes:
        namespace: The namespace it runs in.
        activity_id: Its id.
        activity_type: Its type.
        activity_task_queue: The queue it was scheduled on.
        workflow_id: The workflow that scheduled it; ``None`` for a standalone activity.
        workflow_type: That workflow's type.
        is_local: Always ``False`` here; it keeps the shape that temporalio gives the value.
    """

    namespace: str
    activity_id: str | None = None
    activity_type: str | None = None
    activity_task_queue: str | None = None
    workflow_id: str | None = None
    workflow_type: str | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSerializationContext(SerializationContext):
    """The workflow whose values are being converted, for converters shared with workflow code."""

    namespace: str
    workflow_id: str


class WithSerializationContext(ABC):
    """Implement this in a converter or codec that wants to know which activity it works for.

    Payload converters, encoding payload converters, codecs and failure converters may.
    """

    @abstractmethod
    def with_context(self, context: SerializationContext) -> Self:
        """Return a copy that works for *context*, or this very object if it makes no difference."""


def takes_context(part: object) -> bool:
    """Whether *part* has any use for a context: a container of converters has if one of them has."""
    return isinstance(part, WithSerializationContext) and getattr(part, "takes_context", True)


def with_context(part: P, context: SerializationContext) -> P:
    """Return *part* as it works for *context*."""
    if not takes_context(part):
        return part
    contextual: Any = part
    bound: P = contextual.with_context(context)
    return bound
