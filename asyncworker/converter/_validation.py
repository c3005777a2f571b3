"""The error with which an activity rejects its arguments for good."""

from __future__ import annotations

from typing import Any

from ..exceptions import ApplicationError

__all__ = ["create_payload_validation_error"]


def create_payload_validation_error(
    details: Any = None, *, message: str = "Payload validation failed"
) -> ApplicationError:
    """Return the non-retryable error of type ``PayloadValidationError`` that Temporal's SDKs use for bad payloads.

    Args:
        details: What is wrong, for programs. ``None``: no details.
        message: What is wrong, for people.
    """
    given = () if details is None else (details,)
    return ApplicationError(message, *given, type="PayloadValidationError", non_retryable=True)
