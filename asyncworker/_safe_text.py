"""Texts of objects of user code, whose ``__str__``, ``__class__`` or metaclass may raise or lie."""

from __future__ import annotations

from types import TracebackType
from typing import Any

__all__ = ["MAX_TEXT", "class_name_of", "text_of", "traceback_of"]

#: Characters of a text that is sent or logged. A failure of more than 2 MiB would be refused by the server.
MAX_TEXT = 20_000
_LEFT_OUT = "\n… {} characters left out …\n"

_TRACEBACK: Any = BaseException.__dict__["__traceback__"]
_NAME: Any = type.__dict__["__name__"]


def class_name_of(value: Any) -> str:
    """Return the name of a value's class, even if its metaclass overrides ``__name__``."""
    return str(_NAME.__get__(type(value)))


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return an exception's traceback, even if its class overrides ``__traceback__``."""
    trace: TracebackType | None = _TRACEBACK.__get__(error)
    return trace


def text_of(value: Any) -> str:
    """Return ``str(value)`` as protobuf takes it: valid UTF-8, and at most 20,000 characters.

    Only ``KeyboardInterrupt`` and ``SystemExit`` are raised; of any other error of ``__str__`` the text says its class.
    """
    try:
        text = str(value)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - __str__ is user code
        return f"<{class_name_of(value)} without a text: its __str__ raised {class_name_of(error)}>"
    if len(text) > MAX_TEXT:
        half = MAX_TEXT // 2
        text = text[:half] + _LEFT_OUT.format(len(text) - 2 * half) + text[-half:]
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
